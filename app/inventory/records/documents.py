"""The shapes of sales records on the wire."""

from datetime import date
from typing import Annotated, Self
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, model_validator

from app.inventory.deal import MAX_PRICE
from app.inventory.records.patterns import Group, Pattern
from app.inventory.records.record import Record, Sort, Sought
from app.inventory.rotation import Mode, Reason
from app.payments import Money
from app.platform.clock import rfc3339
from app.sales import MoneyDocument

MAX_ID = 2**63 - 1
Amount = Annotated[int, Field(ge=0, le=MAX_PRICE)]
Text = Annotated[str, Field(max_length=200)]


class SoughtRecords(BaseModel):
    """Which records are wanted. Days are the shop's, both included; prices are in its currency's minor units."""

    model_config = ConfigDict(extra="forbid")

    since: date | None = None
    until: date | None = None
    mode: Mode | None = None
    price_from: Amount | None = None
    price_to: Amount | None = None
    category: Text = ""
    sold_out: bool | None = None
    text: Text = ""
    sort: Sort = "latest"

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.since is not None and self.until is not None and self.until < self.since:
            raise ValueError("until must not be before since")
        if self.price_from is not None and self.price_to is not None and self.price_to < self.price_from:
            raise ValueError("price_to must not be below price_from")
        return self

    def sought(self) -> Sought:
        """As the rules take it."""
        names = SoughtRecords.model_fields
        return Sought(**{name: getattr(self, name) for name in names})


class SoughtPage(SoughtRecords):
    """Which records are wanted, a page of them: those after the deal `after`."""

    after: Annotated[int, Field(ge=1, le=MAX_ID)] | None = None
    limit: Annotated[int, Field(ge=1, le=200)] = 50


class OrdersDocument(BaseModel):
    """Orders that stand: all, and how many took one unit, two, three or more."""

    model_config = ConfigDict(title="Record orders")

    all: int = Field(examples=[180])
    one: int = Field(examples=[120])
    two: int = Field(examples=[40])
    three_or_more: int = Field(examples=[20])


class HelpDocument(BaseModel):
    """What helpers' links brought."""

    model_config = ConfigDict(title="Record help")

    units: int = Field(examples=[60])
    percent: float = Field(examples=[23.1])


class RecordDocument(BaseModel):
    """A past deal and how it sold. `first_buyer` is a name only where that shopper agreed to it."""

    model_config = ConfigDict(title="Record")

    deal_id: int = Field(examples=[37])
    turn: int = Field(description="Its place in the show, from 1.", examples=[12])
    title: str = Field(examples=["The Crumb Baron bread maker"])
    category: str = Field(examples=["Kitchen"])
    condition: str = Field(examples=["New"])
    mode: Mode | None
    why_ended: Reason
    opened_at: str = Field(examples=["2026-11-22T06:40:13.123Z"])
    opened_local: str = Field(description="In the shop's zone.", examples=["2026-11-22T00:40:13-06:00"])
    ended_at: str = Field(examples=["2026-11-22T07:10:13.123Z"])
    price: MoneyDocument
    list_price: MoneyDocument | None
    limit: int = Field(examples=[3])
    quantity: int = Field(examples=[260])
    units: int = Field(description="Of the orders that stand.", examples=[260])
    given_back: int = Field(description="Units of declined, cancelled and refunded orders.", examples=[0])
    sell_through_percent: float = Field(examples=[100.0])
    quickest_seconds: float | None = Field(description="From opening to the first order.", examples=[0.8])
    first_order_at: str | None = Field(examples=["2026-11-22T06:40:13.923Z"])
    last_order_at: str | None = Field(examples=["2026-11-22T07:10:13.123Z"])
    sold_out_at: str | None = Field(examples=["2026-11-22T07:10:13.123Z"])
    seconds_to_sell_out: float | None = Field(examples=[1800.0])
    first_minutes_pace: float = Field(description="Units a minute in its first five.", examples=[23.4])
    orders: OrdersDocument
    revenue: MoneyDocument = Field(description="For the goods, after discounts, without shipping.")
    discounts: MoneyDocument
    shipping: MoneyDocument
    help: HelpDocument
    refused: int = Field(description="Attempts to buy that were refused.", examples=[412])
    first_buyer: str | None = Field(examples=["a shopper"])


class WholeRecordDocument(RecordDocument):
    """A record with its curve: units in each minute of the deal's age, up to the last that sold any."""

    model_config = ConfigDict(title="Whole record")

    curve: list[int] = Field(examples=[[84, 31, 20]])
    refusals: dict[str, int] = Field(description="By the problem's slug.", examples=[{"sold-out": 412}])


class RecordList(BaseModel):
    """Records in the order that was asked for, and the `after` of the next page."""

    items: list[RecordDocument]
    next: int | None


class GroupDocument(BaseModel):
    """Deals that are alike in one way; medians. `minutes_to_sell_out` is null where half of them did not sell out."""

    model_config = ConfigDict(title="Pattern group")

    name: str = Field(examples=["$25 to under $50"])
    deals: int = Field(examples=[14])
    too_few: bool = Field(description="Whether there are too few of them to say anything.")
    sold_out: int = Field(examples=[12])
    minutes_to_sell_out: float | None = Field(examples=[21.5])
    units_per_minute: float = Field(description="In the first five minutes.", examples=[18.2])
    sell_through_percent: float = Field(examples=[93.4])


class PatternDocument(BaseModel):
    """The groups that past deals fall into."""

    model_config = ConfigDict(title="Pattern")

    by: str = Field(examples=["price"])
    groups: list[GroupDocument]


class PatternList(BaseModel):
    """Every pattern over the records that were asked for."""

    items: list[PatternDocument]
    next: None = None


def record_document(record: Record, zone: ZoneInfo) -> dict[str, object]:
    """A record as merchandisers' programs see it; `zone` is the shop's."""
    sold = record.sold

    def money(amount: int) -> dict[str, object]:
        return Money(amount, record.currency).document()

    return {
        "deal_id": record.deal_id,
        "turn": record.turn,
        "title": record.title,
        "category": record.category,
        "condition": record.condition,
        "mode": record.mode,
        "why_ended": record.reason,
        "opened_at": rfc3339(record.opened_at),
        "opened_local": record.opened_at.astimezone(zone).isoformat(timespec="seconds"),
        "ended_at": rfc3339(record.ended_at),
        "price": money(record.price),
        "list_price": None if record.list_price is None else money(record.list_price),
        "limit": record.limit,
        "quantity": record.quantity,
        "units": sold.units,
        "given_back": sold.given_back,
        "sell_through_percent": percent(record.sell_through),
        "quickest_seconds": sold.quickest_seconds,
        "first_order_at": None if sold.first_order_at is None else rfc3339(sold.first_order_at),
        "last_order_at": None if sold.last_order_at is None else rfc3339(sold.last_order_at),
        "sold_out_at": None if sold.sold_out_at is None else rfc3339(sold.sold_out_at),
        "seconds_to_sell_out": sold.seconds_to_sell_out,
        "first_minutes_pace": round(record.first_pace, 2),
        "orders": {
            "all": sold.orders,
            "one": sold.orders_of_one,
            "two": sold.orders_of_two,
            "three_or_more": sold.orders_of_more,
        },
        "revenue": money(sold.revenue),
        "discounts": money(sold.discounts),
        "shipping": money(sold.shipping),
        "help": {"units": sold.helped_units, "percent": percent(record.help_share)},
        "refused": record.refused,
        "first_buyer": record.first_buyer,
    }


def pattern_document(pattern: Pattern) -> dict[str, object]:
    """A pattern as merchandisers' programs see it."""
    return {"by": pattern.by, "groups": [_group_document(group) for group in pattern.groups]}


def percent(part: float) -> float:
    """A part from 0 to 1 as percent, with one decimal."""
    return round(part * 100, 1)


def _group_document(group: Group) -> dict[str, object]:
    minutes = group.minutes_to_sell_out
    return {
        "name": group.name,
        "deals": group.deals,
        "too_few": group.too_few,
        "sold_out": group.sold_out,
        "minutes_to_sell_out": None if minutes is None else round(minutes, 2),
        "units_per_minute": round(group.units_per_minute, 2),
        "sell_through_percent": percent(group.sell_through),
    }
