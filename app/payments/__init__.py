"""Money, and (in time) charging."""

from app.payments.money import Money, NotAnAmount, minor_digits, parse_money

__all__ = ["Money", "NotAnAmount", "minor_digits", "parse_money"]
