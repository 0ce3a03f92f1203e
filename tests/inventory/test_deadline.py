"""When the live deal has to end by the clock."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as some

from app.inventory.calendar import next_midnight
from app.inventory.deadline import Deadline, changed, opening, right_end
from app.inventory.rotation import Show

CHICAGO, TOKYO = ZoneInfo("America/Chicago"), ZoneInfo("Asia/Tokyo")
NOW = datetime(2026, 11, 22, 18, 0, tzinfo=UTC)
MIDNIGHT = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
HALF_AN_HOUR = 30 * MINUTE
DAILY, WOOT_OFF = Show("daily", True, False), Show("woot-off", True, False)
PAUSED, PAUSED_DAILY = Show("woot-off", True, True), Show("daily", True, True)


@pytest.mark.parametrize(
    ("show", "longest", "deadline"),
    [
        (DAILY, None, Deadline(MIDNIGHT)),
        (DAILY, HALF_AN_HOUR, Deadline(MIDNIGHT, HALF_AN_HOUR)),
        (WOOT_OFF, None, Deadline()),
        (WOOT_OFF, HALF_AN_HOUR, Deadline(NOW + HALF_AN_HOUR)),
    ],
)
def test_a_daily_deal_ends_at_midnight_and_another_when_its_longest_time_is_up(
    show: Show, longest: timedelta | None, deadline: Deadline
) -> None:
    assert opening(show, longest, NOW, CHICAGO) == deadline


def test_a_pause_stops_a_deals_longest_time() -> None:
    opened = opening(WOOT_OFF, HALF_AN_HOUR, NOW, CHICAGO)
    paused = changed(WOOT_OFF, PAUSED, opened, HALF_AN_HOUR, NOW + 10 * MINUTE, CHICAGO)
    assert paused == Deadline(None, 20 * MINUTE)
    later = NOW + 5 * DAY
    assert changed(PAUSED, WOOT_OFF, paused, HALF_AN_HOUR, later, CHICAGO) == Deadline(later + 20 * MINUTE)


def test_a_longest_time_that_ran_out_a_moment_before_the_pause_is_over_when_the_show_goes_on() -> None:
    opened = opening(WOOT_OFF, HALF_AN_HOUR, NOW, CHICAGO)
    paused = changed(WOOT_OFF, PAUSED, opened, HALF_AN_HOUR, NOW + HOUR, CHICAGO)
    assert paused == Deadline(None, timedelta())
    assert changed(PAUSED, WOOT_OFF, paused, HALF_AN_HOUR, NOW + DAY, CHICAGO) == Deadline(NOW + DAY)


def test_midnight_does_not_move_with_a_pause() -> None:
    opened = opening(DAILY, None, NOW, CHICAGO)
    paused = changed(DAILY, PAUSED_DAILY, opened, None, NOW + HOUR, CHICAGO)
    assert paused == Deadline(MIDNIGHT)
    assert changed(PAUSED_DAILY, DAILY, paused, None, MIDNIGHT + HOUR, CHICAGO) == Deadline(MIDNIGHT)


def test_a_woot_offs_deal_that_becomes_the_daily_one_stays_until_midnight_and_its_longest_time_waits() -> (
    None
):
    opened = opening(WOOT_OFF, HALF_AN_HOUR, NOW, CHICAGO)
    daily = changed(WOOT_OFF, DAILY, opened, HALF_AN_HOUR, NOW + 10 * MINUTE, CHICAGO)
    assert daily == Deadline(MIDNIGHT, 20 * MINUTE)
    again = changed(DAILY, WOOT_OFF, daily, HALF_AN_HOUR, NOW + HOUR, CHICAGO)
    assert again == Deadline(NOW + HOUR + 20 * MINUTE)


def test_a_daily_deal_has_all_of_its_longest_time_when_a_woot_off_begins() -> None:
    opened = opening(DAILY, HALF_AN_HOUR, NOW, CHICAGO)
    assert changed(DAILY, WOOT_OFF, opened, HALF_AN_HOUR, NOW + 9 * HOUR, CHICAGO) == Deadline(
        NOW + 9 * HOUR + HALF_AN_HOUR
    )
    assert changed(DAILY, WOOT_OFF, opening(DAILY, None, NOW, CHICAGO), None, NOW, CHICAGO) == Deadline()


@pytest.mark.parametrize(
    ("ends_at", "zone", "right"),
    [
        (MIDNIGHT, CHICAGO, MIDNIGHT),
        (MIDNIGHT, TOKYO, datetime(2026, 11, 23, 15, 0, tzinfo=UTC)),  # the shop moved
        (MIDNIGHT + DAY, CHICAGO, MIDNIGHT + DAY),  # the clock went back over the midnight that opened it
        (MIDNIGHT + 2 * DAY, CHICAGO, MIDNIGHT),  # it was opened by a clock that was days ahead
        (MIDNIGHT - HOUR, CHICAGO, MIDNIGHT),
        (None, CHICAGO, MIDNIGHT),
    ],
)
def test_a_daily_deals_end_is_mended(ends_at: datetime | None, zone: ZoneInfo, right: datetime) -> None:
    assert right_end(DAILY, Deadline(ends_at), None, NOW, zone) == right


@pytest.mark.parametrize(
    ("deadline", "longest", "right"),
    [
        (Deadline(), None, None),
        (Deadline(MIDNIGHT), None, None),
        (Deadline(NOW + MINUTE), HALF_AN_HOUR, NOW + MINUTE),
        (Deadline(NOW + HALF_AN_HOUR + 30 * MINUTE / 60), HALF_AN_HOUR, NOW + HALF_AN_HOUR + MINUTE / 2),
        (Deadline(NOW + 3 * HOUR), HALF_AN_HOUR, NOW + HALF_AN_HOUR),  # the clock went back for hours
        (Deadline(None, MINUTE), HALF_AN_HOUR, NOW + MINUTE),
        (Deadline(), HALF_AN_HOUR, NOW + HALF_AN_HOUR),
    ],
)
def test_no_deal_of_a_woot_off_stays_for_longer_than_its_longest_time(
    deadline: Deadline, longest: timedelta | None, right: datetime | None
) -> None:
    assert right_end(WOOT_OFF, deadline, longest, NOW, CHICAGO) == right


@given(
    opened=some.datetimes(datetime(2000, 1, 1), datetime(2049, 1, 1), timezones=some.just(UTC)),  # noqa: DTZ001
    later=some.timedeltas(-3 * DAY, 3 * DAY),
    zone=some.sampled_from(["America/Chicago", "America/Santiago", "Africa/Cairo", "America/Havana", "UTC"]),
)
def test_whatever_the_clock_did_a_mended_end_is_right_and_one_of_the_next_two_midnights(
    opened: datetime, later: timedelta, zone: str
) -> None:
    place, now = ZoneInfo(zone), opened + later
    end = right_end(DAILY, opening(DAILY, None, opened, place), None, now, place)
    assert end is not None
    tonight = next_midnight(now, place)
    assert end in (tonight, next_midnight(tonight, place))
    assert right_end(DAILY, Deadline(end), None, now, place) == end, "mended once, it is right"


@given(
    played=some.lists(
        some.tuples(some.sampled_from([DAILY, WOOT_OFF, PAUSED]), some.timedeltas(0 * DAY, DAY))
    )
)
def test_a_deal_has_its_longest_time_in_the_woot_off_however_often_it_is_interrupted(
    played: list[tuple[Show, timedelta]],
) -> None:
    now, show, deadline, used = NOW, WOOT_OFF, opening(WOOT_OFF, HOUR, NOW, CHICAGO), timedelta()
    for after, lasted in played:
        now += lasted
        used += lasted if show == WOOT_OFF else timedelta()
        deadline = changed(show, after, deadline, HOUR, now, CHICAGO)
        show = after
    deadline = changed(show, PAUSED, deadline, HOUR, now, CHICAGO)
    assert deadline == Deadline(None, max(HOUR - used, timedelta()))
