"""Cheers: everybody hears that somebody's link has sold something, now and then, and not once for each order.

A helper who wants to be named is named with the first sale of a deal, without a figure; all that they sell after it
was sold by "a helper". So whoever adds up all cheers learns no more of anybody than who_helped.py has told already.

Nothing here acts. Whoever rewards puts down what was sold and takes out what may be told; see rewarding.py.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec import Struct, field

A_HELPER = "a helper"  # who does not want to be named, or was
AT_ONCE = 1  # cheer of one process in one round, which is a second long: of two the page would show the later
MOST_WAITING = 50  # helpers; beyond them the oldest news is dropped
FRESH = timedelta(minutes=1)  # an order that was placed before is no news any more


class HelpedSale(Struct, frozen=True):
    """An order that a link sold. `name` is whose link it is, where they want to be named and it is their first."""

    deal_id: int
    helper_id: int
    name: str
    units: int
    placed_at: datetime


class Cheer(Struct, frozen=True):
    """What everybody is told: somebody's link has sold so many units of a deal; None where it is somebody by name."""

    deal_id: int
    who: str
    units: int | None

    def document(self) -> dict[str, object]:
        """As the stream has it."""
        return {"deal_id": self.deal_id, "who": self.who, "units": self.units}


class Cheers(Struct):
    """What waits to be told. A helper whose link sells again meanwhile waits once, with all of it."""

    _waiting: dict[tuple[int, int, str], Cheer] = field(default_factory=dict)

    def add(self, sales: Sequence[HelpedSale], now: datetime) -> None:
        """Have them told when there is time for it."""
        for sale in sales:
            if now - sale.placed_at >= FRESH:
                continue
            helper = sale.deal_id, sale.helper_id, sale.name
            before = self._waiting.get(helper)
            units = sale.units + ((before.units or 0) if before else 0)
            self._waiting[helper] = Cheer(sale.deal_id, sale.name or A_HELPER, None if sale.name else units)
            if len(self._waiting) > MOST_WAITING:
                del self._waiting[next(iter(self._waiting))]

    def take(self, most: int = AT_ONCE) -> list[Cheer]:
        """Those that are to be told now, who has waited longest first. They wait no more."""
        helpers = list(self._waiting)[:most]
        return [self._waiting.pop(helper) for helper in helpers]
