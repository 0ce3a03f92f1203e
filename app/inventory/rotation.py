"""What the show should do next. Nothing here acts: it is told how things stand, and answers."""

from datetime import datetime
from typing import Literal

from msgspec import Struct
from msgspec.structs import replace

from app.inventory.stall import StallCase, holds_up, raised_reward

Mode = Literal["daily", "woot-off"]
Reason = Literal["sold-out", "time-up", "skipped", "stopped", "withdrawn"]


class Show(Struct, frozen=True):
    """How the show is set. `stopping`: it stops when the live deal is over."""

    mode: Mode
    started: bool
    paused: bool
    stopping: bool = False

    @property
    def is_on(self) -> bool:
        """Whether it moves on by itself."""
        return self.started and not self.paused


class OnStage(Struct, frozen=True):
    """The live deal, as far as the rotation cares. `left` in units.

    `right_end` is when it ought to end, where that is not `ends_at`; `told_sold_out` says whether everyone was told
    that nothing is left; `stall` how it sells, as far as it could hold up the show.
    """

    deal_id: int
    left: int
    ends_at: datetime | None
    right_end: datetime | None
    told_sold_out: bool = False
    stall: StallCase | None = None


class Keep(Struct, frozen=True):
    """Everything stays as it is."""


class Close(Struct, frozen=True):
    """The live deal ends for `reason`; whatever may come next is the next decision."""

    deal_id: int
    reason: Reason


class Open(Struct, frozen=True):
    """This deal goes live."""

    deal_id: int


class Retime(Struct, frozen=True):
    """The live deal ends at another time: a clock was wrong, or the shop moved to another zone."""

    deal_id: int
    ends_at: datetime | None


class Tell(Struct, frozen=True):
    """Everyone has to hear that the live deal is sold out, or is so no more."""

    deal_id: int
    sold_out: bool


class Stall(Struct, frozen=True):
    """The live deal holds up the show from now on, or does so no more."""

    deal_id: int
    begins: bool


class Raise(Struct, frozen=True):
    """Helping to sell the live deal brings more, since it is stalled for so long: minor units for each unit."""

    deal_id: int
    reward: int


class Stop(Struct, frozen=True):
    """The deal that the show waited for is over, and the show with it."""


Decision = Keep | Close | Open | Retime | Tell | Stall | Raise | Stop


def decide(now: datetime, show: Show, live: OnStage | None, waiting: int | None) -> Decision:
    """The next step of the show. `waiting` is the id of the first deal in the queue that is not held back.

    In a Woot-Off a deal ends when it is sold out or its longest time is up; in daily mode it stays until midnight,
    sold out or not. A paused show stands still.
    """
    if not show.is_on:
        return Keep()
    if live is None:
        return _fill_the_stage(show, waiting)
    if show.mode == "woot-off" and live.left == 0:
        return Close(live.deal_id, "sold-out")
    if live.ends_at is not None and live.ends_at <= now:
        return Close(live.deal_id, "sold-out" if live.left == 0 else "time-up")
    if live.ends_at != live.right_end:
        return Retime(live.deal_id, live.right_end)
    if show.mode == "daily" and live.told_sold_out != (live.left == 0):
        return Tell(live.deal_id, live.left == 0)
    return Keep() if live.stall is None else _watch_the_stall(now, show, live.deal_id, live.stall)


def _watch_the_stall(now: datetime, show: Show, deal_id: int, case: StallCase) -> Decision:
    ought = show.mode == "woot-off" and holds_up(case, now)
    if ought != (case.stalled_since is not None):
        return Stall(deal_id, ought)
    reward = raised_reward(case, now)
    return Keep() if reward is None else Raise(deal_id, reward)


def _fill_the_stage(show: Show, waiting: int | None) -> Decision:
    if show.stopping:
        return Stop()
    return Keep() if waiting is None else Open(waiting)


def set_to(show: Show, mode: Mode, paused: bool) -> Show:
    """The show after it was started in `mode`, changed to it, paused, or told to go on.

    To pause or to go on leaves a stop that waits for the live deal as it is; everything else takes it back.
    """
    only_a_pause = show.started and show.mode == mode and show.paused != paused
    return replace(
        show, mode=mode, started=True, paused=paused, stopping=show.stopping if only_a_pause else False
    )


Phase = Literal["live", "sold-out", "paused", "closed"]


def phase(show: Show, left: int | None) -> Phase:
    """What the public is told of the show. `left` units are left of the live deal; None where no deal is live."""
    if not show.started:
        return "closed"
    if show.paused:
        return "paused"
    if left is None:
        return "closed"
    return "sold-out" if left == 0 else "live"
