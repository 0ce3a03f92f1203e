"""What everybody is told of who helped to sell a deal. Nothing here acts.

What all helpers sold together is told at once, while the deal is live. Who they were is told of those who have their
link say their name, in the order of the names: nobody is ranked. How much each of them sold is told a quarter of an
hour after the deal is over: whoever could watch a figure grow could try out what makes it grow.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec import Struct

FIGURES_AFTER = timedelta(minutes=15)  # from when the deal is over
MOST_NAMED = 200  # on one page


class HelperSold(Struct, frozen=True):
    """A helper and the units that their link sold. `name` is empty where they do not want to be named."""

    name: str
    units: int


class NamedHelper(Struct, frozen=True):
    """A helper as everybody sees them; `units` is None while that is not told."""

    name: str
    units: int | None


class WhoHelped(Struct, frozen=True):
    """Of a deal: how many helped, what they sold together, those who are named, and how many are not.

    `figures_at` is from when each one's part is told; None where it is, or while the deal is live.
    """

    helpers: int
    units: int
    named: tuple[NamedHelper, ...]
    others: int
    figures_at: datetime | None


def who_helped(helpers: Sequence[HelperSold], over_at: datetime | None, now: datetime) -> WhoHelped:
    """What is told at `now` of those whose links sold a deal that was over at `over_at` (None: it is not)."""
    figures_at = None if over_at is None else over_at + FIGURES_AFTER
    are_told = figures_at is not None and now >= figures_at
    named = sorted((one for one in helpers if one.name), key=lambda one: (one.name.casefold(), one.name))
    shown = named[:MOST_NAMED]
    return WhoHelped(
        helpers=len(helpers),
        units=sum(one.units for one in helpers),
        named=tuple(NamedHelper(one.name, one.units if are_told else None) for one in shown),
        others=len(helpers) - len(shown),
        figures_at=None if are_told else figures_at,
    )
