"""Plots as the server draws them: shapes in a frame that stretches, and labels that stand beside it as text.

A frame is 1000 wide and 300 high, with y downward, as SVG has it. Labels are evenly spaced, so that a page can lay
them out without coordinates, and in a size that does not shrink with the frame.
"""

from collections.abc import Sequence
from itertools import accumulate
from math import ceil

from msgspec import Struct

WIDTH, HEIGHT = 1000, 300
MOST_BARS = 96
MOST_POINTS = 400
STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440, 2880, 7200, 14400)  # minutes that people count in


class Axis(Struct, frozen=True):
    """The texts at an axis, from zero on, and the value at its end."""

    labels: tuple[str, ...]
    end: float


class Series(Struct, frozen=True):
    """One thing in a plot: its name, and the SVG paths of its line and of the area below it."""

    name: str
    line: str
    area: str = ""


class Plot(Struct, frozen=True):
    """A frame with its series; the lines of its grid lie where its labels are."""

    series: tuple[Series, ...]
    up: Axis
    along: Axis

    @property
    def grid(self) -> str:
        """The grid's horizontal lines, as an SVG path."""
        steps = len(self.up.labels) - 1
        return " ".join(f"M0 {_short(HEIGHT * step / steps)}H{WIDTH}" for step in range(steps + 1))


class Bar(Struct, frozen=True):
    """Units that were sold from one minute of a deal's age to another, and all until then."""

    start: int
    end: int
    units: int
    sold: int


def bars_of(curve: Sequence[int]) -> list[Bar]:
    """Units by minute, in as few bars as can be looked at."""
    wide = next((step for step in STEPS if len(curve) <= step * MOST_BARS), STEPS[-1])
    sums = [sum(curve[start : start + wide]) for start in range(0, len(curve), wide)]
    return [
        Bar(number * wide, (number + 1) * wide, units, sold)
        for number, (units, sold) in enumerate(zip(sums, accumulate(sums), strict=True))
    ]


def plot_bars(bars: Sequence[Bar], name: str) -> Plot:
    """How many units went in each stretch of time."""
    up = _counting(max((bar.units for bar in bars), default=0))
    along = _time(bars[-1].end if bars else 1)
    width = WIDTH / along.end
    shapes = [
        f"M{_short(bar.start * width)} {HEIGHT}V{_short(HEIGHT * (1 - bar.units / up.end))}"
        f"H{_short((bar.end - (bar.end - bar.start) * 0.12) * width)}V{HEIGHT}Z"
        for bar in bars
        if bar.units
    ]
    return Plot((Series(name, "", "".join(shapes)),), up, along)


def plot_parts(curves: Sequence[tuple[str, Sequence[int], int]], minutes: int | None = None) -> Plot:
    """What part of each deal was sold at each age, in percent: a name, units by minute and the quantity of each.

    Up to `minutes` of age, where that is given.
    """
    along = _time(minutes or max((len(curve) for _, curve, _ in curves), default=1) or 1)
    up = Axis(("0%", "25%", "50%", "75%", "100%"), 100)
    return Plot(tuple(_part(name, curve, quantity, along.end) for name, curve, quantity in curves), up, along)


def part_at(curve: Sequence[int], quantity: int, minute: int) -> float:
    """What part was sold when the deal was so old, in percent."""
    return 100 * sum(curve[:minute]) / quantity


def ages_of(plot: Plot) -> list[int]:
    """The minutes at the labels along a plot, but for zero."""
    steps = len(plot.along.labels) - 1
    return [round(plot.along.end * step / steps) for step in range(1, steps + 1)]


def age_words(minutes: int) -> str:
    """5 min, 2 h, 1 h 30 min or 3 d."""
    if minutes < 60:
        return f"{minutes} min"
    if minutes % 1440 == 0:
        return f"{minutes // 1440} d"
    hours, rest = divmod(minutes, 60)
    return f"{hours} h {rest} min" if rest else f"{hours} h"


def _part(name: str, curve: Sequence[int], quantity: int, end: float) -> Series:
    shown = list(accumulate(curve[: int(end)]))
    every = max(1, ceil(len(shown) / MOST_POINTS))
    ages = [*range(every, len(shown), every), len(shown)] if shown else []
    points = [
        f"{_short(age * WIDTH / end)} {_short(HEIGHT * (1 - min(1, shown[age - 1] / quantity)))}"
        for age in ages
    ]
    line = " ".join(["M0 " + str(HEIGHT), *(f"L{point}" for point in points)])
    area = f"{line} V{HEIGHT}Z" if points else ""
    return Series(name, line, area)


def _counting(most: int) -> Axis:
    """0, 5, 10 ... to the first that is at least `most`, in four steps at the most."""
    size = 1
    while True:
        for step in (size, 2 * size, 5 * size):
            if step * 4 >= most:
                steps = max(1, ceil(most / step))
                return Axis(tuple(f"{number * step:,}" for number in range(steps + 1)), steps * step)
        size *= 10


def _time(minutes: int) -> Axis:
    step = next((step for step in STEPS if step * 5 >= minutes), ceil(minutes / 5))
    steps = max(1, ceil(minutes / step))
    return Axis(("0", *(age_words(number * step) for number in range(1, steps + 1))), steps * step)


def _short(number: float) -> str:
    return f"{number:.1f}".rstrip("0").rstrip(".")
