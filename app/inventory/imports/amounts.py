"""Amounts and numbers as people and shops write them: 1,299.00, 1.299,00, 1 299,00 €, 105.29 USD.

Where a text can be read in two ways, the rest of the file decides; where that does not either, nobody guesses.
"""

import re
from collections.abc import Iterable
from decimal import Decimal
from functools import lru_cache
from typing import Literal

from app.payments.money import minor_digits

Mark = Literal[".", ","]
MOST_DIGITS = 9  # of whole units

BLANKS = "\u0020\u00a0\u202f\u2009\u2007"
SIGNS = {
    "$": ("USD", "CAD", "AUD", "NZD", "SGD", "HKD", "MXN", "TWD", "CLP", "COP", "ARS"),
    "€": ("EUR",),
    "£": ("GBP",),
    "¥": ("JPY", "CNY"),
    "￥": ("JPY", "CNY"),
    "円": ("JPY",),
    "元": ("CNY",),
    "₹": ("INR",),
    "₩": ("KRW",),
    "₺": ("TRY",),
    "₽": ("RUB",),
    "₴": ("UAH",),
    "₪": ("ILS",),
    "zł": ("PLN",),
    "kč": ("CZK",),
    "kr": ("SEK", "NOK", "DKK", "ISK"),
    "kr.": ("DKK", "NOK", "SEK"),
    "fr.": ("CHF",),
    "r$": ("BRL",),
    "us$": ("USD",),
    "ca$": ("CAD",),
    "c$": ("CAD",),
    "a$": ("AUD",),
    "au$": ("AUD",),
}
AMOUNT = re.compile(
    rf"(?P<before>[^\d.,'’+\-{BLANKS}]{{0,4}})[{BLANKS}]*(?P<number>\d[\d.,'’{BLANKS}]*?)[{BLANKS}]*"
    rf"(?P<after>(?:[^\d.,'’+\-{BLANKS}][^\d,'’+\-{BLANKS}]{{0,3}})?)",
    re.ASCII,
)
NUMBER = re.compile(r"(?P<whole>[\d.,'’ ]*?\d)(?:(?P<mark>[.,])(?P<part>\d*))?", re.ASCII)
EITHER = re.compile(r"[1-9]\d{0,2}[.,]\d{3}", re.ASCII)  # thousands, or three decimals
GROUPS = re.compile(r"\d{1,3}(?:([.,'’ ])\d{3})(?:\1\d{3})*|\d{1,2}(?:,\d{2})+,\d{3}", re.ASCII)


class UnreadableError(ValueError):
    """A text is no such number; the message says what would be right."""


def decimal_mark(texts: Iterable[str]) -> Mark | None:
    """What a file's own amounts show to be its decimal mark; None where they show nothing, or both."""
    shown = {mark for text in texts if (mark := _shows(text)) is not None}
    return shown.pop() if len(shown) == 1 else None


def _shows(text: str) -> Mark | None:
    marks = [character for character in text if character in ".,"]
    if not marks:
        return None
    last: Mark = "." if marks[-1] == "." else ","
    behind = re.match(r"\d*", text[text.rindex(last) + 1 :], re.ASCII)
    is_thousands = len(marks) == 1 and behind is not None and len(behind[0]) == 3
    return None if is_thousands or marks.count(last) > 1 else last


def read_amount(text: str, currency: str, mark: Mark | None = None) -> int:
    """`text` in minor units of `currency`; `mark` is the file's decimal mark, where that is known.

    Raises UnreadableError, saying what would be right.
    """
    digits, right = _rule(currency)
    found = AMOUNT.fullmatch(text.strip(BLANKS))
    if found is None:
        raise UnreadableError(right)
    for sign in (found["before"], found["after"]):
        _check_currency(sign, currency, right)
    whole, part = _parts(found["number"], mark, digits, right)
    if len(part) > digits:
        raise UnreadableError(right if not digits else f"{right}: {currency} has {digits} decimals")
    if len(whole.lstrip("0")) > MOST_DIGITS:
        raise UnreadableError(f"more than any deal may cost; {right}")
    return int(whole + part.ljust(digits, "0"))


@lru_cache(maxsize=16)  # the same for every row
def _rule(currency: str) -> tuple[int, str]:
    """How many decimals a currency has, and what an amount in it looks like."""
    digits = minor_digits(currency)
    return digits, f"not an amount in {currency}, such as {Decimal(4999).scaleb(-2):.{digits}f}"


def read_count(text: str, mark: Mark | None = None) -> int:
    """`text` as a whole number of 0 or more; "12.0", as spreadsheets and shops write it, is one.

    Raises UnreadableError.
    """
    right = "not a whole number, such as 40"
    text = text.strip(BLANKS)
    if text.isascii() and text.isdigit():
        if len(text) > MOST_DIGITS:
            raise UnreadableError("larger than any stock")
        return int(text)
    if re.fullmatch(r"-\d+(\.0*)?", text, re.ASCII):
        raise UnreadableError("less than nothing; it must be a whole number, 1 or more")
    if not re.fullmatch(rf"\d[\d.,'’{BLANKS}]*", text, re.ASCII):
        raise UnreadableError(right)
    whole, part = _parts(text, mark, 3, right)
    if part.strip("0") or len(whole) > MOST_DIGITS:
        raise UnreadableError(right)
    return int(whole)


def _check_currency(sign: str, currency: str, right: str) -> None:
    if not sign or sign.upper() == currency or currency in SIGNS.get(sign.lower(), ()):
        return
    if re.fullmatch(r"[A-Za-z]{3}", sign) or sign.lower() in SIGNS:
        raise UnreadableError(f"in another currency ({sign}); {right}")
    raise UnreadableError(right)


def _parts(number: str, mark: Mark | None, digits: int, right: str) -> tuple[str, str]:
    """The digits before and behind the decimal mark."""
    number = re.sub(rf"[{BLANKS}]", " ", number).replace("’", "'")
    if EITHER.fullmatch(number) and digits and mark is None:
        one, other = number[:-4] + number[-3:], f"{number[:-4]}.{number[-3:]}"
        raise UnreadableError(f"can be read as {one} and as {other}; write {one}.00 or {other[:-1]}")
    marks = [character for character in number if character in ".,"]
    last = marks[-1] if marks else ""
    grouped = not marks or marks.count(last) > 1 or (EITHER.fullmatch(number) and last != mark)
    whole, _, part = (number, "", "") if grouped else number.rpartition(last)
    if not grouped and last in whole:
        raise UnreadableError(right)
    if not whole.isdigit() and not GROUPS.fullmatch(whole):
        raise UnreadableError(right)
    if not (part.isdigit() or not part):
        raise UnreadableError(right)
    return re.sub(r"[.,' ]", "", whole), part
