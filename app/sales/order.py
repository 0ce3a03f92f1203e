"""An order, a wish for one, and the terms it is bought on."""

import hashlib
import json
import secrets
from dataclasses import dataclass
from datetime import datetime

from app.payments import Money
from app.platform.clock import rfc3339


@dataclass(frozen=True, slots=True)
class Terms:
    """What a deal is sold on. Amounts in minor units of `currency`; `quantity` units, `limit` of them a shopper."""

    deal_id: int
    title: str
    currency: str
    unit_price: int
    shipping: int
    quantity: int
    limit: int


@dataclass(frozen=True, slots=True)
class Wish:
    """What a shopper asks for, under a key of their own that makes asking again harmless."""

    shopper_id: int
    key: str
    deal_id: int
    quantity: int
    coupon: str | None = None
    line_offer: str | None = None

    @property
    def body_hash(self) -> bytes:
        """Tells whether two requests under one key ask for the same."""
        body = json.dumps([self.deal_id, self.quantity, self.coupon, self.line_offer])
        return hashlib.sha256(body.encode()).digest()


@dataclass(frozen=True, slots=True)
class Order:
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

    def document(self) -> dict[str, object]:
        """As the public contract writes orders."""

        def money(amount: int) -> dict[str, object]:
            return Money(amount, self.currency).document()

        return {
            "id": self.id,
            "number": self.number,
            "deal_id": self.deal_id,
            "title": self.title,
            "quantity": self.quantity,
            "unit_price": money(self.unit_price),
            "discount": money(self.discount),
            "shipping": money(self.shipping),
            "total": money(self.total),
            "status": self.status,
            "place": self.place,
            "placed_at": rfc3339(self.placed_at),
        }


def new_order_id() -> str:
    """An opaque id that nobody can guess (96 random bits)."""
    return secrets.token_urlsafe(12)
