"""What the pages say for an order."""

from typing import Any
from zoneinfo import ZoneInfo

import pytest

from app.pages.order_views import OrderView, order_view, ordinal

CHICAGO = ZoneInfo("America/Chicago")


def money(amount: int) -> dict[str, Any]:
    return {"amount": amount, "currency": "USD", "text": f"${amount / 100:.2f}"}


ORDER: dict[str, Any] = {
    "id": "o1",
    "number": "B37-0003",
    "deal_id": 37,
    "title": "The Crumb Baron",
    "quantity": 2,
    "unit_price": money(4999),
    "discount": money(500),
    "shipping": money(500),
    "total": money(9998),
    "status": "placed",
    "place": 3,
    "placed_at": "2026-11-22T19:04:05Z",
}


def order(**changes: Any) -> OrderView:
    return order_view(ORDER | changes, zone=CHICAGO)


@pytest.mark.parametrize(
    ("place", "text"),
    [
        (1, "1st"),
        (2, "2nd"),
        (3, "3rd"),
        (4, "4th"),
        (11, "11th"),
        (13, "13th"),
        (21, "21st"),
        (1002, "1,002nd"),
    ],
)
def test_places_are_said_as_people_say_them(place: int, text: str) -> None:
    assert ordinal(place) == text


def test_an_order_says_its_place() -> None:
    assert order().place_words == "You were the 3rd"


def test_an_orders_facts_are_ready_texts() -> None:
    view = order()
    assert (view.unit_price, view.discount, view.shipping, view.total) == (
        "$49.99",
        "−$5.00",
        "$5.00",
        "$99.98",
    )
    assert view.placed_at_words == "November 22, 1:04 PM CST"


def test_an_order_without_discount_shows_none() -> None:
    assert order(discount=money(0)).discount == ""
