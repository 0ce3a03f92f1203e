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
    Retime,
    Show,
    Stop,
    Tell,
    decide,
    phase,
    set_to,
)

NOW = datetime(2026, 11, 22, 18, 0, tzinfo=UTC)
SOON, PAST = NOW + timedelta(seconds=1), NOW - timedelta(seconds=1)
DAILY, WOOT_OFF = Show("daily", True, False), Show("woot-off", True, False)
PAUSED, PAUSED_DAILY = Show("woot-off", True, True), Show("daily", True, True)
NOT_STARTED = Show("woot-off", False, False)
STOPPING, STOPPING_DAILY = Show("woot-off", True, False, True), Show("daily", True, False, True)
STOPPING_PAUSED = Show("woot-off", True, True, True)


def stage(left: int, ends_at: datetime | None, *, told: bool = False) -> OnStage:
    """Deal 7, whose end is right."""
    return OnStage(7, left, ends_at, ends_at, told)


@pytest.mark.parametrize(
    ("show", "live", "waiting", "decision"),
    [
        (NOT_STARTED, None, 1, Keep()),
        (PAUSED, None, 1, Keep()),
        (PAUSED, stage(0, PAST), 8, Keep()),
        (PAUSED_DAILY, stage(0, PAST), 8, Keep()),
        (PAUSED_DAILY, OnStage(7, 1, PAST, SOON), 8, Keep()),
        (WOOT_OFF, None, None, Keep()),
        (WOOT_OFF, None, 8, Open(8)),
        (DAILY, None, 8, Open(8)),
        (WOOT_OFF, stage(1, None), 8, Keep()),
        (WOOT_OFF, stage(0, None), 8, Close(7, "sold-out")),
        (WOOT_OFF, stage(0, None), None, Close(7, "sold-out")),
        (WOOT_OFF, stage(1, SOON), 8, Keep()),
        (WOOT_OFF, stage(1, NOW), 8, Close(7, "time-up")),
        (WOOT_OFF, stage(0, PAST), 8, Close(7, "sold-out")),
        (DAILY, stage(1, SOON), 8, Keep()),
        (DAILY, stage(1, NOW), 8, Close(7, "time-up")),
        (DAILY, stage(0, PAST), 8, Close(7, "sold-out")),
        (DAILY, stage(0, PAST), None, Close(7, "sold-out")),
        # what everyone was told of a daily deal that is sold out
        (DAILY, stage(0, SOON), 8, Tell(7, True)),
        (DAILY, stage(0, SOON, told=True), 8, Keep()),
        (DAILY, stage(2, SOON, told=True), 8, Tell(7, False)),
        (WOOT_OFF, stage(2, SOON, told=True), 8, Keep()),
        # an end that is wrong; what is due comes first
        (DAILY, OnStage(7, 1, SOON, NOW), 8, Retime(7, NOW)),
        (DAILY, OnStage(7, 1, None, SOON), 8, Retime(7, SOON)),
        (WOOT_OFF, OnStage(7, 1, SOON, None), 8, Retime(7, None)),
        (DAILY, OnStage(7, 1, PAST, SOON), 8, Close(7, "time-up")),
        # a stop that waits for the live deal
        (STOPPING, stage(1, None), 8, Keep()),
        (STOPPING, stage(0, None), 8, Close(7, "sold-out")),
        (STOPPING, None, 8, Stop()),
        (STOPPING, None, None, Stop()),
        (STOPPING_DAILY, stage(1, SOON), 8, Keep()),
        (STOPPING_DAILY, stage(1, NOW), 8, Close(7, "time-up")),
        (STOPPING_PAUSED, None, 8, Keep()),
    ],
)
def test_the_next_step_follows_from_how_things_stand(
    show: Show, live: OnStage | None, waiting: int | None, decision: Decision
) -> None:
    assert decide(NOW, show, live, waiting) == decision


@pytest.mark.parametrize(
    ("show", "left", "told"),
    [
        (NOT_STARTED, None, "closed"),
        (NOT_STARTED, 1, "closed"),
        (WOOT_OFF, None, "closed"),
        (PAUSED, None, "paused"),
        (PAUSED, 1, "paused"),
        (PAUSED, 0, "paused"),
        (DAILY, 0, "sold-out"),
        (DAILY, 1, "live"),
        (WOOT_OFF, 1, "live"),
    ],
)
def test_the_public_is_told_one_of_four_phases(show: Show, left: int | None, told: Phase) -> None:
    assert phase(show, left) == told


@pytest.mark.parametrize(
    ("before", "mode", "paused", "after"),
    [
        (NOT_STARTED, "woot-off", False, WOOT_OFF),
        (NOT_STARTED, "daily", True, PAUSED_DAILY),
        (WOOT_OFF, "woot-off", True, PAUSED),
        (PAUSED, "woot-off", False, WOOT_OFF),
        (WOOT_OFF, "woot-off", False, WOOT_OFF),
        (WOOT_OFF, "daily", False, DAILY),
        (STOPPING, "woot-off", True, STOPPING_PAUSED),
        (STOPPING_PAUSED, "woot-off", False, STOPPING),
        (STOPPING, "woot-off", False, WOOT_OFF),
        (STOPPING, "daily", False, DAILY),
        (STOPPING_PAUSED, "woot-off", True, PAUSED),
    ],
)
def test_a_pause_leaves_a_stop_that_waits_and_all_else_takes_it_back(
    before: Show, mode: Mode, paused: bool, after: Show
) -> None:
    assert set_to(before, mode, paused) == after
