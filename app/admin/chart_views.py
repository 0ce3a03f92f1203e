"""The dashboard's charts as tables: the page's script draws what stands in them."""

from msgspec import Struct

from app.admin.shop_time import span_words
from app.inventory.desk import CurveDocument

TOO_FEW = "There are too few past deals for a median yet."
FEW_LEFT = "Too few past deals were still on stage at this age to compare it with."


class Cell(Struct, frozen=True):
    """A number as the script reads it (empty where there is none), and as people do."""

    value: str
    text: str


class ChartView(Struct, frozen=True):
    """A chart: `gist` says in a sentence what it shows. Rows of age (in seconds), this deal, and the median."""

    name: str
    title: str
    caption: str
    gist: str
    unit: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


def charts(curve: CurveDocument, loaded: int) -> tuple[ChartView, ...]:
    """Velocity and sell-through of a deal of so many units."""
    ages = [Cell(str(age), span_words(age)) for age in curve.age]
    compared = _compared(curve)
    return (
        ChartView(
            "velocity",
            "Sales velocity",
            f"Units a minute, {compared}",
            _velocity_gist(curve),
            "a minute",
            ("Age", "This deal", "Median"),
            tuple(zip(ages, map(_pace, curve.velocity), map(_pace, curve.median_velocity), strict=True)),
        ),
        ChartView(
            "sell-through",
            "Sell-through",
            f"Percent of the {loaded:,} loaded, {compared}",
            _sell_through_gist(curve),
            "%",
            ("Age", "This deal", "Median"),
            tuple(
                zip(
                    ages,
                    map(_percent, curve.sell_through),
                    map(_percent, curve.median_sell_through),
                    strict=True,
                )
            ),
        ),
    )


def _compared(curve: CurveDocument) -> str:
    if all(value is None for value in curve.median_sell_through):
        return "since it opened."
    return f"beside the median of the last {curve.of_deals} past deals at the same age."


def _velocity_gist(curve: CurveDocument) -> str:
    present, usual = curve.velocity[-1], curve.median_velocity[-1]
    if present is None:
        return "It has only just opened."
    last = "minute" if curve.bucket_seconds == 60 else span_words(curve.bucket_seconds)
    lately = f"In the last {last} it sold {_pace(present).text} a minute"
    if usual is None:
        return f"{lately}. {TOO_FEW if curve.median_sell_through[-1] is None else FEW_LEFT}"
    return f"{lately}; past deals of this age sold {_pace(usual).text}."


def _sell_through_gist(curve: CurveDocument) -> str:
    sold, usual = curve.sell_through[-1], curve.median_sell_through[-1]
    so_far = f"After {span_words(curve.age[-1])} {_percent(sold).text} is sold"
    if usual is None:
        return f"{so_far}. {TOO_FEW}"
    return f"{so_far}; of past deals it was {_percent(usual).text}."


def _pace(value: float | None) -> Cell:
    if value is None:
        return Cell("", "–")
    return Cell(f"{value:g}", f"{value:,.1f}" if value < 10 and value % 1 else f"{value:,.0f}")


def _percent(value: float | None) -> Cell:
    if value is None:
        return Cell("", "–")
    return Cell(f"{value:g}", f"{value:.1f}%" if value < 10 and value % 1 else f"{value:.0f}%")
