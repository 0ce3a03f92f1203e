"""Sold out, from memory: what this process may say of a deal without asking anybody.

A crowd that comes too late is the largest of all. Whoever never bought of a deal of which nothing is left can only be
told so; whoever did may be asking again for an order that stands, and takes the long way. The shoppers are read in the
statement that sees that nothing is left: every order that will ever stand is in the books by then.
"""

from collections import OrderedDict

from msgspec import Struct
from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncEngine

from app.sales.offers import Offer
from app.sales.order import Wish
from app.sales.tables import buyers, offers
from app.sales.under_way import closed_verdict
from app.sales.verdict import Verdict

MOST_DEALS = 32  # the last ones; a deal before those is looked up


class Empty(Struct, frozen=True):
    """A deal with nothing to give: what to say, and who has bought of it."""

    verdict: Verdict
    buyers: frozenset[int]


class SoldOutDeals:
    """The deals of which this process knows that nothing can be bought."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._known: OrderedDict[int, Empty] = OrderedDict()

    def answer(self, wish: Wish) -> Verdict | None:
        """What can be said at once; None where somebody has to be asked."""
        empty = self._known.get(wish.deal_id)
        if empty is None or wish.shopper_id in empty.buyers:
            return None
        return empty.verdict

    async def learn(self, offer: Offer) -> None:
        """Remember a deal that has ended, or of which nothing is left. Does nothing where that is not so any more."""
        known = self._known.get(offer.terms.deal_id)
        if known is not None and known.verdict == closed_verdict(offer):
            return
        nothing_left = or_(offers.c.closed_at.is_not(None), offers.c.sold == offers.c.quantity)
        shoppers = select(func.array_agg(buyers.c.shopper_id)).where(buyers.c.deal_id == offers.c.deal_id)
        query = select(shoppers.scalar_subquery().label("shoppers")).where(
            offers.c.deal_id == offer.terms.deal_id, nothing_left
        )
        async with self._engine.connect() as connection:
            row = (await connection.execute(query)).one_or_none()
        if row is not None:
            self._known[offer.terms.deal_id] = Empty(closed_verdict(offer), frozenset(row.shoppers or ()))
            while len(self._known) > MOST_DEALS:
                self._known.popitem(last=False)

    def forget(self, deal_id: int) -> None:
        """Units came back."""
        self._known.pop(deal_id, None)
