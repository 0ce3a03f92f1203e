"""What whoever comes by a link is shown, and what programs that unfold links read there."""

from copy import deepcopy
from typing import Any

import pytest

from app.pages.share_views import IN_STOCK, SOLD_OUT, LandingView, as_it_was, landing_view, own_link_view
from tests.pages.test_live_views import SNAPSHOT
from tests.pages.test_stall_views import stalled

SITE = "https://shop.example"
CODE = "k7Wq3mZx9P"


def landing(*, sender: str = "", left: int = 70, over: bool = False, **deal: Any) -> LandingView:
    snapshot = deepcopy(SNAPSHOT)
    snapshot["stock"]["left_percent"] = left
    snapshot["deal"].update(deal)
    shown = as_it_was(snapshot["deal"]) if over else snapshot
    return landing_view(shown, code=CODE, sender=sender, site_url=SITE, is_over=over)


def offer(view: LandingView) -> dict[str, object]:
    found = view.product["offers"]
    assert isinstance(found, dict)
    return found


def test_the_page_names_who_sent_it_only_where_they_want_to_be_named() -> None:
    assert landing(sender="Bea").headline == "Bea thinks you need this."
    assert landing().headline == "A friend thinks you need this."


def test_whoever_comes_by_a_link_reads_what_it_holds_up_by_the_name_that_the_shop_gave_it() -> None:
    view = landing_view(stalled(), code=CODE, sender="", site_url=SITE, is_over=False, event="Woot-Off")
    assert view.deal.stall.stall == "The Crumb Baron is holding up the Woot-Off."


def test_what_is_unfolded_where_the_link_is_pasted_leads_to_the_link_itself() -> None:
    view = landing()
    assert view.url == f"{SITE}/h/{CODE}"
    assert view.picture == f"{SITE}/h/{CODE}/card.png"
    assert view.page_title == "The Crumb Baron: $49.99"
    assert view.description == "Twelve settings. Eleven of them are bread. $49.99. 70% left."


@pytest.mark.parametrize(
    ("view", "availability", "title"),
    [
        (landing(), IN_STOCK, "The Crumb Baron: $49.99"),
        (landing(left=0), SOLD_OUT, "Sold out: The Crumb Baron"),
        (landing(over=True), SOLD_OUT, "Gone: The Crumb Baron"),
    ],
)
def test_search_engines_are_told_whether_there_is_one_left(
    view: LandingView, availability: str, title: str
) -> None:
    assert offer(view)["availability"] == availability
    assert view.page_title == title


@pytest.mark.parametrize(
    ("amount", "currency", "price"), [(4999, "USD", "49.99"), (499, "JPY", "499"), (1500, "KWD", "1.500")]
)
def test_a_price_is_written_as_its_currency_has_decimals(amount: int, currency: str, price: str) -> None:
    view = landing(price={"amount": amount, "currency": currency, "text": "…"})
    assert (offer(view)["price"], offer(view)["priceCurrency"]) == (price, currency)


def test_a_deal_that_is_over_can_not_be_bought_by_its_link() -> None:
    assert landing().deal.can_buy
    assert not landing(over=True).deal.can_buy


@pytest.mark.parametrize(
    ("visits", "words"),
    [(0, "Nobody has come by it yet."), (1, "One came by it so far."), (1234, "1,234 came by it so far.")],
)
def test_visits_are_counted_in_words(visits: int, words: str) -> None:
    view = own_link_view(
        code=CODE, url="u", title="Loaf", price="$5", visits=visits, claimed=True, named=False
    )
    assert view.visits == words
