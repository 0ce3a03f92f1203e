"""Sales records as their pages show them: plain texts, ready to print."""

from collections.abc import Mapping, Sequence
from statistics import median
from zoneinfo import ZoneInfo

from msgspec import Struct

from app.admin.plot import (
    Bar,
    Plot,
    age_words,
    ages_of,
    bars_of,
    part_at,
    plot_bars,
    plot_parts,
)
from app.admin.record_words import pace_words, percent_words
from app.admin.refusal_words import refusal_words
from app.admin.shop_time import day_words, moment_words, span_words
from app.inventory.desk import Record
from app.payments import Money

REASONS = {
    "sold-out": "Sold out",
    "time-up": "Time was up",
    "skipped": "Skipped",
    "stopped": "The show was stopped",
    "withdrawn": "Withdrawn",
}
MODES = {"daily": "Daily", "woot-off": "Woot-Off", None: "Not known"}


class Tile(Struct, frozen=True):
    """A figure and what it is."""

    figure: str
    words: str


class RecordRow(Struct, frozen=True):
    """A record in the list. `percent` is the sell-through, for a bar."""

    deal_id: int
    turn: int
    title: str
    category: str
    opened: str
    day: str
    hour: str
    mode: str
    price: str
    list_price: str
    sold: str
    percent: float
    sold_out_in: str
    pace: str
    revenue: str
    reason: str


class RecordView(Struct, frozen=True):
    """One record, whole."""

    row: RecordRow
    tiles: tuple[Tile, ...]
    facts: tuple[tuple[str, str], ...]
    money: tuple[tuple[str, str], ...]
    orders: tuple[tuple[str, int, float], ...]  # what, how many, percent of all
    refusals: tuple[tuple[str, int], ...]
    bars: Plot
    parts: Plot
    stretch: str
    curve: tuple[tuple[str, int, int, str], ...]  # age, units, sold until then, percent


class CompareView(Struct, frozen=True):
    """Some records side by side: a plot, what it shows at some ages, and rows of figures."""

    rows: tuple[RecordRow, ...]
    plot: Plot
    ages: tuple[tuple[str, tuple[str, ...]], ...]
    figures: tuple[tuple[str, tuple[str, ...]], ...]


def view_row(record: Record, zone: ZoneInfo) -> RecordRow:
    """A record in a row; times are the shop's."""
    seconds = record.sold.seconds_to_sell_out
    return RecordRow(
        deal_id=record.deal_id,
        turn=record.turn,
        title=record.title,
        category=record.category,
        opened=moment_words(record.opened_at, zone),
        day=day_words(record.opened_at, zone),
        hour=f"{record.opened_at.astimezone(zone):%a %H:%M}",
        mode=MODES[record.mode],
        price=str(Money(record.price, record.currency)),
        list_price="" if record.list_price is None else str(Money(record.list_price, record.currency)),
        sold=f"{record.sold.units:,} of {record.quantity:,}",
        percent=round(record.sell_through * 100, 1),
        sold_out_in="–" if seconds is None else span_words(seconds),
        pace=pace_words(record.first_pace),
        revenue=str(Money(record.sold.revenue, record.currency)),
        reason=REASONS[record.reason],
    )


def view_totals(records: Sequence[Record]) -> tuple[Tile, ...]:
    """What all these records come to. Money is only added up where it is of one currency."""
    if not records:
        return ()
    currencies = {record.currency for record in records}
    units, loaded = sum(record.sold.units for record in records), sum(record.quantity for record in records)
    out = [s for record in records if (s := record.sold.seconds_to_sell_out) is not None]
    tiles = [
        Tile(f"{len(records):,}", "deal" if len(records) == 1 else "deals"),
        Tile(f"{units:,}", f"units sold, {percent_words(units / loaded)} of what was loaded"),
        Tile(
            f"{len(out):,}", "sold out" + (f", half of them within {span_words(median(out))}" if out else "")
        ),
    ]
    if len(currencies) == 1:
        revenue = sum(record.sold.revenue for record in records)
        tiles.append(Tile(str(Money(revenue, currencies.pop())), "revenue, without shipping"))
    return tuple(tiles)


def view_record(
    record: Record, curve: Sequence[int], refusals: Mapping[str, int], zone: ZoneInfo
) -> RecordView:
    """One record as its page shows it; `curve` is units by minute of age."""
    bars = bars_of(curve)
    wide = bars[0].end if bars else 1
    stretch = "minute" if wide == 1 else age_words(wide)
    return RecordView(
        row=view_row(record, zone),
        tiles=_tiles(record),
        facts=_facts(record, zone),
        money=_money(record),
        orders=_orders(record),
        refusals=tuple((refusal_words(kind), number) for kind, number in refusals.items()),
        bars=plot_bars(bars, "units"),
        parts=plot_parts([("sold", curve, record.quantity)]),
        stretch=stretch,
        curve=tuple(_curve_row(bar, record.quantity) for bar in bars),
    )


def view_comparison(
    records: Sequence[Record], curves: Mapping[int, Sequence[int]], minutes: int | None, zone: ZoneInfo
) -> CompareView:
    """Records side by side, to `minutes` of age or to the last sale of all."""
    named = [(record.title, curves[record.deal_id], record.quantity) for record in records]
    plot = plot_parts(named, minutes)
    ages = [
        (age_words(age), tuple(f"{part_at(curve, quantity, age):.0f}%" for _, curve, quantity in named))
        for age in ages_of(plot)
    ]
    rows = tuple(view_row(record, zone) for record in records)
    columns = [_compared(record, row) for record, row in zip(records, rows, strict=True)]
    names = [name for name, _ in columns[0]]
    figures = [(name, tuple(column[at][1] for column in columns)) for at, name in enumerate(names)]
    return CompareView(rows, plot, tuple(ages), tuple(figures))


def _tiles(record: Record) -> tuple[Tile, ...]:
    sold = record.sold
    gone = sold.seconds_to_sell_out
    given_back = f"; {sold.given_back:,} given back" if sold.given_back else ""
    return (
        Tile(percent_words(record.sell_through), f"sold, {sold.units:,} of {record.quantity:,}" + given_back),
        Tile(str(Money(sold.revenue, record.currency)), "revenue, without shipping"),
        Tile("–", "did not sell out") if gone is None else Tile(span_words(gone), "until it was sold out"),
        Tile(pace_words(record.first_pace), "units a minute, in the first five"),
        Tile("–", "no purchase")
        if sold.quickest_seconds is None
        else Tile(span_words(sold.quickest_seconds), "quickest purchase"),
        Tile(percent_words(record.help_share), f"brought by helpers, {sold.helped_units:,} units"),
    )


def _facts(record: Record, zone: ZoneInfo) -> tuple[tuple[str, str], ...]:
    last = record.sold.last_order_at
    return (
        ("Place in the show", f"{record.turn:,}"),
        ("Mode", MODES[record.mode]),
        ("Opened", moment_words(record.opened_at, zone)),
        ("Ended", moment_words(record.ended_at, zone)),
        ("Why it ended", REASONS[record.reason]),
        ("First buyer", record.first_buyer or "nobody"),
        ("Last order", "none" if last is None else moment_words(last, zone)),
        ("Category", record.category or "none"),
        ("Condition", record.condition),
        ("Limit a shopper", f"{record.limit:,}"),
        ("Attempts refused", f"{record.refused:,}"),
    )


def _money(record: Record) -> tuple[tuple[str, str], ...]:
    def money(amount: int) -> str:
        return str(Money(amount, record.currency))

    sold = record.sold
    return (
        ("Price", money(record.price)),
        ("List price", "none" if record.list_price is None else money(record.list_price)),
        ("Discounts by coupon", money(sold.discounts)),
        ("Revenue", money(sold.revenue)),
        ("Shipping", money(sold.shipping)),
        ("Units given back", f"{sold.given_back:,}"),
    )


def _orders(record: Record) -> tuple[tuple[str, int, float], ...]:
    sold = record.sold
    counted = [
        ("1 unit", sold.orders_of_one),
        ("2 units", sold.orders_of_two),
        ("3 or more", sold.orders_of_more),
    ]
    return tuple((name, number, round(100 * number / (sold.orders or 1), 1)) for name, number in counted)


def _curve_row(bar: Bar, quantity: int) -> tuple[str, int, int, str]:
    return age_words(bar.end), bar.units, bar.sold, percent_words(bar.sold / quantity)


def _compared(record: Record, row: RecordRow) -> list[tuple[str, str]]:
    return [
        ("Opened", row.opened),
        ("Mode", row.mode),
        ("Price", row.price),
        ("List price", row.list_price or "none"),
        ("Sold", row.sold),
        ("Sell-through", percent_words(record.sell_through)),
        ("Sold out in", row.sold_out_in),
        ("Units a minute, first five", row.pace),
        ("Revenue", row.revenue),
        ("Helpers brought", percent_words(record.help_share)),
        ("Attempts refused", f"{record.refused:,}"),
        ("Why it ended", row.reason),
    ]
