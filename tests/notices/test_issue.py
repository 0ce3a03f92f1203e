"""An issue of the newsletter, before anybody gets it."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from app.notices import Begin, GoOn, Issue, NotNow, read_issue
from app.notices.issue import PastIssue, judge

CHICAGO = ZoneInfo("America/Chicago")


def test_a_file_is_a_heading_and_what_is_below_it() -> None:
    assert read_issue("\ufeff\n# Bread in May \r\n\r\nMore *crumpets*.\r\n\n- one\n") == Issue(
        "Bread in May", "More *crumpets*.\n\n- one"
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Bread in May\n\nMore.", "its first line"),
        ("# \n\nMore.", "one line of plain words"),
        ("# a =?utf-8?q?=0d=0aBcc=3a_eve=40evil.test?=\n\nMore.", "without =?"),
        ("# a\vBcc: eve@evil.test\n\nMore.", "one line of plain words"),
        ("# a\rBcc: eve@evil.test\n\nMore.", "one line of plain words"),
        (f"# {'a' * 121}\n\nMore.", "may have 120 characters, and has 121"),
        ("# Bread in May\n\n \n", "something to read"),
        ("# Bread in May\n\n\0", "nothing but text"),
        (f"# Bread in May\n\n{'a' * 50_001}", "may have 50,000 characters, and has 50,001"),
    ],
)
def test_what_is_wrong_with_a_file_is_named(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words.replace("?", r"\?")):
        read_issue(text)


def past(begun: datetime, ended: datetime | None, *, same: bool = False) -> PastIssue:
    return PastIssue(4, "Bread in May", same, begun, ended)


def test_the_first_issue_may_begin() -> None:
    assert judge([], datetime(2026, 5, 3, tzinfo=UTC), CHICAGO) == Begin()


@pytest.mark.parametrize(
    ("begun", "ended", "now", "verdict"),
    [
        # Months are the shop's: at 4:59 in UTC on June 1 it is still May in Chicago.
        ((5, 3, 12, 0), (5, 3, 12, 1), (6, 1, 4, 59), NotNow("this month's was sent: “Bread in May”")),
        ((5, 3, 12, 0), (5, 3, 12, 1), (6, 1, 5, 0), Begin()),
        # Its last copies went in June, and so it is June's as well.
        ((5, 31, 12, 0), (6, 2, 12, 0), (6, 9, 12, 0), NotNow("this month's was sent: “Bread in May”")),
        ((5, 31, 12, 0), (6, 2, 12, 0), (7, 1, 5, 0), Begin()),
    ],
)
def test_there_is_one_a_calendar_month_of_the_shops(
    begun: tuple[int, ...], ended: tuple[int, ...], now: tuple[int, ...], verdict: object
) -> None:
    one = past(at(begun), at(ended))
    assert judge([one], at(now), CHICAGO) == verdict


def test_the_same_month_of_another_year_is_another() -> None:
    assert (
        judge([past(at((5, 3, 12, 0)), at((5, 3, 12, 1)))], datetime(2027, 5, 3, tzinfo=UTC), CHICAGO)
        == Begin()
    )


def test_an_unfinished_one_is_gone_on_with_by_its_own_file_alone() -> None:
    begun, now = at((5, 31, 12, 0)), at((6, 9, 12, 0))
    assert judge([past(begun, None, same=True)], now, CHICAGO) == GoOn(4)
    assert judge([past(begun, None)], now, CHICAGO) == NotNow(
        "“Bread in May” is not finished: send that file first"
    )


def test_the_same_words_are_not_sent_in_another_month() -> None:
    one = past(at((5, 3, 12, 0)), at((5, 3, 12, 1)), same=True)
    assert judge([one], at((9, 9, 12, 0)), CHICAGO) == NotNow("this very issue was sent on 2026-05-03")


def at(when: tuple[int, ...]) -> datetime:
    month, day, hour, minute = when
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)
