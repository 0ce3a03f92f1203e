"""What the show should do next. Nothing here acts: it is told how things stand, and answers."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

Mode = Literal["daily", "woot-off"]
Reason = Literal["sold-out", "time-up", "skipped", "withdrawn"]


@dataclass(frozen=True, slots=True)
class Show:
    """How the show is set."""

    mode: Mode
    started: bool
    paused: bool


@dataclass(frozen=True, slots=True)
class OnStage:
    """The live deal, as far as the rotation cares. `left` in units."""

    deal_id: int
    left: int
    ends_at: datetime | None


@dataclass(frozen=True, slots=True)
class Keep:
    """Everything stays as it is."""


@dataclass(frozen=True, slots=True)
class Close:
    """The live deal ends for `reason`; whatever may come next is the next decision."""

    deal_id: int
    reason: Reason


@dataclass(frozen=True, slots=True)
class Open:
    """This deal goes live."""

    deal_id: int


Decision = Keep | Close | Open


def decide(now: datetime, show: Show, live: OnStage | None, waiting: int | None) -> Decision:
    """The next step of the show. `waiting` is the id of the first deal in the queue that is not held back.

    In a Woot-Off a deal ends when it is sold out or its longest time is up; in daily mode it stays until midnight,
    sold out or not. A paused show stands still.
    """
    if not show.started or show.paused:
        return Keep()
    if live is None:
        return Keep() if waiting is None else Open(waiting)
    if show.mode == "woot-off" and live.left == 0:
        return Close(live.deal_id, "sold-out")
    if live.ends_at is not None and live.ends_at <= now:
        return Close(live.deal_id, "sold-out" if live.left == 0 else "time-up")
    return Keep()


Phase = Literal["live", "sold-out", "paused", "closed"]


def phase(show: Show, live: OnStage | None) -> Phase:
    """What the public is told of the show."""
    if not show.started or live is None:
        return "closed"
    if show.paused:
        return "paused"
    return "sold-out" if live.left == 0 else "live"


def ends_at(
    show_mode: Mode, started_at: datetime, max_minutes: int | None, midnight: datetime
) -> datetime | None:
    """When a deal that goes live has to end by the clock; None where it may stay. `midnight` is the shop's next."""
    if show_mode == "daily":
        return midnight
    return None if max_minutes is None else started_at + timedelta(minutes=max_minutes)
