"""The plain view of an order's facts: an order as the contract writes it in, ready words out."""

from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo
from typing import Any

from msgspec import Struct


class OrderView(Struct, frozen=True):
    id: str
    number: str
    title: str
    quantity: int
    unit_price: str
    discount: str  # empty when nothing was taken off
    shipping: str
    total: str
    status: str
    place_words: str
    placed_at: str
    placed_at_words: str


def order_view(order: Mapping[str, Any], *, zone: tzinfo = UTC) -> OrderView:
    """An order's facts. `zone` is the shop's time zone."""
    discount, shipping = order["discount"], order["shipping"]
    return OrderView(
        id=order["id"],
        number=str(order["number"]),
        title=order["title"],
        quantity=order["quantity"],
        unit_price=order["unit_price"]["text"],
        discount=f"−{discount['text'].lstrip('-−')}" if discount and discount["amount"] else "",
        shipping=shipping["text"] if shipping and shipping["amount"] else "on us",
        total=order["total"]["text"],
        status=order["status"].capitalize(),
        place_words=f"You were the {ordinal(order['place'])}" if order["place"] else "",
        placed_at=order["placed_at"],
        placed_at_words=_day_and_hour(order["placed_at"], zone),
    )


def _day_and_hour(at: str, zone: tzinfo) -> str:
    """Such as: November 22, 7:04 PM CST"""
    local = datetime.fromisoformat(at).astimezone(zone)
    return f"{local:%B} {local.day}, {local.hour % 12 or 12}:{local:%M %p %Z}".strip()


def ordinal(place: int) -> str:
    """1st, 2nd, 3rd, 4th … 11th, 12th, 13th … 21st; thousands get a comma."""
    teens = place % 100 in (11, 12, 13)
    suffix = "th" if teens else {1: "st", 2: "nd", 3: "rd"}.get(place % 10, "th")
    return f"{place:,}{suffix}"
