"""When a deal holds up the show, and what follows from it by the clock alone."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from app.inventory.rotation import Decision, Keep, OnStage, Raise, Show, Stall, decide
from app.inventory.stall import StallCase, allowed_time, holds_up, look_back, pot_time, raised_reward
from app.inventory.stall_clock import StallClock, clock_after

NOW = datetime(2026, 11, 22, 18, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
LONG_AGO = NOW - timedelta(days=2)
WOOT_OFF, DAILY = Show("woot-off", True, False), Show("daily", True, False)
PAUSED = replace(WOOT_OFF, paused=True)


def minutes(most: int) -> st.SearchStrategy[timedelta]:
    return st.integers(0, most).map(lambda number: number * MINUTE)


moments = minutes(4000).map(lambda ago: NOW - ago) | minutes(4000).map(lambda later: NOW + later)
steps = st.lists(
    st.fixed_dictionaries({"after_minutes": st.integers(0, 4000), "reward": st.integers(0, 9000)}), max_size=5
)
cases = st.builds(
    StallCase,
    allowed=st.none().map(allowed_time) | st.integers(1, 3000).map(allowed_time),
    selling_since=st.none() | moments,
    left=st.integers(0, 1000),
    lately=st.integers(0, 1000),
    stalled_since=st.none() | moments,
    pot_until=st.none() | moments,
    reward=st.integers(0, 9000),
    steps=steps,
)


def slow(left: int, lately: int, *, allowed: int = 30, stalled: bool = False) -> StallCase:
    """A deal that was on stage for long enough."""
    since = NOW - 10 * MINUTE if stalled else None
    return StallCase(allowed * MINUTE, LONG_AGO, left, lately, since)


@pytest.mark.parametrize(
    ("left", "lately", "begins"),
    [(60, 0, True), (60, 59, True), (60, 60, False), (1, 0, True), (1, 1, False), (0, 0, False)],
)
def test_it_holds_up_the_show_where_what_is_left_would_take_longer_than_the_time_it_is_allowed(
    left: int, lately: int, begins: bool
) -> None:
    assert holds_up(slow(left, lately), NOW) is begins


@pytest.mark.parametrize(
    ("left", "lately", "stays"),
    [(40, 0, True), (40, 159, True), (40, 160, False), (1, 3, True), (0, 0, False)],
)
def test_it_goes_on_until_it_clearly_moves(left: int, lately: int, stays: bool) -> None:
    assert holds_up(slow(left, lately, stalled=True), NOW) is stays


def test_a_long_time_that_is_allowed_is_judged_by_the_last_half_hour() -> None:
    assert holds_up(slow(left=60, lately=14, allowed=120), NOW)  # 56 in two hours
    assert not holds_up(slow(left=60, lately=15, allowed=120), NOW)


def test_a_deal_has_its_time_first() -> None:
    case = slow(60, 0)
    for since, holds in ((NOW - 30 * MINUTE, True), (NOW - 30 * MINUTE + MINUTE, False), (None, False)):
        assert holds_up(replace(case, selling_since=since), NOW) is holds


def test_it_stays_marked_as_long_as_its_pot_can_be_won() -> None:
    moving = replace(slow(1, 1000, stalled=True), pot_until=NOW + MINUTE)
    assert holds_up(moving, NOW)
    assert not holds_up(moving, NOW + MINUTE)


@given(cases)
def test_what_the_rule_says_does_not_change_by_having_been_done(case: StallCase) -> None:
    """Else two looks at the same moment would mark and clear a deal in turn, for ever."""
    case = replace(case, pot_until=None)
    marked = replace(case, stalled_since=NOW if holds_up(case, NOW) else None)
    if case.stalled_since is None:
        assert holds_up(marked, NOW) is holds_up(case, NOW)
    elif not holds_up(case, NOW):
        assert not holds_up(replace(case, stalled_since=None), NOW)


@given(cases, st.integers(1, 1000))
def test_more_sales_never_make_a_stall_and_more_units_never_end_one(case: StallCase, more: int) -> None:
    if not holds_up(case, NOW):
        assert not holds_up(replace(case, lately=case.lately + more), NOW)
    elif case.left:
        assert holds_up(replace(case, left=case.left + more), NOW)


@given(cases, st.sampled_from([WOOT_OFF, DAILY]), st.booleans())
def test_the_show_comes_to_rest_whatever_the_state_it_finds(
    case: StallCase, show: Show, has_pot: bool
) -> None:
    """As advance does it: each decision is done, and the next is taken from what that left, at the same moment."""
    done: list[Decision] = []
    while not isinstance(
        decision := decide(NOW, show, OnStage(7, case.left, None, None, True, case), None), Keep
    ):
        done.append(decision)
        assert len(done) <= 3, done
        match decision:
            case Stall(_, True):
                pot = NOW + pot_time(None) if has_pot and case.pot_until is None else case.pot_until
                case = replace(case, stalled_since=NOW, pot_until=pot)
            case Stall(_, False):
                case = replace(case, stalled_since=None)
            case Raise(_, reward):
                assert reward > case.reward
                case = replace(case, reward=reward)
            case _:
                return  # it is over, or everyone is told


@given(cases)
def test_a_reward_only_rises_and_only_to_a_step_whose_time_has_come(case: StallCase) -> None:
    raised = raised_reward(case, NOW)
    if raised is not None:
        assert case.stalled_since is not None
        assert raised > case.reward
        assert any(
            step["reward"] == raised and case.stalled_since + step["after_minutes"] * MINUTE <= NOW
            for step in case.steps
        )


def test_steps_are_due_by_the_minute() -> None:
    ladder = [{"after_minutes": 5, "reward": 300}, {"after_minutes": 10, "reward": 500}]
    case = replace(slow(60, 0, stalled=True), stalled_since=NOW, reward=200, steps=ladder)
    rises = {after: raised_reward(case, NOW + after * MINUTE) for after in (0, 4, 5, 9, 10, 500)}
    assert rises == {0: None, 4: None, 5: 300, 9: 300, 10: 500, 500: 500}
    assert raised_reward(replace(case, reward=500), NOW + 10 * MINUTE) is None


def test_the_times_have_defaults() -> None:
    assert (allowed_time(None), allowed_time(5)) == (30 * MINUTE, 5 * MINUTE)
    assert (look_back(5 * MINUTE), look_back(500 * MINUTE)) == (5 * MINUTE, 30 * MINUTE)
    assert (pot_time(None), pot_time(5)) == (60 * MINUTE, 5 * MINUTE)


@given(minutes(3000), minutes(3000), minutes(3000))
def test_a_pause_puts_off_the_pot_by_exactly_as_long_as_it_lasted(
    before: timedelta, pause: timedelta, pot: timedelta
) -> None:
    stalled = StallClock(LONG_AGO, None, NOW, NOW + pot)
    paused = clock_after(stalled, WOOT_OFF, PAUSED, NOW + before)
    resumed = clock_after(paused, PAUSED, WOOT_OFF, NOW + before + pause)
    assert resumed == StallClock(NOW + before + pause, None, NOW + pause, NOW + pot + pause)


def test_a_clock_that_goes_back_during_a_pause_takes_nothing_away() -> None:
    stalled = StallClock(LONG_AGO, None, LONG_AGO, NOW + MINUTE)
    paused = clock_after(stalled, WOOT_OFF, PAUSED, NOW)
    assert clock_after(paused, PAUSED, WOOT_OFF, NOW - 5 * MINUTE).pot_until == NOW + MINUTE


def test_another_mode_begins_the_time_anew_and_leaves_the_pot() -> None:
    clock = StallClock(LONG_AGO, None, LONG_AGO, NOW + MINUTE)
    assert clock_after(clock, DAILY, WOOT_OFF, NOW) == replace(clock, selling_since=NOW)
    stopping = replace(WOOT_OFF, stopping=True)
    assert clock_after(clock, stopping, WOOT_OFF, NOW) == clock
    assert clock_after(clock, PAUSED, replace(PAUSED, mode="daily"), NOW) == clock
