"""Money: whole minor units and a currency, never a float."""

import re
from decimal import Decimal
from functools import lru_cache

from babel.numbers import format_currency, get_currency_precision
from msgspec import Struct

__all__ = ["Money", "NotAnAmount", "minor_digits", "parse_money"]


def minor_digits(currency: str) -> int:
    """How many decimals `currency` has: 2 for USD, 0 for JPY, 3 for KWD."""
    return get_currency_precision(currency)


class NotAnAmount(ValueError):
    """A text is not an amount of money."""


class Money(Struct, frozen=True):
    """`amount` in minor units (cents for USD, yen for JPY, fils for KWD) of an ISO 4217 `currency`."""

    amount: int
    currency: str

    def __str__(self) -> str:
        return _text(self.amount, self.currency)

    def document(self) -> dict[str, object]:
        """As the public contract writes money: amount, currency and a ready text."""
        return {"amount": self.amount, "currency": self.currency, "text": str(self)}


def parse_money(text: str, currency: str) -> Money:
    """Read "1,299.99", "$49.99" or "50" as `currency`. Raises NotAnAmount, saying what would be right."""
    digits = minor_digits(currency)
    plain = text.strip().removeprefix("$").strip()
    whole = r"(\d{1,9}|\d{1,3}(,\d{3}){1,2})"  # "12,99" is no amount: somebody's 12.99 would become 1299
    shape = rf"{whole}(\.\d{{0,{digits}}})?" if digits else whole
    if not re.fullmatch(shape, plain, re.ASCII):
        raise NotAnAmount(f"not an amount in {currency}, such as {example(currency)}")
    return Money(int(Decimal(plain.replace(",", "")).scaleb(digits)), currency)


def example(currency: str) -> str:
    """A well-formed amount in `currency`, for an error's words."""
    digits = minor_digits(currency)
    return f"{Decimal(4999).scaleb(-2):.{digits}f}"


@lru_cache(maxsize=4096)
def _text(amount: int, currency: str) -> str:
    digits = minor_digits(currency)
    return format_currency(Decimal(amount).scaleb(-digits), currency, locale="en_US")
