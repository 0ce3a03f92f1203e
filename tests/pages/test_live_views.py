"""What the live page says for a snapshot."""

from copy import deepcopy
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from app.pages.live_views import UNKNOWN, LiveView, live_view

CHICAGO = ZoneInfo("America/Chicago")


def money(amount: int) -> dict[str, Any]:
    return {"amount": amount, "currency": "USD", "text": f"${amount / 100:.2f}"}


SNAPSHOT: dict[str, Any] = {
    "id": "3-118",
    "show": {"mode": "woot-off", "phase": "live", "next_at": None},
    "deal": {
        "id": 37,
        "title": "The Crumb Baron",
        "tagline": "Twelve settings. Eleven of them are bread.",
        "story_html": "<p>It bakes.</p>",
        "condition": "New",
        "photo": {"src": "/photos/37-800.webp", "srcset": "/photos/37-480.webp 480w", "alt": "A bread maker"},
        "price": money(4999),
        "list_price": money(12999),
        "shipping": money(500),
        "limit": 3,
        "started_at": "2026-11-22T07:00:00Z",
        "ends_at": None,
    },
    "stock": {"left_percent": 70, "left": None},
    "pace": {"per_minute": 23.0, "quickest_seconds": 0.8, "sells_out_in_seconds": 1140},
    "crowd": {"watching": 1313, "helpers": 12, "helped_units": 40},
    "stall": None,
}


def live(*, site_url: str | None = None, **changes: Any) -> LiveView:
    """`stock={"left": 5}` changes that key of the snapshot's part; anything but a dict replaces the part."""
    snapshot = deepcopy(SNAPSHOT)
    for part, change in changes.items():
        if isinstance(change, dict):
            snapshot[part].update(change)
        else:
            snapshot[part] = change
    return live_view(snapshot, zone=CHICAGO, site_url=site_url)


def test_the_price_the_old_price_and_the_shipping_are_ready_texts() -> None:
    view = live()
    assert (view.price.now, view.price.was, view.price.shipping) == ("$49.99", "$129.99", "$5.00 shipping")
    assert view.fine == "New · $5.00 shipping · 3 each at most."


def test_a_deal_without_list_price_shows_no_old_price() -> None:
    assert live(deal={"list_price": None}).price.was == ""


def test_free_shipping_is_said_and_not_shown_as_zero() -> None:
    assert live(deal={"shipping": money(0)}).price.shipping == "shipping is on us"


def test_the_counters_are_grouped_and_rounded_for_people() -> None:
    view = live()
    assert (view.watching, view.per_minute, view.quickest) == ("1,313", "23", "0.8\u00a0s")


@pytest.mark.parametrize(
    ("rate", "text"), [(0.0, "0"), (0.4, "0"), (2.5, "3"), (3.5, "4"), (1200.2, "1,200")]
)
def test_a_pace_is_rounded_half_up_as_the_browser_does(rate: float, text: str) -> None:
    assert live(pace={"per_minute": rate}).per_minute == text


def test_what_nobody_knows_yet_is_a_dash() -> None:
    view = live(pace={"per_minute": None, "quickest_seconds": None})
    assert (view.per_minute, view.quickest) == (UNKNOWN, UNKNOWN)


def test_percent_is_shown_while_the_count_is_kept_back() -> None:
    view = live()
    assert (view.left_percent, view.left_text, view.left_words) == (70, "70%", "70 percent left")


def test_the_count_is_shown_where_the_merchandiser_shows_it() -> None:
    view = live(stock={"left": 1163})
    assert (view.left_text, view.left_words) == ("1,163", "1,163 left")


@pytest.mark.parametrize(("percent", "low"), [(11, False), (10, True), (1, True)])
def test_the_shelf_is_low_at_ten_percent_and_less(percent: int, low: bool) -> None:
    assert live(stock={"left_percent": percent}).low is low


def test_a_limit_gives_the_choices_one_to_limit() -> None:
    assert live(deal={"limit": 3}).quantities == (1, 2, 3)


def test_a_limit_of_one_is_said_in_words() -> None:
    view = live(deal={"limit": 1})
    assert view.quantities == (1,)
    assert view.fine.endswith("one each.")


def test_a_live_deal_can_be_bought() -> None:
    view = live()
    assert view.can_buy
    assert (view.words.status, view.words.button, view.words.stamp) == ("Live", "I want one", "")
    assert view.page_title == "The Crumb Baron: $49.99"


@pytest.mark.parametrize("stock", [{"left_percent": 0}, {"left_percent": 1, "left": 0}])
def test_a_deal_with_nothing_left_is_sold_out_before_the_show_moves_on(stock: dict[str, int]) -> None:
    view = live(stock=stock)
    assert view.phase == "sold-out"
    assert not view.can_buy


@pytest.mark.parametrize(
    ("phase", "button"), [("sold-out", "Sold out"), ("paused", "Back in a moment"), ("closed", "Closed")]
)
def test_nothing_can_be_bought_unless_the_show_is_live(phase: str, button: str) -> None:
    view = live(show={"phase": phase})
    assert not view.can_buy
    assert view.words.button == button


def test_a_closed_show_keeps_the_sold_out_stamp_on_a_deal_that_sold_out() -> None:
    assert live(show={"phase": "closed"}, stock={"left_percent": 0}).words.stamp == "Sold out"
    assert live(show={"phase": "closed"}).words.stamp == "Closed"


def test_a_sold_out_daily_deal_says_when_the_next_crate_opens_in_the_shops_own_time() -> None:
    view = live(show={"mode": "daily", "phase": "sold-out", "next_at": "2026-11-23T06:00:00Z"})
    assert view.next_words == "Opens Monday, 12:00 AM CST."
    assert view.next_at == "2026-11-23T06:00:00Z"


def test_the_next_crate_waits_for_the_sell_out_or_for_midnight() -> None:
    assert live().next_words == "Opens the moment this sells out."
    assert live(show={"mode": "daily"}).next_words == "Opens at midnight."


def test_a_show_without_a_deal_is_an_empty_shelf() -> None:
    view = live(show={"phase": "closed"}, deal=None, stock=None, pace=None, crowd=None)
    assert view.deal_id is None
    assert view.photo is None
    assert view.title == "The shelf is empty"
    assert view.words.stamp == "Closed"
    assert (view.quantities, view.price.now, view.story_html, view.can_buy) == ((), "", "", False)


def test_a_live_show_that_lost_its_deal_sells_nothing() -> None:
    assert live(deal=None).phase == "closed"


def test_the_photo_and_the_canonical_address_are_absolute_on_a_site_that_knows_its_address() -> None:
    view = live(site_url="https://shop.example")
    assert view.photo_absolute == "https://shop.example/photos/37-800.webp"
    assert view.canonical == "https://shop.example/"
    assert live().photo_absolute is None


def test_a_deal_without_a_photo_has_none() -> None:
    view = live(deal={"photo": None}, site_url="https://shop.example")
    assert (view.photo, view.photo_absolute) == (None, None)


def test_a_view_cannot_be_changed() -> None:
    with pytest.raises(AttributeError, match="immutable"):
        live().title = "Another"  # type: ignore[misc]
