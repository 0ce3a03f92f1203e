"""Plots as the server draws them."""

import re

import pytest

from app.admin.plot import age_words, ages_of, bars_of, plot_bars, plot_parts


def test_without_sales_a_plot_is_an_empty_frame() -> None:
    assert bars_of([]) == []
    bars, parts = plot_bars([], "units"), plot_parts([("sold", [], 10)])
    assert (bars.series[0].area, bars.up.labels) == ("", ("0", "1"))
    assert (parts.series[0].line, parts.series[0].area) == ("M0 300", "")
    assert bars.along.labels == parts.along.labels == ("0", "1 min")


def test_a_short_curve_has_a_bar_a_minute_and_a_long_one_few_enough_to_look_at() -> None:
    assert [(bar.start, bar.end, bar.units, bar.sold) for bar in bars_of([5, 0, 2])] == [
        (0, 1, 5, 5),
        (1, 2, 0, 5),
        (2, 3, 2, 7),
    ]
    for minutes, wide in ((96, 1), (97, 2), (1440, 15), (44_640, 720)):
        bars = bars_of([1] * minutes)
        assert bars[0].end == wide
        assert len(bars) <= 96
        assert bars[-1].sold == minutes


def test_bars_reach_as_high_as_they_are_and_a_minute_without_sales_has_none() -> None:
    plot = plot_bars(bars_of([10, 0, 5]), "units")
    assert plot.up.labels == ("0", "5", "10")
    assert plot.series[0].area.count("M") == 2
    assert re.findall(r"V([\d.]+)H", plot.series[0].area) == ["0", "150"]


@pytest.mark.parametrize("most", [1, 3, 7, 19, 23, 99, 101, 4999, 1_000_000])
def test_an_axis_ends_above_the_highest_in_four_steps_at_most(most: int) -> None:
    plot = plot_bars(bars_of([most]), "units")
    assert most <= plot.up.end <= most * 2.5
    assert 2 <= len(plot.up.labels) <= 5


def test_parts_grow_to_what_was_sold_and_never_beyond_the_frame() -> None:
    plot = plot_parts([("half", [1, 1, 1, 2], 10), ("resold", [10, 10], 10)])
    assert plot.along.labels == ("0", "1 min", "2 min", "3 min", "4 min")
    assert plot.series[0].line.endswith("L1000 150")
    assert plot.series[1].line == "M0 300 L250 0 L500 0"


def test_parts_can_be_cut_at_an_age() -> None:
    plot = plot_parts([("long", [1] * 1000, 1000)], 60)
    assert (plot.along.end, plot.along.labels[-1]) == (60, "1 h")
    assert plot.series[0].line.endswith("L1000 282")
    assert ages_of(plot) == [15, 30, 45, 60]


def test_a_line_of_a_month_has_few_points() -> None:
    assert plot_parts([("long", [1] * 44_640, 44_640)]).series[0].line.count("L") <= 401


def test_ages_are_words() -> None:
    assert [age_words(minutes) for minutes in (5, 60, 90, 1440, 1500)] == [
        "5 min",
        "1 h",
        "1 h 30 min",
        "1 d",
        "25 h",
    ]
