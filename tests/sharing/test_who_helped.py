"""What everybody is told of who helped, and from when on."""

from datetime import UTC, datetime, timedelta

import pytest

from app.sharing.who_helped import FIGURES_AFTER, MOST_NAMED, HelperSold, NamedHelper, who_helped

OVER = datetime(2026, 11, 22, 18, 0, tzinfo=UTC)
THREE = [HelperSold("Zoe", 9), HelperSold("", 5), HelperSold("ada", 1)]


@pytest.mark.parametrize(
    ("over_at", "now"),
    [(None, OVER), (OVER, OVER), (OVER, OVER + FIGURES_AFTER - timedelta(microseconds=1))],
    ids=["live", "just over", "a moment before"],
)
def test_the_sum_is_told_at_once_and_nobodys_part_before_a_quarter_of_an_hour_after_the_end(
    over_at: datetime | None, now: datetime
) -> None:
    told = who_helped(THREE, over_at, now)
    assert (told.helpers, told.units) == (3, 15)
    assert told.named == (NamedHelper("ada", None), NamedHelper("Zoe", None))
    assert told.figures_at == (over_at and OVER + FIGURES_AFTER)


def test_each_ones_part_is_told_then() -> None:
    told = who_helped(THREE, OVER, OVER + FIGURES_AFTER)
    assert told.named == (NamedHelper("ada", 1), NamedHelper("Zoe", 9))
    assert told.figures_at is None


def test_helpers_stand_in_the_order_of_their_names_however_much_they_sold() -> None:
    orders = [THREE, THREE[::-1], [HelperSold(one.name, 10 - one.units) for one in THREE]]
    for helpers in orders:
        assert [one.name for one in who_helped(helpers, None, OVER).named] == ["ada", "Zoe"]


def test_who_does_not_want_to_be_named_is_counted_and_no_more() -> None:
    told = who_helped(THREE, OVER, OVER + FIGURES_AFTER)
    assert told.others == 1
    assert "" not in [one.name for one in told.named]


def test_a_page_names_so_many_at_the_most() -> None:
    told = who_helped([HelperSold(f"Helper {n:04}", 1) for n in range(MOST_NAMED + 7)], OVER, OVER)
    assert (len(told.named), told.others, told.helpers) == (MOST_NAMED, 7, MOST_NAMED + 7)


def test_where_nobody_helped_nothing_is_told() -> None:
    told = who_helped([], OVER, OVER)
    assert (told.helpers, told.units, told.named, told.others) == (0, 0, (), 0)
