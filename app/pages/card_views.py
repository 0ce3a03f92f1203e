"""Plain views of cards on file: what may be shown of them, in words."""

from datetime import datetime

from msgspec import Struct

from app.payments import Card

BRANDS = {
    "amex": "American Express",
    "cartes_bancaires": "Cartes Bancaires",
    "diners": "Diners Club",
    "jcb": "JCB",
    "unionpay": "UnionPay",
}


class CardView(Struct, frozen=True):
    id: str
    words: str  # such as "Visa ending in 4242"
    until: str
    over: bool
    charged: bool  # the one that pays


def card_view(card: Card, now: datetime) -> CardView:
    """One of them, as its owner may see it."""
    brand = BRANDS.get(card.brand, card.brand.replace("_", " ").title())
    over = card.is_over(now)
    month = f"{card.exp_month:02}/{card.exp_year}"
    words = f"{brand} ending in {card.last4}"
    return CardView(
        card.id, words, f"over since {month}" if over else f"good until {month}", over, card.is_default
    )
