"""My shares, in words."""

from datetime import UTC, datetime, timedelta

import pytest

from app.pages.shares_views import SharesView, seeds_words, shares_view
from app.payments import Money
from app.sales import Terms
from app.sharing import Coupon, CouponState, Earned, Link

NOW = datetime(2026, 11, 22, 18, tzinfo=UTC)


def link(deal_id: int, visits: int = 0) -> Link:
    return Link(f"code{deal_id}", deal_id, 7, None, False, "", 100, visits, NOW, None)


def coupon(state: CouponState, days: int = 30, order_id: str | None = None) -> Coupon:
    return Coupon(state, Money(250, "USD"), state, "You helped.", NOW + timedelta(days=days), order_id)


def view(links: list[Link], coupons: list[Coupon]) -> SharesView:
    return shares_view(
        links,
        {37: Earned(3, 250, 500), 36: Earned(1, 0, 0)},
        {37: Terms(37, "Loaf", "USD", 4999, 0, 60, 3)},
        coupons,
        {"ready": [Money(500, "USD"), Money(70, "JPY")], "used": [Money(1, "USD")]},
        took=1,
        now=NOW,
        zone=UTC,
    )


def test_the_seed_ratio_is_two_plain_counts() -> None:
    assert seeds_words(3, 1) == "helped 3, took 1"
    assert seeds_words(0, 1200) == "helped 0, took 1,200"
    assert view([], []).seeds == "helped 4, took 1"


def test_each_link_says_what_came_of_it() -> None:
    loaf, old = view([link(37, 41), link(35, 1)], []).links
    assert (loaf.title, loaf.visits, loaf.units) == ("Loaf", "41 visits", "3 sold")
    assert (loaf.pending, loaf.earned) == ("$2.50", "$5.00")
    assert (old.title, old.visits, old.units, old.pending, old.earned) == (
        "Deal 35",
        "1 visit",
        "0 sold",
        "",
        "",
    )


def test_sums_are_told_by_currency_and_nothing_where_there_is_nothing() -> None:
    found = view([], [])
    assert (found.ready, found.pending, found.older) == ("$5.00 + ¥70", "", "")


def test_what_can_be_used_comes_first() -> None:
    found = view([], [coupon("void"), coupon("used"), coupon("pending"), coupon("ready")]).coupons
    assert [one.state for one in found] == ["ready", "pending", "used", "void"]


@pytest.mark.parametrize(
    ("one", "words"),
    [
        (coupon("ready"), "You can use it until December 22, 2026."),
        (coupon("void", days=-1), "It was good until November 21, 2026."),
        (coupon("void"), ""),
        (coupon("used", order_id="abc"), "You have used it."),
    ],
)
def test_each_coupon_says_how_it_stands(one: Coupon, words: str) -> None:
    (found,) = view([], [one]).coupons
    assert found.words == words
    assert found.order_id == (one.order_id or "")
