"""An order, a wish for one, and the terms it is bought on."""

import hashlib
import json
import os
from base64 import urlsafe_b64encode
from datetime import datetime
from functools import lru_cache

import msgspec
from msgspec import Struct

from app.payments import Money
from app.platform.clock import rfc3339
from app.sharing import Referral, taken_off

OVER = ("cancelled", "refunded")  # the statuses of an order that does not stand any more


class Terms(Struct, frozen=True):
    """What a deal is sold on. Amounts in minor units of `currency`; `quantity` units, `limit` of them a shopper.

    `friend_discount` comes off each unit for who was brought by somebody, `friends_discount` for who was brought by
    somebody on their friends list; the larger one counts.
    """

    deal_id: int
    title: str
    currency: str
    unit_price: int
    shipping: int
    quantity: int
    limit: int
    friend_discount: int = 0
    friends_discount: int = 0


class Wish(msgspec.Struct, frozen=True):
    """What a shopper asks for, under a key of their own that makes asking again harmless."""

    shopper_id: int
    key: str
    deal_id: int
    quantity: int
    coupon: str | None = None
    line_offer: str | None = None
    referral: Referral | None = None  # comes with the browser, not with the request's body

    @property
    def body_hash(self) -> bytes:
        """Tells whether two requests under one key ask for the same."""
        return _body_hash(self.deal_id, self.quantity, self.coupon, self.line_offer)


def discount_for(terms: Terms, wish: Wish, *, coupon: int = 0) -> int:
    """What comes off a wish's goods: a friend's discount, and a `coupon` worth so much. Minor units."""
    each = 0
    if wish.referral is not None and is_brought(wish):
        each = terms.friend_discount
        if wish.referral.as_friend:
            each = max(each, terms.friends_discount)
    return taken_off(terms.unit_price * wish.quantity, friend=each * wish.quantity, coupon=coupon)


def is_brought(wish: Wish) -> bool:
    """Whether somebody else has brought it."""
    return wish.referral is not None and wish.referral.helper_id != wish.shopper_id


@lru_cache(maxsize=1024)  # nearly all ask for one or two of the live deal
def _body_hash(*body: int | str | None) -> bytes:
    return hashlib.sha256(json.dumps(body).encode()).digest()


class Order(msgspec.Struct, frozen=True):
    """A durable order. Amounts in minor units of `currency`; `place` counts the deal's orders from 1."""

    id: str
    deal_id: int
    place: int
    title: str
    quantity: int
    currency: str
    unit_price: int
    discount: int
    shipping: int
    total: int
    status: str
    placed_at: datetime

    @property
    def number(self) -> str:
        """Short enough to read out on the telephone."""
        return f"{self.deal_id}-{self.place}"

    def as_placed(self) -> "Order":
        """As it was when it was made: the answer to its key stays the same, whatever has become of it since."""
        return self if self.status == "placed" else msgspec.structs.replace(self, status="placed")

    def document(self) -> dict[str, object]:
        """As the public contract writes orders."""
        document: dict[str, object] = msgspec.json.decode(self.json())
        return document

    def json(self) -> bytes:
        """The document's bytes. Most of it is the same for all orders of a deal, and is written once."""
        bought = _bought(
            self.deal_id,
            self.title,
            self.quantity,
            self.currency,
            self.unit_price,
            self.discount,
            self.shipping,
            self.total,
        )
        return b'{"id":"%b","number":"%b",%b,"status":"%b","place":%d,"placed_at":"%b"}' % (
            self.id.encode(),
            self.number.encode(),
            bought,
            self.status.encode(),
            self.place,
            rfc3339(self.placed_at).encode(),
        )


@lru_cache(maxsize=1024)
def _bought(
    deal_id: int,
    title: str,
    quantity: int,
    currency: str,
    unit_price: int,
    discount: int,
    shipping: int,
    total: int,
) -> bytes:
    amounts = {"unit_price": unit_price, "discount": discount, "shipping": shipping, "total": total}
    written = {"deal_id": deal_id, "title": title, "quantity": quantity}
    money = {name: Money(amount, currency).document() for name, amount in amounts.items()}
    return msgspec.json.encode(written | money)[1:-1]


def new_order_id() -> str:
    """An opaque id that nobody can guess (96 random bits)."""
    return urlsafe_b64encode(os.urandom(12)).decode()
