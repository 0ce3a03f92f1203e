"""The letters about an order, and until when. Pure: what is known of the order, in words for its shopper."""

from datetime import datetime, tzinfo

from msgspec import Struct

from app.notices import (
    AddressMissing,
    CardDeclined,
    CardMissing,
    OrderCancelled,
    Receipt,
    RefundSent,
    Shipped,
    StepWanted,
)
from app.payments import Money
from app.sales.order import Order

WHY = {
    "shopper": "You asked us to.",
    "card": "No card paid it in time.",
    "step": "The step that your bank asked for was not taken in time.",
    "address": "We did not hear in time where to send it.",
}


class SiteWords(Struct, frozen=True):
    """What a letter about an order needs to know of the shop: what its links begin with, and its time zone."""

    address: str
    zone: tzinfo

    def page_of(self, order_id: str) -> str:
        """The order's page; shoppers come back there from their bank, too."""
        return f"{self.address}/orders/{order_id}"

    def time(self, moment: datetime) -> str:
        """Such as "2:35 PM CST"."""
        local = moment.astimezone(self.zone)
        return f"{local.hour % 12 or 12}:{local:%M %p %Z}".strip()


def receipt(order: Order, words: SiteWords) -> Receipt:
    """It is paid."""
    discount = str(Money(-order.discount, order.currency)) if order.discount else ""
    amounts = [Money(amount, order.currency) for amount in (order.unit_price, order.shipping, order.total)]
    price, shipping, total = map(str, amounts)
    link = words.page_of(order.id)
    return Receipt(order.number, order.title, order.quantity, price, discount, shipping, total, link)


def card_declined(order: Order, why: str, until: datetime, words: SiteWords) -> CardDeclined:
    """Another card is needed."""
    return CardDeclined(order.number, order.title, why, words.time(until), words.page_of(order.id))


def step_wanted(order: Order, until: datetime, words: SiteWords) -> StepWanted:
    """The bank wants to hear from them; the order's page leads there."""
    return StepWanted(order.number, order.title, words.time(until), words.page_of(order.id))


def card_missing(order: Order, until: datetime, words: SiteWords) -> CardMissing:
    """There is none."""
    return CardMissing(order.number, order.title, words.time(until), words.page_of(order.id))


def address_missing(order: Order, until: datetime, words: SiteWords) -> AddressMissing:
    """There is none."""
    return AddressMissing(order.number, order.title, words.time(until), words.page_of(order.id))


def cancelled(order: Order, why: str, given_back: int, words: SiteWords) -> OrderCancelled:
    """It is, and so much goes back."""
    money = f"{Money(given_back, order.currency)} is on its way back to your card." if given_back else ""
    return OrderCancelled(order.number, order.title, WHY[why], money, words.page_of(order.id))


def refund_sent(order: Order, amount: Money, words: SiteWords) -> RefundSent:
    """Staff gave money back."""
    return RefundSent(order.number, order.title, str(amount), words.page_of(order.id))


def shipped(order: Order, carrier: str, tracking: str, words: SiteWords) -> Shipped:
    """It has left the house."""
    return Shipped(order.number, order.title, carrier, tracking, words.page_of(order.id))
