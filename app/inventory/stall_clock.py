"""What a pause or another mode does to the times of a stall: nobody loses a pot because nobody could buy."""

from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from app.inventory.rotation import Show


class StallClock(Struct, frozen=True):
    """The times of a live deal's stall, by the columns of the same names."""

    selling_since: datetime | None = None
    still_since: datetime | None = None
    stalled_since: datetime | None = None
    pot_until: datetime | None = None


def clock_after(clock: StallClock, before: Show, after: Show, now: datetime) -> StallClock:
    """The times after the show was set otherwise. A pause puts them off by as long as it lasted."""
    if before.is_on and not after.is_on:
        return replace(clock, selling_since=None, still_since=now)
    if after.is_on and not before.is_on:
        paused = timedelta() if clock.still_since is None else max(now - clock.still_since, timedelta())
        return StallClock(now, None, _later(clock.stalled_since, paused), _later(clock.pot_until, paused))
    if after.is_on and after.mode != before.mode:
        return replace(clock, selling_since=now)
    return clock


def _later(moment: datetime | None, by: timedelta) -> datetime | None:
    return None if moment is None else moment + by
