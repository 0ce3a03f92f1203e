"""What the show should do next."""

from datetime import UTC, datetime, timedelta

import pytest

from app.inventory.rotation import (
    Close,
    Decision,
    Keep,
    Mode,
    OnStage,
    Open,
    Phase,
    Show,
    decide,
    ends_at,
    phase,
)

NOW = datetime(2026, 11, 22, 18, 0, tzinfo=UTC)
SOON, PAST = NOW + timedelta(seconds=1), NOW - timedelta(seconds=1)
DAILY, WOOT_OFF = Show("daily", True, False), Show("woot-off", True, False)
PAUSED, PAUSED_DAILY = Show("woot-off", True, True), Show("daily", True, True)
NOT_STARTED = Show("woot-off", False, False)


@pytest.mark.parametrize(
    ("show", "live", "waiting", "decision"),
    [
        (NOT_STARTED, None, 1, Keep()),
        (PAUSED, None, 1, Keep()),
        (PAUSED, OnStage(7, 0, PAST), 8, Keep()),
        (PAUSED_DAILY, OnStage(7, 0, PAST), 8, Keep()),
        (WOOT_OFF, None, None, Keep()),
        (WOOT_OFF, None, 8, Open(8)),
        (DAILY, None, 8, Open(8)),
        (WOOT_OFF, OnStage(7, 1, None), 8, Keep()),
        (WOOT_OFF, OnStage(7, 0, None), 8, Close(7, "sold-out")),
        (WOOT_OFF, OnStage(7, 0, None), None, Close(7, "sold-out")),
        (WOOT_OFF, OnStage(7, 1, SOON), 8, Keep()),
        (WOOT_OFF, OnStage(7, 1, NOW), 8, Close(7, "time-up")),
        (WOOT_OFF, OnStage(7, 0, PAST), 8, Close(7, "sold-out")),
        (DAILY, OnStage(7, 1, SOON), 8, Keep()),
        (DAILY, OnStage(7, 0, SOON), 8, Keep()),
        (DAILY, OnStage(7, 1, NOW), 8, Close(7, "time-up")),
        (DAILY, OnStage(7, 0, PAST), 8, Close(7, "sold-out")),
        (DAILY, OnStage(7, 0, PAST), None, Close(7, "sold-out")),
    ],
)
def test_the_next_step_follows_from_how_things_stand(
    show: Show, live: OnStage | None, waiting: int | None, decision: Decision
) -> None:
    assert decide(NOW, show, live, waiting) == decision


@pytest.mark.parametrize(
    ("show", "live", "told"),
    [
        (NOT_STARTED, None, "closed"),
        (NOT_STARTED, OnStage(7, 1, None), "closed"),
        (WOOT_OFF, None, "closed"),
        (PAUSED, OnStage(7, 1, None), "paused"),
        (PAUSED, OnStage(7, 0, None), "paused"),
        (DAILY, OnStage(7, 0, SOON), "sold-out"),
        (DAILY, OnStage(7, 1, SOON), "live"),
        (WOOT_OFF, OnStage(7, 1, None), "live"),
    ],
)
def test_the_public_is_told_one_of_four_phases(show: Show, live: OnStage | None, told: Phase) -> None:
    assert phase(show, live) == told


@pytest.mark.parametrize(
    ("mode", "max_minutes", "end"),
    [
        ("daily", None, SOON),
        ("daily", 30, SOON),
        ("woot-off", None, None),
        ("woot-off", 30, NOW + timedelta(minutes=30)),
    ],
)
def test_a_daily_deal_ends_at_midnight_and_another_when_its_longest_time_is_up(
    mode: Mode, max_minutes: int | None, end: datetime | None
) -> None:
    assert ends_at(mode, NOW, max_minutes, SOON) == end
