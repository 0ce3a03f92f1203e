"""Which coupon is offered first."""

from datetime import UTC, datetime, timedelta

from app.payments import Money
from app.sharing import Coupon, best_first

NOW = datetime(2026, 11, 22, 18, tzinfo=UTC)


def coupon(code: str, amount: int, days: int = 30) -> Coupon:
    return Coupon(code, Money(amount, "USD"), "ready", "", NOW + timedelta(days=days))


def codes(coupons: list[Coupon]) -> list[str]:
    return [one.code for one in coupons]


def test_what_takes_most_off_comes_first() -> None:
    assert codes(best_first([coupon("small", 100), coupon("large", 900)], 1000)) == ["large", "small"]


def test_one_that_just_covers_the_goods_comes_before_one_that_would_be_worth_more_another_time() -> None:
    some = [coupon("far too large", 5000), coupon("just right", 1000), coupon("too large", 2000)]
    assert codes(best_first(some, 1000)) == ["just right", "too large", "far too large"]


def test_of_two_alike_the_one_that_expires_first_comes_first() -> None:
    assert codes(best_first([coupon("later", 500), coupon("sooner", 500, days=1)], 1000)) == [
        "sooner",
        "later",
    ]
