"""What somebody says along with a link: a sentence or two, as plain text."""

import unicodedata

ADVICE_LENGTH = 200  # characters
NEVER = {"Cc", "Cs"}  # control characters and halves of characters
DIRECTION_MARKS = set("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


class AdviceTooLong(ValueError):
    """Advice is at most 200 characters."""


def clean_advice(typed: str) -> str:
    """`typed` in one line and one spelling, without what nobody could read; empty where nothing is left.

    Raises AdviceTooLong.
    """
    text = " ".join(unicodedata.normalize("NFC", typed).split())
    text = "".join(c for c in text if unicodedata.category(c) not in NEVER and c not in DIRECTION_MARKS)
    if len(text) > ADVICE_LENGTH:
        raise AdviceTooLong(f"At most {ADVICE_LENGTH} characters, please.")
    return text if any(unicodedata.category(c)[0] in "LNPS" for c in text) else ""
