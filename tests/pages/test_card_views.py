"""What is shown of a card on file."""

from msgspec.structs import replace

from app.pages.card_views import card_view
from app.payments import Card
from tests.factories.stories import NOON

CARD = Card("card-1", "visa", "4242", 12, 2040, is_default=True)


def test_a_card_is_known_by_its_brand_and_the_end_of_its_number() -> None:
    view = card_view(CARD, NOON)
    assert (view.words, view.until, view.over, view.charged) == (
        "Visa ending in 4242",
        "good until 12/2040",
        False,
        True,
    )


def test_a_card_whose_month_has_passed_says_so() -> None:
    view = card_view(replace(CARD, exp_month=10, exp_year=2026), NOON)
    assert (view.until, view.over) == ("over since 10/2026", True)
    assert not card_view(replace(CARD, exp_month=11, exp_year=2026), NOON).over, (
        "it is good for all of its month"
    )


def test_brands_are_written_as_on_the_card() -> None:
    words = {card_view(replace(CARD, brand=brand), NOON).words for brand in ("amex", "mastercard")}
    assert words == {"American Express ending in 4242", "Mastercard ending in 4242"}
