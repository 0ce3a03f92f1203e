"""What an order's page says at every turn that an order can take."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from app.pages.order_story_views import OrderNow, order_now
from app.payments import Money
from app.sales import RefundMade
from tests.factories.stories import NOON, a_story

CHICAGO = ZoneInfo("America/Chicago")
SOON = NOON + timedelta(minutes=10)


def said(status: str = "placed", at: datetime = NOON, **changes: Any) -> OrderNow:
    return order_now(a_story(status, **changes), at, CHICAGO)


def states(now: OrderNow) -> tuple[str, ...]:
    return tuple(step.state for step in now.steps)


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("placed", ("done", "now", "ahead")),
        ("declined", ("done", "now", "ahead")),
        ("paid", ("done", "done", "now")),
        ("shipped", ("done", "done", "done")),
    ],
)
def test_an_order_says_what_happens_next(status: str, expected: tuple[str, ...]) -> None:
    assert states(said(status)) == expected


@pytest.mark.parametrize("status", ["cancelled", "refunded"])
def test_an_order_that_ended_promises_nothing(status: str) -> None:
    now = said(status, cancel_until=None)
    assert now.steps == ()
    assert now.headline != "Thank you"
    assert (now.goes_to, now.can_move, now.cancel_until, now.needs_card, now.needs_address) == ("",) * 5


@pytest.mark.parametrize("status", ["placed", "paid", "shipped"])
def test_an_order_says_thank_you(status: str) -> None:
    assert said(status).headline == "Thank you"


def test_an_order_to_which_nothing_is_missing_asks_for_nothing() -> None:
    now = said()
    assert (now.needs_card, now.needs_step, now.needs_address, now.mend_until) == ("",) * 4
    assert "nothing to do for you" in now.meaning
    assert now.goes_to == "Ada Lovelace, 12 Mill Lane, Chicago IL 60601, United States"


def test_a_card_that_said_no_is_named_with_the_time_there_is_to_mend_it() -> None:
    words = "Your card has not enough money on it for this."
    now = said("declined", needs=frozenset({"card"}), decline_words=words, mend_until=SOON)
    assert now.headline == "Your card said no"
    assert (now.needs_card, now.mend_words) == (words, "12:10 PM CST")
    assert now.mend_until == "2026-11-22T18:10:00.000Z"
    assert now.steps[1].words == "It waits for you: see above."


def test_after_a_decline_another_card_is_tried_or_its_bank_asks() -> None:
    trying = said("declined")
    assert (trying.headline, trying.meaning) == ("One moment", "We are trying your card.")
    assert trying.steps[1].words == "We charge your card once. Nothing for you to do."
    asking = said("declined", needs=frozenset({"step"}), mend_until=SOON)
    assert asking.headline == "One moment"
    assert "your bank wants to hear from you" in asking.meaning


def test_a_shopper_without_a_card_is_asked_for_one() -> None:
    now = said(needs=frozenset({"card"}), mend_until=SOON)
    assert now.headline == "Thank you"
    assert now.needs_card == "There is no card on file that we could charge."
    assert "One thing is missing: a card" in now.meaning


def test_a_banks_question_comes_before_whatever_else_is_missing() -> None:
    now = said(needs=frozenset({"step", "address"}), mend_until=SOON, address=None)
    assert "your bank" in now.meaning
    assert now.needs_step
    assert (now.mend_words, now.address_words) == ("12:10 PM CST", "12:10 PM CST")


@pytest.mark.parametrize("status", ["placed", "paid"])
def test_an_address_that_is_missing_is_asked_for_also_once_it_is_paid(status: str) -> None:
    now = said(status, needs=frozenset({"address"}), address=None)
    assert "One thing is missing: where it goes." in now.meaning
    assert now.address_until == "2026-11-22T18:10:00.000Z"
    assert (now.goes_to, now.can_move) == ("", "")


def test_an_address_can_be_changed_until_it_is_shipped() -> None:
    assert said("paid").can_move == "yes"
    shipped = said("shipped")
    assert shipped.goes_to
    assert shipped.can_move == ""


def test_an_order_can_be_cancelled_until_its_grace_is_over() -> None:
    assert said().cancel_words == "12:10 PM CST"
    assert said(at=SOON).cancel_until == "", "at that very moment it is too late"
    assert said("shipped", cancel_until=None).cancel_until == ""


def test_an_order_that_is_being_cancelled_asks_for_nothing_any_more() -> None:
    now = said("declined", needs=frozenset({"card"}), mend_until=SOON, ending="cancelling", cancel_until=None)
    assert now.headline == "One moment"
    assert (now.needs_card, now.mend_until, now.goes_to, now.steps) == ("", "", "", ())


@pytest.mark.parametrize(
    ("why", "words"),
    [
        ("shopper", "You cancelled this order."),
        ("card", "No card paid for it in time"),
        ("step", "Your bank did not hear from you in time"),
        ("address", "We were not told in time where it goes"),
        ("", "This order was cancelled."),
    ],
)
def test_a_cancelled_order_says_why(why: str, words: str) -> None:
    assert words in said("cancelled", why_cancelled=why).meaning


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("due", "$99.98 goes back to your card in a moment."),
        ("made", "$99.98 went back to your card on November 22."),
        ("refused", "could not go back"),
        ("failed", "was sent back to us by your bank"),
    ],
)
def test_money_that_goes_back_is_named_with_how_far_it_is(state: Any, words: str) -> None:
    refund = RefundMade(Money(9998, "USD"), NOON, state)
    assert words in said("cancelled", refunds=(refund,)).refunds
    assert said("cancelled").refunds == "", "nothing is said to go back where nothing does"


def test_a_parcel_is_named_with_its_number() -> None:
    now = said("shipped", carrier="UPS", tracking="1Z999", shipped_at=NOON)
    assert now.parcel == "Handed over to UPS on November 22. Its tracking number is 1Z999."
    assert said("shipped", shipped_at=NOON).parcel == "Handed over on November 22."
    assert said("paid").parcel == ""
