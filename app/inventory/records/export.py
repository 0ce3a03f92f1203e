"""Sales records as a spreadsheet: a row a deal. Amounts are decimals of the row's currency; a moment is written twice,
in UTC and as the shop's clocks showed it."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from app.inventory.records.record import Record
from app.payments import minor_digits
from app.platform.clock import rfc3339
from app.platform.csv_export import csv_lines

HEADER = (
    "deal_id",
    "turn",
    "title",
    "category",
    "condition",
    "mode",
    "why_ended",
    "opened_at",
    "opened_local",
    "ended_at",
    "ended_local",
    "currency",
    "price",
    "list_price",
    "quantity",
    "units",
    "given_back",
    "sell_through_percent",
    "quickest_seconds",
    "last_order_at",
    "last_order_local",
    "seconds_to_sell_out",
    "first_minutes_pace",
    "orders",
    "orders_of_1",
    "orders_of_2",
    "orders_of_3_or_more",
    "revenue",
    "discounts",
    "shipping",
    "helped_units",
    "help_percent",
    "refused",
    "first_buyer",
)
LINES_AT_ONCE = 200


def records_csv(records: Iterable[Record], zone: ZoneInfo) -> Iterator[str]:
    """The whole file, some hundred lines at a time."""
    lines: list[str] = []
    for line in csv_lines(HEADER, (_row(record, zone) for record in records)):
        lines.append(line)
        if len(lines) == LINES_AT_ONCE:
            yield "".join(lines)
            lines.clear()
    yield "".join(lines)


def _row(record: Record, zone: ZoneInfo) -> tuple[object, ...]:
    sold, digits = record.sold, minor_digits(record.currency)

    def money(amount: int | None) -> Decimal | None:
        return None if amount is None else Decimal(amount).scaleb(-digits)

    return (
        record.deal_id,
        record.turn,
        record.title,
        record.category,
        record.condition,
        record.mode,
        record.reason,
        *_moment(record.opened_at, zone),
        *_moment(record.ended_at, zone),
        record.currency,
        money(record.price),
        money(record.list_price),
        record.quantity,
        sold.units,
        sold.given_back,
        round(record.sell_through * 100, 1),
        sold.quickest_seconds,
        *_moment(sold.last_order_at, zone),
        sold.seconds_to_sell_out,
        round(record.first_pace, 2),
        sold.orders,
        sold.orders_of_one,
        sold.orders_of_two,
        sold.orders_of_more,
        money(sold.revenue),
        money(sold.discounts),
        money(sold.shipping),
        sold.helped_units,
        round(record.help_share * 100, 1),
        record.refused,
        record.first_buyer,
    )


def _moment(at: datetime | None, zone: ZoneInfo) -> tuple[str | None, str | None]:
    if at is None:
        return None, None
    return rfc3339(at), at.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")
