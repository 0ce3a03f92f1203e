"""Titles within sentences: one that is written from right to left must not carry the words beside it along."""

from unicodedata import bidirectional

ALONE, DONE = "\N{FIRST STRONG ISOLATE}", "\N{POP DIRECTIONAL ISOLATE}"


def set_apart(title: str) -> str:
    """`title` as a sentence takes it, between two marks that nobody sees where it has Arabic or Hebrew in it."""
    has_rtl = any(bidirectional(sign) in ("R", "AL") for sign in title)
    return f"{ALONE}{title}{DONE}" if has_rtl else title
