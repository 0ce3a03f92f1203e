"""Who brought whom, in counts: never who bought, and no count of people that is so small that one could tell.

A helper is named with the number of people they brought where it is at least FEWEST; the others are one group. Where
that group would be smaller, the least of the named joins it, so that nothing can be had by taking one number from
another. The hands are the distances from somebody who came by no link: whom they brought came first hand, whom
those brought second hand, and so on. A hand with too few people is one with the hand before it.
"""

from collections import defaultdict
from collections.abc import Sequence

from msgspec import Struct

from app.sharing.desk import Brought

FEWEST = 5  # people in any count that is shown


class HelperCounts(Struct, frozen=True):
    """People that a helper's links brought, units that those bought, and how many of those people have brought somebody
    themselves (None: fewer than FEWEST)."""

    helper_id: int
    buyers: int
    units: int
    helped_on: int | None


class Graph(Struct, frozen=True):
    """Who brought whom. `buyers` is how many people were brought, None where they are fewer than FEWEST; then nothing
    is known but `helpers` and `units`. `hands` are people by hand, from the first on; `is_open` says that the last of
    them has those who came at further hands in it, too.
    """

    helpers: int
    units: int
    buyers: int | None = None
    helped_on: int | None = None
    named: tuple[HelperCounts, ...] = ()
    others: int = 0  # helpers
    other_buyers: int = 0
    other_units: int = 0
    hands: tuple[int, ...] = ()
    is_open: bool = False


def draw_graph(brought: Sequence[Brought], *, most: int) -> Graph:
    """The graph of these orders, which are in the order in which they were placed, with at most so many names."""
    people: dict[int, set[int]] = defaultdict(set)
    units: dict[int, int] = defaultdict(int)
    for one in brought:
        people[one.helper_id].add(one.buyer_id)
        units[one.helper_id] += one.units
    everybody = set().union(*people.values())
    whole = Graph(len(people), sum(units.values()))
    if len(everybody) < FEWEST:
        return whole
    most_first = sorted(people, key=lambda one: (-len(people[one]), -units[one], one))
    names, others = _told_apart(most_first, people, most)
    named = tuple(
        HelperCounts(one, len(people[one]), units[one], _shown(len(people[one] & people.keys())))
        for one in names
    )
    hands, is_open = _hands(brought)
    return Graph(
        helpers=whole.helpers,
        units=whole.units,
        buyers=len(everybody),
        helped_on=_helped_on(len(everybody & people.keys()), named),
        named=named,
        others=len(others),
        other_buyers=len(set().union(*(people[one] for one in others))),
        other_units=sum(units[one] for one in others),
        hands=hands,
        is_open=is_open,
    )


def _told_apart(
    most_first: Sequence[int], people: dict[int, set[int]], most: int
) -> tuple[list[int], list[int]]:
    """Helpers that are named, and those that are one group."""
    named = [one for one in most_first[:most] if len(people[one]) >= FEWEST]
    others = list(most_first[len(named) :])
    while others and named and len(set().union(*(people[one] for one in others))) < FEWEST:
        others.append(named.pop())
    return named, others


def _hands(brought: Sequence[Brought]) -> tuple[tuple[int, ...], bool]:
    """Each person once, at the hand by which they first came."""
    hand_of: dict[int, int] = {}
    came: dict[int, int] = {}
    for one in brought:
        hand = hand_of.setdefault(one.helper_id, 0) + 1
        hand_of.setdefault(one.buyer_id, hand)
        came.setdefault(one.buyer_id, hand)
    counts = [0] * max(came.values())
    for hand in came.values():
        counts[hand - 1] += 1
    is_open = False
    while len(counts) > 1 and min(counts) < FEWEST:
        small = next(place for place, count in enumerate(counts) if count < FEWEST)
        at = max(1, small)  # with the hand before it; the first, with the second
        counts[at - 1 :] = [sum(counts[at - 1 :])]
        is_open = True
    return tuple(counts), is_open


def _helped_on(count: int, named: Sequence[HelperCounts]) -> int | None:
    """How many of all who were brought have brought somebody; None where it would tell of a few that are not shown."""
    told = sum(one.helped_on or 0 for one in named)
    return _shown(count) if count <= told or count - told >= FEWEST else None


def _shown(count: int) -> int | None:
    return count if count >= FEWEST else None
