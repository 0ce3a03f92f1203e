"""Where a moved deal comes to stand. Pure: ids in their order go in, ids in their new order come out."""

from collections.abc import Sequence
from typing import Literal

from msgspec import Struct

Step = Literal["top", "up", "down", "bottom"]


class NowhereError(ValueError):
    """The place that was meant is not in the queue."""


class Target(Struct, frozen=True):
    """Where to: one of a step, a place (from 1), or another deal that it should stand right ahead of or behind."""

    step: Step | None = None
    place: int | None = None
    ahead_of: int | None = None
    behind: int | None = None


def moved(ids: Sequence[int], deal_id: int, to: Target) -> list[int]:
    """`ids` with `deal_id` moved. Raises NowhereError where `to` names a deal that does not wait."""
    others = [other for other in ids if other != deal_id]
    index = min(max(_index(others, ids.index(deal_id), to), 0), len(others))
    return [*others[:index], deal_id, *others[index:]]


def _index(others: Sequence[int], now: int, to: Target) -> int:
    match to:
        case Target(step="top"):
            return 0
        case Target(step="bottom"):
            return len(others)
        case Target(step="up"):
            return now - 1
        case Target(step="down"):
            return now + 1
        case Target(place=int(place)):
            return place - 1
        case Target(ahead_of=int(other)) if other in others:
            return others.index(other)
        case Target(behind=int(other)) if other in others:
            return others.index(other) + 1
    raise NowhereError


def changed_span(before: Sequence[int], after: Sequence[int]) -> slice:
    """The shortest stretch outside of which two orders of the same ids are alike."""
    differ = [index for index, pair in enumerate(zip(before, after, strict=True)) if pair[0] != pair[1]]
    return slice(differ[0], differ[-1] + 1) if differ else slice(0, 0)


def the_one_that_moved(before: Sequence[int], after: Sequence[int]) -> int | None:
    """The deal whose move alone makes `after` of `before`; None where more of them moved, or none."""
    span = changed_span(before, after)
    was, became = list(before[span]), list(after[span])
    if not was:
        return None
    if [*was[1:], was[0]] == became:
        return was[0]
    return was[-1] if [was[-1], *was[:-1]] == became else None
