"""Helping to sell it out: coupons, and who helped with which order. Links and rewards come into this room later."""

from app.sharing.coupons import Discount, quote
from app.sharing.helping import Help, Helper, read_help
from app.sharing.referral import Referral

__all__ = ["Discount", "Help", "Helper", "Referral", "quote", "read_help"]
