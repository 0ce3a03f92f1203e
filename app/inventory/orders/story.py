"""One order's whole story for the desk: what its shopper is told, what the books say, and what staff did."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from app.inventory.orders.finding import OrderOf, one_order
from app.inventory.orders.trail import changes_of_order
from app.payments import Money, sums_by_order
from app.platform.errors import NotFound
from app.sales import OrderStory, read_story


class StoryAtDesk(Struct, frozen=True):
    """An order, its story, its money by the ledger, and the changes that staff made, the latest first."""

    order: OrderOf
    story: OrderStory
    charged: Money
    given_back: Money
    changes: Sequence[Row[Any]]

    @property
    def refundable(self) -> Money:
        """What can still be given back."""
        found = self.order.found
        asked = max(found.refunded, self.given_back.amount)
        left = 0 if self.story.ending else max(0, self.charged.amount - asked)
        return Money(left, found.order.currency)


async def read_story_at_desk(connection: AsyncConnection, order_id: str, now: datetime) -> StoryAtDesk:
    """An order's story. Raises NotFound."""
    one = await one_order(connection, order_id)
    story = await read_story(connection, order_id, now, shopper_id=None)
    if story is None:
        raise NotFound("There is no such order.")
    order = one.found.order
    charged = given_back = Money(0, order.currency)
    for total in (await sums_by_order(connection, [order_id])).get(order_id, []):
        if total.charged.currency == order.currency:
            charged, given_back = total.charged, total.refunded
    return StoryAtDesk(one, story, charged, given_back, await changes_of_order(connection, order))
