"""What a merchandiser types of a parcel: who carries it, and the number to follow it by."""

import re
import unicodedata

from msgspec import Struct

CARRIER_LENGTH = 60  # characters
TRACKING_LENGTH = 100
NEVER_PRINTED = {"Cc", "Cf", "Cs", "Zl", "Zp"}
ROUNDED = re.compile(r"\d([.,]\d+)?E\+?\d+", re.IGNORECASE)  # 9.4E+21


class Parcel(Struct, frozen=True):
    """`tracking` may be empty: a letter has no number."""

    carrier: str
    tracking: str


class NotAParcel(ValueError):
    """A text cannot stand on a parcel; `field` is carrier or tracking."""

    def __init__(self, field: str, words: str) -> None:
        super().__init__(words)
        self.field = field


def read_parcel(carrier: str, tracking: str) -> Parcel:
    """The parcel that was typed. Raises NotAParcel."""
    named = _line("carrier", carrier, CARRIER_LENGTH)
    if not named:
        raise NotAParcel("carrier", "say who carries it, such as UPS")
    number = _line("tracking", tracking, TRACKING_LENGTH)
    if ROUNDED.fullmatch(number):
        raise NotAParcel(
            "tracking", "a spreadsheet has rounded this number; make its column a text, and type it anew"
        )
    return Parcel(named, number)


def _line(field: str, typed: str, most: int) -> str:
    text = " ".join(part for part in unicodedata.normalize("NFC", typed).split(" ") if part)
    if len(text) > most:
        raise NotAParcel(field, f"has {len(text)} characters, {most} are the most")
    if any(unicodedata.category(character) in NEVER_PRINTED for character in text):
        raise NotAParcel(field, "has a control character or a line end in it")
    return text
