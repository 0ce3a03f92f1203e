"""An order, and a wish for one."""

from datetime import UTC, datetime

from msgspec.structs import replace

from app.sales.order import Order, Wish, new_order_id

WISH = Wish(1, "a", 37, 2)


def test_two_requests_that_ask_for_the_same_have_the_same_hash() -> None:
    assert WISH.body_hash == replace(WISH).body_hash
    assert replace(WISH, key="b", shopper_id=2).body_hash == WISH.body_hash  # they are not part of the body


def test_whatever_is_asked_for_differently_has_another_hash() -> None:
    others = [
        replace(WISH, deal_id=38),
        replace(WISH, quantity=3),
        replace(WISH, coupon="x"),
        replace(WISH, line_offer="x"),
        replace(WISH, coupon=""),
        replace(WISH, deal_id=3, quantity=72),
    ]
    assert len({wish.body_hash for wish in [WISH, *others]}) == len(others) + 1


def test_order_ids_are_opaque_short_and_never_twice_the_same() -> None:
    ids = {new_order_id() for _ in range(1000)}
    assert len(ids) == 1000
    assert {len(one) for one in ids} == {16}


def test_an_order_in_a_currency_without_decimals_reads_so() -> None:
    placed_at = datetime(2026, 11, 22, 6, 40, 13, 123456, UTC)
    order = Order("x", 37, 12, "Duck", 3, "JPY", 500, 0, 100, 1600, "placed", placed_at)
    document = order.document()
    assert document["total"] == {"amount": 1600, "currency": "JPY", "text": "¥1,600"}
    assert document["number"] == "37-12"
    assert document["placed_at"] == "2026-11-22T06:40:13.123Z"


def test_the_answer_to_an_orders_key_stays_the_same_whatever_becomes_of_it() -> None:
    placed_at = datetime(2026, 11, 22, 18, tzinfo=UTC)
    order = Order("x", 37, 12, "Duck", 3, "JPY", 500, 0, 100, 1600, "placed", placed_at)
    for status in ("placed", "paid", "shipped", "cancelled"):
        assert replace(order, status=status).as_placed().json() == order.json()
