"""Stories of orders, as settlement tells them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from msgspec.structs import replace

from app.identity import Address
from app.sales import Order, OrderStory

NOON = datetime(2026, 11, 22, 18, tzinfo=UTC)  # in Chicago
HOME = Address("Ada Lovelace", "12 Mill Lane", "", "60601", "Chicago", "IL", "US")


def an_order(**changes: Any) -> Order:
    """The third of deal 37, placed at noon."""
    order = Order(
        id="o1",
        deal_id=37,
        place=3,
        title="The Crumb Baron",
        quantity=2,
        currency="USD",
        unit_price=4999,
        discount=500,
        shipping=500,
        total=9998,
        status="placed",
        placed_at=NOON,
    )
    return msgspec.structs.replace(order, **changes)


def a_story(status: str = "placed", **changes: Any) -> OrderStory:
    """An order at noon with an address, to which nothing has happened but what `changes` say."""
    told = OrderStory(
        order=an_order(status=status),
        shopper_id=7,
        needs=frozenset(),
        step_address="",
        decline_words="",
        mend_until=None,
        address_until=NOON + timedelta(minutes=10),
        cancel_until=NOON + timedelta(minutes=10),
        address=HOME,
        refunds=(),
        carrier="",
        tracking="",
        shipped_at=None,
        ending="",
        why_cancelled="",
    )
    return replace(told, **changes)
