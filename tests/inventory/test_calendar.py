"""When the shop's day ends."""

import csv
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from app.inventory.calendar import next_midnight

MIDNIGHTS = Path(__file__).parents[2] / ".." / "shared" / "data" / "chicago_midnights.csv"


def midnight_after(local: str, zone: str) -> datetime:
    place = ZoneInfo(zone)
    return next_midnight(datetime.fromisoformat(local).replace(tzinfo=place), place)


@pytest.mark.parametrize(
    ("zone", "local", "midnight_utc"),
    [
        ("America/Chicago", "2026-03-07T12:00", "2026-03-08T06:00"),
        ("America/Chicago", "2026-03-08T12:00", "2026-03-09T05:00"),
        ("America/Chicago", "2026-11-01T12:00", "2026-11-02T06:00"),
        ("America/Santiago", "2026-09-05T12:00", "2026-09-06T04:00"),  # 24:00 is 01:00
        ("America/Santiago", "2026-09-06T12:00", "2026-09-07T03:00"),
        ("Africa/Cairo", "2026-04-23T12:00", "2026-04-23T22:00"),  # likewise
        ("Africa/Cairo", "2026-04-24T12:00", "2026-04-24T21:00"),
        ("America/Havana", "2026-10-31T12:00", "2026-11-01T04:00"),  # the first of two
        ("America/Havana", "2026-11-01T12:00", "2026-11-02T05:00"),
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
        ("Africa/Cairo", "2026-04-24", 23),
        ("America/Havana", "2026-11-01", 25),
    ],
)
def test_a_day_is_as_long_as_its_clocks_make_it(zone: str, day: str, hours: int) -> None:
    begin = midnight_after(f"{datetime.fromisoformat(day) - timedelta(days=1):%Y-%m-%d}T12:00", zone)
    assert next_midnight(begin, ZoneInfo(zone)) - begin == timedelta(hours=hours)


@pytest.mark.parametrize("zone", ["America/Chicago", "America/Santiago", "Africa/Cairo", "America/Havana"])
def test_the_next_midnight_is_never_now_and_always_begins_another_day(zone: str) -> None:
    place, moment = ZoneInfo(zone), datetime(2026, 1, 1, tzinfo=UTC)
    while moment.year == 2026:
        midnight = next_midnight(moment, place)
        day, before = midnight.astimezone(place).date(), (midnight - timedelta(seconds=1)).astimezone(place)
        assert moment < midnight <= moment + timedelta(hours=25)
        assert before.date() == day - timedelta(days=1) == moment.astimezone(place).date()
        moment += timedelta(minutes=30)


def test_the_second_midnight_of_a_day_does_not_end_it() -> None:
    havana = ZoneInfo("America/Havana")
    second = datetime(2026, 11, 1, 5, 0, tzinfo=UTC)
    assert second.astimezone(havana).hour == 0
    assert next_midnight(second, havana) == datetime(2026, 11, 2, 5, 0, tzinfo=UTC)


@pytest.mark.skipif(not MIDNIGHTS.is_file(), reason="the list of Chicago's midnights is not on this machine")
def test_every_midnight_of_chicago_is_right() -> None:
    chicago = ZoneInfo("America/Chicago")
    with MIDNIGHTS.open(newline="") as file:
        days = [(datetime.fromisoformat(row["midnight_utc"]), row) for row in csv.DictReader(file)]
    for (begin, row), (end, _) in pairwise(days):
        assert begin.astimezone(chicago).date().isoformat() == row["day"]
        for moment in (begin, begin + timedelta(hours=12), end - timedelta(microseconds=1)):
            assert next_midnight(moment, chicago) == end
