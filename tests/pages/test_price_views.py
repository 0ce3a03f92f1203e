"""What may come off a price, in words."""

from datetime import UTC, datetime

import pytest

from app.pages.price_views import FriendPrice, TakenOff, coupon_options, friend_price, taken_off_view
from app.payments import Money
from app.sharing import Coupon

NOW = datetime(2026, 11, 22, 18, tzinfo=UTC)


def coupon(code: str, amount: int) -> Coupon:
    return Coupon(code, Money(amount, "USD"), "ready", "", NOW)


def test_coupons_are_offered_the_best_first_and_one_worth_more_than_a_unit_says_so() -> None:
    options = coupon_options([coupon("A", 250), coupon("B", 5000)], 1299)
    assert [(one.code, one.words) for one in options] == [("B", "up to $50.00 off"), ("A", "$2.50 off")]
    assert coupon_options([], 1299) == ()


def test_a_friends_price_is_said_where_something_comes_off() -> None:
    assert friend_price(Money(1299, "USD"), 200) == FriendPrice("$10.99", "$2.00")
    assert friend_price(Money(1299, "USD"), 1299) == FriendPrice("$0.00", "$12.99")
    assert friend_price(Money(1299, "USD"), 0) is None


@pytest.mark.parametrize(
    ("discount", "coupon_worth", "friend", "by_coupon"),
    [
        (0, 0, "", ""),
        (200, 0, "−$2.00", ""),
        (500, 500, "", "−$5.00"),
        (700, 500, "−$2.00", "−$5.00"),
        (300, 500, "", "−$3.00"),  # no more than the goods cost
    ],
)
def test_what_an_order_had_off_is_told_by_reason_and_adds_up(
    discount: int, coupon_worth: int, friend: str, by_coupon: str
) -> None:
    assert taken_off_view(Money(discount, "USD"), coupon_worth) == TakenOff(friend, by_coupon)
