"""Times as the desk writes them, on ordinary days and on those with 23 or 25 hours."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from app.admin.shop_time import (
    NotATimeError,
    TwiceError,
    day_words,
    is_second,
    local_text,
    moment_words,
    read_local,
    rough_words,
    span_words,
)

CHICAGO = ZoneInfo("America/Chicago")


def test_a_time_is_read_and_written_in_the_shops_zone() -> None:
    moment = datetime(2026, 11, 27, 12, 0, tzinfo=UTC)
    assert read_local("2026-11-27T06:00", CHICAGO) == moment
    assert local_text(moment, CHICAGO) == "2026-11-27T06:00"
    assert local_text(moment.replace(second=7), CHICAGO) == "2026-11-27T06:00:07"
    assert moment_words(moment, CHICAGO) == "Fri 27 Nov 2026, 06:00"
    assert day_words(moment, CHICAGO) == "27 Nov 2026"
    assert is_second(moment, CHICAGO) == ""


def test_a_time_that_the_clocks_leave_out_is_refused_with_the_one_that_is_meant() -> None:
    with pytest.raises(NotATimeError, match="02:30 does not happen; the same moment is 03:30"):
        read_local("2026-03-08T02:30", CHICAGO)


def test_a_time_that_comes_twice_has_to_be_told_apart() -> None:
    with pytest.raises(TwiceError, match=r"01:30 \(CDT\) and an hour later again \(CST\)"):
        read_local("2026-11-01T01:30", CHICAGO)
    first = read_local("2026-11-01T01:30", CHICAGO, "first")
    second = read_local("2026-11-01T01:30", CHICAGO, "second")
    assert (first.hour, second.hour) == (6, 7)
    assert (is_second(first, CHICAGO), is_second(second, CHICAGO)) == ("first", "second")


@pytest.mark.parametrize("text", ["", "soon", "2026-13-01T00:00", "2026-11-27T06:00Z", "0001-01-01T00:00"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(NotATimeError):
        read_local(text, CHICAGO)


def test_of_today_the_time_is_enough() -> None:
    now = datetime(2026, 11, 22, 18, 0, tzinfo=UTC)
    assert moment_words(datetime(2026, 11, 22, 10, 7, tzinfo=UTC), CHICAGO, now) == "04:07"
    assert moment_words(datetime(2026, 11, 24, 6, 0, tzinfo=UTC), CHICAGO, now) == "Tue 24 Nov 2026, 00:00"


def test_of_two_times_alike_it_is_said_which_one() -> None:
    first = datetime(2026, 11, 1, 6, 30, tzinfo=UTC)
    assert moment_words(first, CHICAGO, first) == "01:30 CDT"
    assert moment_words(first.replace(hour=7), CHICAGO) == "Sun 1 Nov 2026, 01:30 CST"


@pytest.mark.parametrize(
    ("seconds", "measured", "rough"),
    [
        (-3, "0 s", "0 s"),
        (0.84, "0.8 s", "1 s"),
        (44.6, "44.6 s", "45 s"),
        (59.97, "1 min", "1 min"),
        (90, "1 min 30 s", "2 min"),
        (1140, "19 min", "19 min"),
        (3599, "59 min 59 s", "1 h"),
        (11_100, "3 h 5 min", "3 h 5 min"),
        (97_200, "1 d 3 h", "1 d 3 h"),
    ],
)
def test_a_span_is_as_exact_as_people_say_it(seconds: float, measured: str, rough: str) -> None:
    assert (span_words(seconds), rough_words(seconds)) == (measured, rough)
