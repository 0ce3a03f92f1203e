"""When a deal will be gone."""

import pytest

from app.sales.forecast import seconds_to_go, steady_pace

STEADY = [(float(ago), 1) for ago in range(600)]


def test_a_deal_that_sells_a_unit_a_second_sells_sixty_a_minute() -> None:
    assert steady_pace(STEADY, age=600) == pytest.approx(60, rel=0.02)
    assert steady_pace(STEADY[:30], age=30) == pytest.approx(60, rel=0.02), "also while it is young"


def test_a_lull_of_some_seconds_moves_the_pace_less_than_it_moves_the_last_minute() -> None:
    lull = [(ago, units) for ago, units in STEADY if ago >= 30]
    assert 40 < steady_pace(lull, age=600) < 50


def test_what_lies_back_counts_less_and_what_lies_far_back_not_at_all() -> None:
    now, then, long_ago = (
        steady_pace([(0, 9)], 900),
        steady_pace([(60, 9)], 900),
        steady_pace([(301, 9)], 900),
    )
    assert then == pytest.approx(now / 2)
    assert long_ago == 0


def test_a_sale_in_the_first_second_is_no_rush() -> None:
    assert steady_pace([(0.2, 1)], age=0.5) < 7


def test_a_sale_by_a_clock_that_is_ahead_counts_as_one_of_now() -> None:
    assert steady_pace([(-2, 5)], age=100) == steady_pace([(0, 5)], age=100)


def test_nothing_sold_is_no_forecast_and_nothing_left_needs_none() -> None:
    assert seconds_to_go(10, steady_pace([], age=100)) is None
    assert seconds_to_go(0, 0.0) == 0
    assert seconds_to_go(437, 23.0) == 1140
