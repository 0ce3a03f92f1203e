"""When the live deal has to end by the clock.

A daily deal ends at the shop's midnight, whatever happens. In a Woot-Off a deal with a longest time has a stopwatch: it
runs while the Woot-Off does, stands still during a pause and in daily mode, and goes on from where it stood.
"""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct

from app.inventory.calendar import next_midnight
from app.inventory.rotation import Show

CLOCKS_DIFFER = timedelta(minutes=1)  # between the processes of a shop, at the most


class Deadline(Struct, frozen=True):
    """When a deal ends, None where it may stay; and what its stopwatch shows while that stands still."""

    ends_at: datetime | None = None
    time_left: timedelta | None = None


NOT_YET = Show("woot-off", started=False, paused=False)  # before a deal goes live, no stopwatch of its runs


def opening(show: Show, longest: timedelta | None, now: datetime, zone: ZoneInfo) -> Deadline:
    """The deadline of a deal that goes live. `longest` may it stay in a Woot-Off."""
    return changed(NOT_YET, show, Deadline(), longest, now, zone)


def changed(
    before: Show, after: Show, deadline: Deadline, longest: timedelta | None, now: datetime, zone: ZoneInfo
) -> Deadline:
    """The live deal's deadline after the show was set otherwise."""
    left = _left(before, deadline, longest, now)
    if after.mode == "daily":
        same = before.mode == "daily" and deadline.ends_at is not None
        return Deadline(deadline.ends_at if same else next_midnight(now, zone), left)
    if after.is_on:
        return Deadline(None if left is None else now + left)
    return Deadline(None, left)


def right_end(
    show: Show, deadline: Deadline, longest: timedelta | None, now: datetime, zone: ZoneInfo
) -> datetime | None:
    """When a live deal that is not over ought to end: mends what a wrong clock or another time zone has left.

    A daily deal ends at the coming midnight; or at the one after, where the clock went back over a midnight that has
    been seen to already, so that this deal is the next day's.
    """
    end = deadline.ends_at
    if show.mode == "daily":
        tonight = next_midnight(now, zone)
        return end if end == next_midnight(tonight, zone) else tonight
    if longest is None:
        return None
    if end is None:
        return now + _stood_at(deadline, longest)
    return now + longest if end - now > longest + CLOCKS_DIFFER else end


def _left(before: Show, deadline: Deadline, longest: timedelta | None, now: datetime) -> timedelta | None:
    """What the stopwatch shows."""
    if longest is None:
        return None
    if before.mode == "woot-off" and before.is_on and deadline.ends_at is not None:
        return min(max(deadline.ends_at - now, timedelta()), longest)
    return _stood_at(deadline, longest)


def _stood_at(deadline: Deadline, longest: timedelta) -> timedelta:
    return longest if deadline.time_left is None else deadline.time_left
