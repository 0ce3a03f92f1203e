"""What everybody is told of who helped, in words; and what whoever bought is asked."""

from datetime import UTC, datetime
from typing import Any

import pytest

from app.pages.team_views import TeamView, team_view
from app.pages.who_helped_views import HelperView, WhoHelpedView, who_helped_view
from app.payments import Money
from app.sharing import PotWon, who_helped
from app.sharing.who_helped import FIGURES_AFTER, HelperSold

OVER = datetime(2026, 11, 22, 18, 0, tzinfo=UTC)
POT = PotWon(Money(5000, "USD"), None)
HELPERS = (HelperSold("Zoe", 9), HelperSold("", 1200), HelperSold("ada", 1))


def view(
    *helpers: HelperSold, over_at: datetime | None = OVER, now: datetime = OVER, **facts: Any
) -> WhoHelpedView:
    told = who_helped(helpers, over_at, now)
    given = {"held_up": True, "team": 0, "pot": None, "zone": UTC} | facts
    return who_helped_view("Admiral", told, over_at=over_at, **given)


def test_right_after_the_end_the_sum_and_the_names_are_told_and_when_the_rest_is() -> None:
    told = view(*HELPERS, team=7, pot=POT)
    assert told.lead == "It held up the show, and it is gone. 3 helpers sold 1,210 of it by their links."
    assert told.named == (HelperView("ada", ""), HelperView("Zoe", ""))
    assert told.others == "And 1 more, who keep it to themselves."
    assert told.later == "How much each of them sold is told from Sunday, 6:15 PM UTC."
    assert told.team.startswith("7 took one for the team")
    assert "the pot of $50.00" in told.pot


def test_a_quarter_of_an_hour_later_each_ones_part_is_told() -> None:
    told = view(*HELPERS, now=OVER + FIGURES_AFTER)
    assert told.named == (HelperView("ada", "1"), HelperView("Zoe", "9"))
    assert told.later == ""


def test_of_a_live_deal_nobodys_part_is_told() -> None:
    told = view(*HELPERS, over_at=None)
    assert not told.is_over
    assert told.lead == "3 helpers sold 1,210 of it by their links."
    assert told.later == "How much each of them sold is told when it is over."


def test_a_deal_that_held_up_nothing_is_told_of_all_the_same() -> None:
    assert view(*HELPERS, held_up=False).lead == "3 helpers sold 1,210 of it by their links."
    assert view().lead == "It held up the show, and it is gone. Nobody’s link has sold one of it."
    assert (view().team, view().pot, view().others, view().later) == ("", "", "", "")


def test_a_pot_that_nobody_helped_to_win_is_not_said_to_be_shared() -> None:
    assert view(pot=POT).pot == ""


@pytest.mark.parametrize(
    ("shared", "words"),
    [
        (
            None,
            "won the pot of $50.00. It is shared by what each link sold, as far as that was not sent back",
        ),
        (5000, "won the pot of $50.00, and shared it by what each link sold."),
        (3000, "Some of what was sold came back, so they have shared $30.00 of it"),
        (0, "so none of it was shared"),
    ],
)
def test_of_a_pot_that_is_said_which_was_shared(shared: int | None, words: str) -> None:
    pot = PotWon(Money(5000, "USD"), None if shared is None else Money(shared, "USD"))
    assert words in view(*HELPERS, pot=pot).pot


def test_where_nobody_wants_to_be_named_nobody_is() -> None:
    told = view(HelperSold("", 3))
    assert (told.named, told.others) == ((), "Who they are, they keep to themselves.")


@pytest.mark.parametrize("status", ["placed", "declined", "paid", "shipped"])
def test_whoever_bought_while_it_held_up_the_show_is_asked_and_thanked(status: str) -> None:
    asked = team_view(status, asks=True, said=False, team=7)
    assert asked.state == "ask"
    assert "7 did so far." in asked.words
    assert team_view(status, asks=True, said=True, team=1) == TeamView("said", "Only you, so far.")
    assert team_view(status, asks=True, said=True, team=8) == TeamView("said", "You and 7 more.")


def test_nobody_else_is_asked() -> None:
    nothing = TeamView("", "")
    assert team_view("paid", asks=False, said=False, team=7) == nothing
    assert team_view("cancelled", asks=True, said=True, team=7) == nothing
    assert team_view("refunded", asks=True, said=False, team=7) == nothing
