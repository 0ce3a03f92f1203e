"""A pot is split by units, to the cent."""

from fractions import Fraction
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from app.sharing.pot_split import part_that_stands, split_pot

POTS = st.integers(min_value=0, max_value=20_000_000)
SOLD = st.dictionaries(st.integers(1, 10**6), st.integers(0, 10_000), max_size=60)


@given(POTS, SOLD)
def test_no_cent_is_lost_and_none_is_made_and_each_is_within_a_cent_of_what_is_right(
    pot: int, sold: dict[int, int]
) -> None:
    shares = split_pot(pot, sold)
    total = sum(sold.values())
    assert set(shares) == {helper for helper, units in sold.items() if units}
    assert sum(shares.values()) == (pot if total else 0)
    for helper, share in shares.items():
        assert abs(Fraction(pot * sold[helper], total) - share) < 1


@given(POTS, SOLD)
def test_who_sold_more_never_gets_less(pot: int, sold: dict[int, int]) -> None:
    shares = split_pot(pot, sold)
    by_units = sorted(shares, key=lambda helper: sold[helper])
    for fewer, more in pairwise(by_units):
        assert shares[fewer] <= shares[more] or sold[fewer] == sold[more]


@given(POTS, SOLD, st.integers(0, 10_000), st.integers(1, 10_000))
def test_what_is_shared_of_a_pot_is_in_proportion_to_what_stands_and_never_more_than_the_pot(
    pot: int, sold: dict[int, int], stands: int, quantity: int
) -> None:
    part = part_that_stands(pot, stands, quantity)
    exact = Fraction(pot * min(stands, quantity), quantity)
    assert 0 <= exact - part < 1
    assert part <= pot
    assert sum(split_pot(part, sold).values()) == (part if sum(sold.values()) else 0)
    assert (part == pot) if stands >= quantity else (part_that_stands(pot, stands + 1, quantity) >= part)


def test_where_nothing_stands_there_is_nothing_to_share() -> None:
    assert part_that_stands(5000, 0, 40) == 0
    assert part_that_stands(5000, 39, 40) == 4875
    assert part_that_stands(100, 1, 3) == 33
    assert part_that_stands(100, 0, 0) == 0, "it was never on offer"


def test_the_largest_remainders_get_the_cents_that_are_left_over() -> None:
    assert split_pot(100, {1: 1, 2: 1, 3: 1}) == {1: 34, 2: 33, 3: 33}
    assert split_pot(1000, {1: 2, 2: 1, 3: 4}) == {1: 286, 2: 143, 3: 571}
    assert split_pot(1, {1: 1, 2: 5}) == {1: 0, 2: 1}
