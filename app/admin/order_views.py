"""Orders as their pages at the desk show them: plain texts, ready to print."""

from datetime import datetime
from zoneinfo import ZoneInfo

from msgspec import Struct

from app.admin.shop_time import moment_words
from app.inventory.desk import OrderOf, StoryAtDesk
from app.payments import Money
from app.platform.clock import rfc3339
from app.sales.desk import DealOrders, OrderAtDesk

STATUSES = {
    "placed": "Not charged yet",
    "declined": "Card declined",
    "paid": "To ship",
    "shipped": "Shipped",
    "refunded": "Refunded",
    "cancelled": "Cancelled",
}
GONE = "an account that is gone"
REFUNDS = {
    "due": "on its way",
    "made": "given back",
    "refused": "refused by the payment provider",
    "failed": "sent back by the bank",
}
NEEDS = {
    "card": "a card that pays",
    "address": "an address",
    "step": "another step at the bank",
}
WHY_CANCELLED = {
    "": "",
    "shopper": "The shopper cancelled it.",
    "card": "No card paid for it in time.",
    "step": "The step at the bank was not finished in time.",
    "address": "No address was given in time.",
}


class OrderRow(Struct, frozen=True):
    """An order in the list. `note` says what keeps it, or how it went."""

    order_id: str
    number: str
    deal_id: int
    title: str
    units: str
    total: str
    refunded: str
    status: str
    status_words: str
    note: str
    when: str
    at: str
    shopper: str
    email: str
    town: str
    can_be_shipped: bool


class DealRow(Struct, frozen=True):
    """A deal's orders, counted."""

    deal_id: int
    title: str
    orders: int
    to_ship: int
    waiting: int
    shipped: int
    ended: int


class StatusTab(Struct, frozen=True):
    """The orders of a deal in a status; `status` is empty for all of them."""

    status: str
    words: str
    number: int
    is_here: bool


class RefundRow(Struct, frozen=True):
    """Money that went back, or is about to."""

    amount: str
    state: str
    when: str


class OrderView(Struct, frozen=True):
    """One order, whole. `refunded` is what staff had given back when this was read, in minor units."""

    row: OrderRow
    facts: tuple[tuple[str, str], ...]
    money: tuple[tuple[str, str], ...]
    address: tuple[str, ...]
    parcel: tuple[tuple[str, str], ...]
    waits: tuple[str, ...]
    refunds: tuple[RefundRow, ...]
    refunded: int
    refundable: str  # empty: nothing
    has_receipt: bool
    is_shipped: bool


def order_row(one: OrderOf, zone: ZoneInfo) -> OrderRow:
    """An order in a row; times are the shop's."""
    found, order = one.found, one.found.order
    return OrderRow(
        order_id=order.id,
        number=order.number,
        deal_id=order.deal_id,
        title=order.title,
        units=f"{order.quantity:,} unit{'' if order.quantity == 1 else 's'}",
        total=str(Money(order.total, order.currency)),
        refunded=str(Money(found.refunded, order.currency)) if found.refunded else "",
        status=order.status,
        status_words=STATUSES[order.status],
        note=_note(found),
        when=moment_words(order.placed_at, zone),
        at=rfc3339(order.placed_at),
        shopper=GONE if one.shopper is None else one.shopper.name,
        email="" if one.shopper is None else one.shopper.address,
        town="" if found.address is None else f"{found.address.city}, {found.address.country}",
        can_be_shipped=found.can_be_shipped,
    )


def _note(found: OrderAtDesk) -> str:
    if found.ending:
        return "being cancelled" if found.ending == "cancelling" else "its money goes back"
    if found.is_going_back:
        return "a refund is under way"
    if found.order.status == "paid" and found.address is None:
        return "no address yet"
    return " ".join(filter(None, (found.carrier, found.tracking)))


def deal_row(counted: DealOrders) -> DealRow:
    """A deal's orders in a row."""
    by = counted.by_status
    return DealRow(
        counted.deal_id,
        counted.title,
        sum(by.values()),
        by.get("paid", 0),
        by.get("placed", 0) + by.get("declined", 0),
        by.get("shipped", 0),
        by.get("cancelled", 0) + by.get("refunded", 0),
    )


def status_tabs(counted: DealOrders, here: str) -> tuple[StatusTab, ...]:
    """A deal's orders by status, those that there are."""
    by = counted.by_status
    some = [
        StatusTab(name, words, by[name], name == here) for name, words in STATUSES.items() if by.get(name)
    ]
    return (StatusTab("", "All", sum(by.values()), not here), *some)


def order_view(told: StoryAtDesk, zone: ZoneInfo) -> OrderView:
    """One order as its page shows it."""
    found, story, order = told.order.found, told.story, told.order.found.order
    return OrderView(
        row=order_row(told.order, zone),
        facts=(
            ("Deal", f"{order.deal_id}"),
            ("Place", f"{order.place:,}"),
            ("Units", f"{order.quantity:,}"),
            ("Placed", moment_words(order.placed_at, zone)),
        ),
        money=_money(told),
        address=() if story.address is None else story.address.lines(),
        parcel=_parcel(found, zone),
        waits=_waits(told, zone),
        refunds=tuple(
            RefundRow(str(refund.amount), REFUNDS[refund.state], moment_words(refund.at, zone))
            for refund in story.refunds
        ),
        refunded=found.refunded,
        refundable=str(told.refundable) if told.refundable.amount else "",
        has_receipt=order.status in ("paid", "shipped"),
        is_shipped=story.shipped_at is not None,
    )


def _money(told: StoryAtDesk) -> tuple[tuple[str, str], ...]:
    order = told.order.found.order

    def money(amount: int) -> str:
        return str(Money(amount, order.currency))

    discount = [("Discount", f"−{money(order.discount)}")] if order.discount else []
    given_back = [("Given back", str(told.given_back))] if told.given_back.amount else []
    return (
        (f"{order.quantity:,} × {money(order.unit_price)}", money(order.quantity * order.unit_price)),
        *discount,
        ("Shipping", money(order.shipping)),
        ("Total", money(order.total)),
        ("Charged", str(told.charged)),
        *given_back,
    )


def _parcel(found: OrderAtDesk, zone: ZoneInfo) -> tuple[tuple[str, str], ...]:
    if found.shipped_at is None:
        return ()
    return (
        ("Shipped", moment_words(found.shipped_at, zone)),
        ("Carrier", found.carrier or "not said"),
        ("Tracking number", found.tracking or "none"),
    )


def _waits(told: StoryAtDesk, zone: ZoneInfo) -> tuple[str, ...]:
    """What keeps the order, in sentences."""
    story = told.story
    words = []
    if story.ending:
        words.append(
            "It is being cancelled." if story.ending == "cancelling" else "All its money is on its way back."
        )
    for need in sorted(story.needs):
        until = story.address_until if need == "address" else story.mend_until
        words.append(f"It waits for {NEEDS[need]}{_until(until, zone)}.")
    if story.decline_words and told.order.found.order.status in ("placed", "declined"):
        words.append(f"The bank said: {story.decline_words}")
    return tuple(filter(None, (*words, WHY_CANCELLED[story.why_cancelled])))


def _until(moment: datetime | None, zone: ZoneInfo) -> str:
    return "" if moment is None else f", until {moment_words(moment, zone)}"


def shipped_words(marked: int) -> str:
    """What came of marking some orders, in a sentence."""
    return f"{marked:,} order{' is' if marked == 1 else 's are'} marked as shipped."
