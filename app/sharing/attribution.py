"""Who is thanked for an order. The whole rule stands here; nothing here acts.

1. A visit by somebody's link is kept by the browser that made it, in a signed cookie, and nowhere else. It is about
   the link's own deal, and about no other.
2. Of several visits for one deal the last counts: who brought you here now has helped you now.
3. A visit counts for a day. Its shopper may have it forgotten before, with one press on the page.
4. Whoever buys sends the cookie along. The link travels with the purchase, and lands in the order's own transaction
   (`attribute_orders`): there is no order whose helper is written later, and none whose helper is changed.
5. A link that nobody has claimed has no helper. Who buys by their own link buys like everybody, and helps nobody.
6. Whether the helper earns by it is asked out of the purchase's way: see self_dealing.py.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec import Struct

COUNTS_FOR = timedelta(days=1)
MOST_VISITS = 8  # that a browser keeps: a cookie is sent with every request


class Visited(Struct, frozen=True):
    """A visit by the link `code`, which is about `deal_id`."""

    code: str
    deal_id: int
    at: datetime


def after_visit(kept: Sequence[Visited], visit: Visited) -> tuple[Visited, ...]:
    """What a browser keeps after a visit, the newest first: one for each deal."""
    others = [one for one in kept if one.deal_id != visit.deal_id]
    return (visit, *others)[:MOST_VISITS]


def without(kept: Sequence[Visited], deal_id: int) -> tuple[Visited, ...]:
    """What a browser keeps where its shopper has a deal's visit forgotten."""
    return tuple(one for one in kept if one.deal_id != deal_id)


def counting(kept: Sequence[Visited], deal_id: int, now: datetime) -> Visited | None:
    """The visit that a purchase of this deal is put down to; None: nobody brought it."""
    mine = [one for one in kept if one.deal_id == deal_id and one.at <= now < one.at + COUNTS_FOR]
    return max(mine, key=lambda one: one.at, default=None)
