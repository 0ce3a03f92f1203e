"""What the tape says while a deal holds up the show, and what is said when it is gone."""

from typing import Any
from zoneinfo import ZoneInfo

import pytest

from app.pages.stall_views import StallView, cleared_words, stall_view
from tests.pages.test_live_views import SNAPSHOT, money

CHICAGO = ZoneInfo("America/Chicago")
STALL: dict[str, Any] = {
    "to_go": 1017,
    "since": "2026-11-22T18:10:00.000Z",
    "reward": money(250),
    "pot": money(5000),
    "pot_until": "2026-11-23T01:04:00.000Z",
    "sells_out_in_seconds": 7200,
}


def stalled(crowd: dict[str, int] | None = None, **stall: Any) -> dict[str, Any]:
    """A snapshot in which the deal holds up the show."""
    return SNAPSHOT | {"stall": STALL | stall, "crowd": SNAPSHOT["crowd"] | {"team": 0} | (crowd or {})}


def view(crowd: dict[str, int] | None = None, **stall: Any) -> StallView:
    return stall_view(stalled(crowd, **stall), event="Woot-Off", zone=CHICAGO)


def test_the_tape_says_what_holds_up_the_show_how_many_are_to_go_and_what_help_brings() -> None:
    assert view() == StallView(
        "The Crumb Baron is holding up the Woot-Off.",
        "1,017 to go. Help sell it out.",
        "At this pace it takes another 2 hours. 30% is sold. 12 helpers brought 40 of it. "
        "Each one that your link sells earns you $2.50, as a coupon.",
        "The pot: $50.00 for everybody whose link sells, if the last one is gone by Sunday, 7:04 PM CST.",
    )


def test_nothing_is_said_while_nothing_holds_it_up() -> None:
    assert stall_view(SNAPSHOT, event="Woot-Off", zone=CHICAGO) == StallView()
    assert stall_view(stalled() | {"deal": None, "stock": None}, event="x", zone=CHICAGO) == StallView()


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (None, "Nothing is selling right now."),
        (1, "At this pace it takes another 1 minute."),
        (61, "At this pace it takes another 2 minutes."),
        (89 * 60, "At this pace it takes another 89 minutes."),
        (90 * 60, "At this pace it takes another 2 hours."),
        (47 * 3600, "At this pace it takes another 47 hours."),
        (60 * 3600, "At this pace it takes another 3 days."),
    ],
)
def test_how_long_it_takes_is_said_in_the_unit_that_fits(seconds: int | None, words: str) -> None:
    assert view(sells_out_in_seconds=seconds).stall_words.startswith(words)


def test_what_there_is_none_of_is_not_mentioned() -> None:
    bare = view({"helpers": 0, "helped_units": 0}, reward=None, pot=None, pot_until=None)
    assert bare.stall_words == "At this pace it takes another 2 hours. 30% is sold."
    assert bare.pot == ""
    untouched = stalled(sells_out_in_seconds=None, reward=None) | {
        "stock": {"left_percent": 100, "left": None}
    }
    words = stall_view(untouched | {"crowd": None}, event="Woot-Off", zone=CHICAGO).stall_words
    assert words == "Nothing is selling right now."


def test_who_took_one_for_the_team_is_counted() -> None:
    assert "7 took one for the team." in view({"team": 7}).stall_words
    assert "1 helper brought 3 of it." in view({"helpers": 1, "helped_units": 3}).stall_words


def test_a_pot_whose_deadline_is_put_off_names_no_hour() -> None:
    assert view(pot_until=None).pot.endswith("if the last one is gone in time.")


def test_a_stall_that_was_cleared_is_told_with_the_sum_of_the_help() -> None:
    cleared = {"deal_id": 36, "title": "The Admiral", "helpers": 12, "helped_units": 40}
    assert cleared_words({"cleared": cleared}) == "The Admiral is gone at last: 12 helpers sold 40 of it."
    nobody = cleared | {"helpers": 0, "helped_units": 0}
    assert cleared_words({"cleared": nobody}) == "The Admiral is gone at last."
    assert cleared_words({"cleared": None}) == cleared_words({}) == ""
