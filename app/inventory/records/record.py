"""A past deal's record, and choosing among records. Records are of deals; the only person in one is its first buyer,
who is named where they agreed to that."""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

from msgspec import Struct

from app.inventory.rotation import Mode, Reason
from app.sales.desk import FIRST_MINUTES, SaleRecord

Sort = Literal["latest", "earliest", "title", "price", "units", "revenue", "sell-through", "sell-out", "pace"]
UNNAMED = "a shopper"
NEVER = float("inf")


class Record(Struct, frozen=True):
    """A deal that is over, and how it sold. Amounts in minor units; `turn` is its place in the show."""

    deal_id: int
    turn: int
    title: str
    category: str
    condition: str
    mode: Mode | None
    reason: Reason
    currency: str
    price: int
    list_price: int | None
    quantity: int
    limit: int
    opened_at: datetime
    ended_at: datetime
    sold: SaleRecord
    refused: int
    first_buyer: str | None  # None where nobody bought

    @property
    def sell_through(self) -> float:
        """What part of the units is sold, from 0 to 1."""
        return self.sold.units / self.quantity

    @property
    def help_share(self) -> float:
        """What part of the sold units somebody's link brought, from 0 to 1."""
        return self.sold.helped_units / self.sold.units if self.sold.units else 0.0

    @property
    def minutes_to_sell_out(self) -> float:
        """NEVER where some were left."""
        seconds = self.sold.seconds_to_sell_out
        return NEVER if seconds is None else seconds / 60

    @property
    def first_pace(self) -> float:
        """Units a minute in the first five, or until it was sold out or over, but over a minute at least."""
        lasted = (self.ended_at - self.opened_at).total_seconds() / 60
        minutes = max(1.0, min(FIRST_MINUTES, self.minutes_to_sell_out, lasted))
        return self.sold.first_minutes_units / minutes

    @property
    def percent_off(self) -> float | None:
        """How far below its list price it was; None where it had none."""
        if not self.list_price:
            return None
        return max(0, self.list_price - self.price) * 100 / self.list_price


class Sought(Struct, frozen=True):
    """Which records are wanted; None and "" want all. Days are the shop's; prices are in its currency's minor units."""

    since: date | None = None
    until: date | None = None
    mode: Mode | None = None
    price_from: int | None = None
    price_to: int | None = None
    category: str = ""
    sold_out: bool | None = None
    text: str = ""
    sort: Sort = "latest"


def choose_records(records: Sequence[Record], sought: Sought, zone: ZoneInfo, currency: str) -> list[Record]:
    """Those that are wanted, sorted as is wanted; of two alike the later deal comes first."""
    wanted = [record for record in records if _is_wanted(record, sought, zone, currency)]
    wanted.sort(key=lambda record: -record.turn)
    if sought.sort != "latest":
        wanted.sort(key=KEYS[sought.sort])
    return wanted


def page_of_records(
    records: Sequence[Record], after: int | None, limit: int
) -> tuple[Sequence[Record], int | None]:
    """At most `limit` records that come after the deal of that id, and the `after` of the next page."""
    ids = [record.deal_id for record in records]
    if after is None:
        start = 0
    elif after in ids:
        start = ids.index(after) + 1
    else:
        return [], None
    page = records[start : start + limit]
    return page, page[-1].deal_id if len(records) > start + limit else None


def _is_wanted(record: Record, sought: Sought, zone: ZoneInfo, currency: str) -> bool:
    day = record.opened_at.astimezone(zone).date()
    in_band = (sought.price_from or 0) <= record.price and (
        sought.price_to is None or record.price <= sought.price_to
    )
    any_price = sought.price_from is None and sought.price_to is None
    return (
        (sought.since is None or sought.since <= day)
        and (sought.until is None or day <= sought.until)
        and (sought.mode is None or record.mode == sought.mode)
        and (any_price or (in_band and record.currency == currency))
        and (not sought.category or record.category.casefold() == sought.category.casefold())
        and (sought.sold_out is None or sought.sold_out == (record.sold.sold_out_at is not None))
        and sought.text.casefold() in record.title.casefold()
    )


KEYS: dict[Sort, Callable[[Record], Any]] = {
    "earliest": lambda record: record.turn,
    "title": lambda record: record.title.casefold(),
    "price": lambda record: -record.price,
    "units": lambda record: -record.sold.units,
    "revenue": lambda record: -record.sold.revenue,
    "sell-through": lambda record: -record.sell_through,
    "sell-out": lambda record: record.minutes_to_sell_out,
    "pace": lambda record: -record.first_pace,
}
