"""When a Woot-Off item holds up the show, what its reward is then, until when its pot can be won. Nothing here acts.

A deal is allowed a time: `stall_after_minutes`, or half an hour. It holds up the show from the moment at which both are
true:

- it could be bought for so long without a break (a pause breaks it, and so does a change from daily deals), and
- as it sold lately, what is left would take longer than that time once more.

"Lately" is the allowed time, half an hour at the most: a rush in the first minute does not count for ever, and one
sale does not decide.

It goes on holding it up until it clearly moves: what is left would take a quarter of the time at most. Between the
two nothing changes, so a deal near the edge does not flicker. As long as a pot can be won it stays marked in any case:
the crowd should not lose sight of what it works for.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from msgspec import Struct

USUAL_TIME = timedelta(minutes=30)  # that a deal is allowed where it does not say so
LONGEST_LOOK = timedelta(minutes=30)
CLEARLY = 4  # times as quick as it has to be, for it to hold up nothing any more
USUAL_POT_TIME = timedelta(minutes=60)


class StallCase(Struct, frozen=True):
    """How a live deal sells, as far as that matters. `left` and `lately` in units; `lately` over `look_back(allowed)`.

    `selling_since`: for so long it could be bought in a Woot-Off without a break; None while it can not, or where that
    is not known. `stalled_since` is None while it holds up nothing. `reward` is what help brings now, for each unit.
    """

    allowed: timedelta
    selling_since: datetime | None
    left: int
    lately: int
    stalled_since: datetime | None = None
    pot_until: datetime | None = None
    reward: int = 0
    steps: Sequence[Mapping[str, int]] = ()


def allowed_time(minutes: int | None) -> timedelta:
    """How long a deal may stay before it can hold up the show, by its `stall_after_minutes`."""
    return USUAL_TIME if minutes is None else timedelta(minutes=minutes)


def look_back(allowed: timedelta) -> timedelta:
    """How far back the pace is taken from."""
    return min(allowed, LONGEST_LOOK)


def is_of_age(selling_since: datetime | None, allowed: timedelta, now: datetime) -> bool:
    """Whether a deal has had the time that it is allowed."""
    return selling_since is not None and now - selling_since >= allowed


def holds_up(case: StallCase, now: datetime) -> bool:
    """Whether this deal, in a Woot-Off that runs, holds it up."""
    if case.left == 0:
        return False
    if case.stalled_since is None:
        return is_of_age(case.selling_since, case.allowed, now) and not _goes_within(case, case.allowed)
    return can_be_won(case.pot_until, now) or not _goes_within(case, case.allowed / CLEARLY)


def can_be_won(pot_until: datetime | None, at: datetime) -> bool:
    """Whether a deal that sells its last unit at this moment wins its pot."""
    return pot_until is not None and at < pot_until


def pot_time(minutes: int | None) -> timedelta:
    """How long the crowd has for a pot, from when the first stall began, by the deal's `pot_minutes`."""
    return USUAL_POT_TIME if minutes is None else timedelta(minutes=minutes)


def next_rise(case: StallCase) -> tuple[datetime, int] | None:
    """When the reward rises next, and to what; None where it does not any more."""
    if case.stalled_since is None:
        return None
    higher = [step for step in case.steps if step["reward"] > case.reward]
    if not higher:
        return None
    first = min(higher, key=lambda step: step["after_minutes"])
    return case.stalled_since + timedelta(minutes=first["after_minutes"]), first["reward"]


def raised_reward(case: StallCase, now: datetime) -> int | None:
    """What the reward rises to by now, in minor units, by the steps that the merchandiser wrote; None: it does not.

    It never falls.
    """
    if case.stalled_since is None:
        return None
    stalled_for = now - case.stalled_since
    due = [step["reward"] for step in case.steps if timedelta(minutes=step["after_minutes"]) <= stalled_for]
    highest = max(due, default=0)
    return highest if highest > case.reward else None


def seconds_to_go(case: StallCase) -> int | None:
    """Seconds until nothing is left at the pace of lately; None where nothing was sold."""
    return round(case.left * look_back(case.allowed).total_seconds() / case.lately) if case.lately else None


def _goes_within(case: StallCase, time: timedelta) -> bool:
    """Whether what is left is sold in that time, at the pace of lately."""
    return case.left * look_back(case.allowed) <= case.lately * time
