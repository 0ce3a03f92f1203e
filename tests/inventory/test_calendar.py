"""When the shop's day ends."""

import csv
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from app.inventory.calendar import next_midnight

MIDNIGHTS = Path(__file__).parents[2] / ".." / "shared" / "data" / "chicago_midnights.csv"
ZONES = sorted(available_timezones() - {"localtime", "posixrules"})
INSTANT = timedelta(microseconds=1)
FROM, TO = datetime(1990, 1, 1), datetime(2040, 1, 1)  # noqa: DTZ001 - hypothesis wants them without a zone

moments = some.datetimes(FROM, TO, timezones=some.just(UTC))


def midnight_after(local: str, zone: str) -> datetime:
    place = ZoneInfo(zone)
    return next_midnight(datetime.fromisoformat(local).replace(tzinfo=place), place)


def midnights(begin: datetime, days: int, zone: ZoneInfo) -> list[datetime]:
    """So many midnights after `begin`, one after the other."""
    found = [next_midnight(begin, zone)]
    while len(found) < days:
        found.append(next_midnight(found[-1], zone))
    return found


@pytest.mark.parametrize(
    ("zone", "local", "midnight_utc"),
    [
        ("America/Chicago", "2026-03-07T12:00", "2026-03-08T06:00"),
        ("America/Chicago", "2026-03-08T12:00", "2026-03-09T05:00"),
        ("America/Chicago", "2026-11-01T12:00", "2026-11-02T06:00"),
        ("America/Santiago", "2026-09-05T12:00", "2026-09-06T04:00"),  # 24:00 is 01:00
        ("America/Santiago", "2026-09-06T12:00", "2026-09-07T03:00"),
        ("America/Santiago", "2026-04-04T12:00", "2026-04-05T04:00"),  # 24:00 is 23:00
        ("Africa/Cairo", "2026-04-23T12:00", "2026-04-23T22:00"),  # 24:00 is 01:00
        ("Africa/Cairo", "2026-04-24T12:00", "2026-04-24T21:00"),
        ("Africa/Cairo", "2026-10-29T12:00", "2026-10-29T22:00"),  # 24:00 is 23:00
        ("Asia/Beirut", "2026-03-28T12:00", "2026-03-28T22:00"),  # 24:00 is 01:00
        ("Asia/Beirut", "2026-10-24T12:00", "2026-10-24T22:00"),  # 24:00 is 23:00
        ("America/Havana", "2026-10-31T12:00", "2026-11-01T04:00"),  # the first of two
        ("America/Havana", "2026-11-01T12:00", "2026-11-02T05:00"),
        ("Australia/Lord_Howe", "2026-04-04T12:00", "2026-04-04T13:00"),
        ("Australia/Lord_Howe", "2026-04-05T12:00", "2026-04-05T13:30"),
        ("Europe/Dublin", "2026-10-25T12:00", "2026-10-26T00:00"),  # where winter is what is saved
        ("Pacific/Apia", "2011-12-29T12:00", "2011-12-30T10:00"),  # which was the 31st
        ("Pacific/Apia", "2011-12-31T12:00", "2011-12-31T10:00"),
        ("UTC", "2026-12-31T23:59:59", "2027-01-01T00:00"),
    ],
)
def test_the_day_ends_at_the_first_moment_of_the_next(zone: str, local: str, midnight_utc: str) -> None:
    midnight = midnight_after(local, zone)
    assert midnight == datetime.fromisoformat(midnight_utc).replace(tzinfo=UTC)
    assert midnight.tzinfo is UTC


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("America/Chicago", "2026-03-08", 23),
        ("America/Chicago", "2026-11-01", 25),
        ("America/Chicago", "2026-06-01", 24),
        ("America/Santiago", "2026-09-06", 23),
        ("America/Santiago", "2026-04-04", 25),
        ("Africa/Cairo", "2026-04-24", 23),
        ("America/Havana", "2026-11-01", 25),
        ("Australia/Lord_Howe", "2026-04-05", 24.5),
        ("Australia/Lord_Howe", "2026-10-04", 23.5),
        ("Africa/Casablanca", "2026-02-15", 25),  # the clocks go back for Ramadan
        ("Europe/Dublin", "2026-03-29", 23),
    ],
)
def test_a_day_is_as_long_as_its_clocks_make_it(zone: str, day: str, hours: float) -> None:
    begin = midnight_after(f"{datetime.fromisoformat(day) - timedelta(days=1):%Y-%m-%d}T12:00", zone)
    assert next_midnight(begin, ZoneInfo(zone)) - begin == timedelta(hours=hours)


def test_the_second_midnight_of_a_day_does_not_end_it() -> None:
    havana = ZoneInfo("America/Havana")
    second = datetime(2026, 11, 1, 5, 0, tzinfo=UTC)
    assert second.astimezone(havana).hour == 0
    assert next_midnight(second, havana) == datetime(2026, 11, 2, 5, 0, tzinfo=UTC)


def test_where_the_clocks_go_back_over_midnight_the_day_that_began_goes_on() -> None:
    """In Newfoundland it was 00:01, and then 23:01 of the day before again."""
    place = ZoneInfo("America/St_Johns")
    first, again = datetime(2006, 10, 29, 2, 30, tzinfo=UTC), datetime(2006, 10, 29, 3, 0, tzinfo=UTC)
    assert next_midnight(first - timedelta(minutes=1), place) == first
    assert again.astimezone(place).date() == date(2006, 10, 28)
    assert next_midnight(again, place) == datetime(2006, 10, 30, 3, 30, tzinfo=UTC)


def test_a_date_that_is_left_out_never_begins() -> None:
    apia = ZoneInfo("Pacific/Apia")
    begins = midnights(datetime(2011, 12, 28, 12, tzinfo=UTC), 4, apia)
    assert [begin.astimezone(apia).day for begin in begins] == [29, 31, 1, 2]


@given(now=moments, zone=some.sampled_from(ZONES))
@settings(max_examples=600, deadline=None)
def test_the_next_midnight_is_later_and_the_first_moment_of_a_later_date(now: datetime, zone: str) -> None:
    place = ZoneInfo(zone)
    midnight = next_midnight(now, place)
    before = (midnight - INSTANT).astimezone(place).date()
    assert now < midnight <= now + timedelta(hours=26)
    assert midnight.astimezone(place).date() > before
    for moment in (now, now + (midnight - now) / 2, midnight - INSTANT):
        assert next_midnight(moment, place) == midnight, "nothing ends before it"
        assert moment.astimezone(place).date() < midnight.astimezone(place).date()


@given(
    year=some.integers(FROM.year, TO.year - 1),
    month=some.integers(1, 12),
    zone=some.sampled_from(ZONES),
)
@settings(max_examples=60, deadline=None)
def test_each_local_date_of_a_year_begins_exactly_once(year: int, month: int, zone: str) -> None:
    place = ZoneInfo(zone)
    begins = midnights(datetime(year, month, 15, 12, tzinfo=UTC), 366, place)
    dates = [begin.astimezone(place).date() for begin in begins]
    assert len(set(dates)) == len(dates)
    lengths = [later - earlier for earlier, later in pairwise(begins)]
    assert sum(lengths, timedelta()) == begins[-1] - begins[0]
    assert all(timedelta(hours=20) <= length <= timedelta(hours=28) for length in lengths)
    left_out = [day for day, after in pairwise(dates) if after - day != timedelta(days=1)]
    for day in left_out:  # the date line moved: no clock of the place ever showed the date between
        noon = datetime(day.year, day.month, day.day, 12, tzinfo=UTC) + timedelta(days=1)
        shown = {(noon + timedelta(hours=hour)).astimezone(place).date() for hour in range(-36, 37)}
        assert day + timedelta(days=1) not in shown


@pytest.mark.skipif(not MIDNIGHTS.is_file(), reason="the list of Chicago's midnights is not on this machine")
def test_every_midnight_of_chicago_is_right() -> None:
    chicago = ZoneInfo("America/Chicago")
    with MIDNIGHTS.open(newline="") as file:
        days = [(datetime.fromisoformat(row["midnight_utc"]), row) for row in csv.DictReader(file)]
    assert len(days) > 2500
    for (begin, row), (end, _) in pairwise(days):
        assert begin.astimezone(chicago).date().isoformat() == row["day"]
        assert end - begin == timedelta(hours=int(row["hours"]))
        for moment in (begin, begin + timedelta(hours=12), end - INSTANT):
            assert next_midnight(moment, chicago) == end
