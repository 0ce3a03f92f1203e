"""Curves by a deal's age, and the median of others."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.sales.curve import MOST_BUCKETS, PastDeal, bucket_for, draw, median_sell_through, median_velocity


@pytest.mark.parametrize(
    ("age", "size"),
    [(0, 10), (600, 10), (601, 60), (3600, 60), (3601, 300), (90_000, 1800), (6_000_000, 172_800)],
)
def test_buckets_are_fine_while_a_deal_is_young(age: float, size: int) -> None:
    assert bucket_for(age) == size


@given(st.floats(min_value=0, max_value=10**9))
def test_there_are_never_many_buckets(age: float) -> None:
    assert age / bucket_for(age) <= MOST_BUCKETS


def test_a_curve_goes_from_the_opening_to_the_present() -> None:
    curve = draw({0: 6, 1: 3, 2: 1}, lately=2, age=25, quantity=20, past=[])
    assert (curve.bucket_seconds, curve.ages) == (10, (0, 10, 20, 25))
    assert curve.velocity == (None, 36.0, 18.0, 12.0), "the last is of the ten seconds before now"
    assert curve.sell_through == (0.0, 30.0, 45.0, 50.0)
    assert curve.median_velocity == (None, None, None, None)
    assert curve.median_sell_through == (None, None, None, None)


def test_a_whole_last_bucket_is_not_drawn_twice() -> None:
    curve = draw({0: 6, 1: 4}, lately=4, age=20, quantity=10, past=[])
    assert (curve.ages, curve.velocity) == ((0, 10, 20), (None, 36.0, 24.0))
    assert curve.sell_through == (0.0, 60.0, 100.0)


def test_a_deal_that_has_only_just_opened_has_one_point() -> None:
    curve = draw({}, lately=0, age=0, quantity=10, past=[])
    assert (curve.ages, curve.velocity, curve.sell_through) == ((0,), (None,), (0.0,))


def test_a_deal_with_no_order_lies_flat() -> None:
    curve = draw({}, lately=0, age=30, quantity=10, past=[])
    assert curve.velocity == (None, 0.0, 0.0, 0.0)
    assert set(curve.sell_through) == {0.0}


def test_a_sale_before_the_opening_or_after_now_is_put_to_the_nearest_bucket() -> None:
    curve = draw({-3: 1, 0: 1, 99: 2}, lately=2, age=25, quantity=10, past=[])
    assert curve.sell_through == (0.0, 20.0, 20.0, 40.0), "nothing is lost to a clock that is wrong"


def test_a_pause_is_a_time_in_which_nothing_sells() -> None:
    curve = draw({0: 6, 3: 6}, lately=6, age=40, quantity=12, past=[])
    assert curve.velocity == (None, 36.0, 0.0, 0.0, 36.0)


def test_the_median_velocity_is_of_those_that_could_still_be_bought() -> None:
    quick = PastDeal((60,), seconds=10, quantity=60)
    steady = PastDeal((6, 5, 4), seconds=30, quantity=60)
    slow = PastDeal((1, 1, 1, 1), seconds=60, quantity=60)
    others = [quick, steady, slow]
    assert median_velocity(others, 0, 10) == 36.0
    assert median_velocity(others, 1, 10) is None, "two are too few"
    assert median_velocity([*others, slow, slow], 1, 10) == 6.0
    assert median_velocity([*others, slow, slow], 5, 10) == 0.0, "on offer, and nothing sold"
    assert median_velocity([*others, slow, slow], 6, 10) is None


def test_a_deal_that_went_within_a_bucket_counts_with_its_part_of_it() -> None:
    gone_in_eight = [PastDeal((8,), seconds=8, quantity=8)] * 3
    gone_at_once = [PastDeal((8,), seconds=1, quantity=8)] * 3
    assert median_velocity(gone_in_eight, 0, 10) == 60.0
    assert median_velocity(gone_at_once, 0, 10) == 96.0, "half a bucket at least"


def test_the_median_sell_through_keeps_those_that_are_gone() -> None:
    others = [
        PastDeal((10,), seconds=10, quantity=10),
        PastDeal((2, 2, 2), seconds=60, quantity=10),
        PastDeal((), seconds=60, quantity=10),
    ]
    assert [median_sell_through(others, buckets) for buckets in (0, 1, 1.5, 3, 50)] == [0, 20, 30, 60, 60]
    assert median_sell_through(others[:2], 1) is None


@given(st.lists(st.lists(st.integers(0, 5), max_size=8), min_size=3, max_size=6))
def test_the_median_sell_through_never_falls(units: list[list[int]]) -> None:
    past = [PastDeal(tuple(some), seconds=80, quantity=50) for some in units]
    medians = [median_sell_through(past, tenth / 10) or 0 for tenth in range(100)]
    assert medians == sorted(medians)
