"""Whether somebody helped another, or themselves. The order is honoured in any case: it is about the reward alone.

What is certain refuses. What may be two honest people of one household is held, and somebody of the staff looks; two
doubts of that kind together refuse.
"""

import unicodedata
from collections.abc import Callable
from datetime import datetime
from typing import Literal

from msgspec import Struct

from app.identity import Address

Sign = Literal[
    "gone",
    "account",
    "mailbox",
    "card",
    "claimed-late",
    "device",
    "address",
    "circle",
    "alike-mailbox",
    "buyer-gone",
]
DOTS_MEAN_NOTHING = ("gmail.com", "googlemail.com")
WORDS: dict[Sign, str] = {
    "gone": "The helper's account is deleted.",
    "account": "Helper and buyer are one account.",
    "mailbox": "Helper and buyer have one mailbox.",
    "card": "Helper and buyer have the same card.",
    "claimed-late": "The link became the helper's after the order was placed.",
    "device": "Helper and buyer use the same browser.",
    "address": "Helper and buyer live at the same address.",
    "circle": "Buyer and helper have helped each other.",
    "alike-mailbox": "The e-mail addresses of helper and buyer differ by nothing but dots.",
    "buyer-gone": "The buyer's account is deleted, so nothing can be compared any more.",
}


class Known(Struct, frozen=True):
    """What is known of somebody. `email` is None where the account is deleted; `cards` are fingerprints."""

    shopper_id: int
    email: str | None
    cards: frozenset[str] = frozenset()
    address: Address | None = None


class Circumstances(Struct, frozen=True):
    """How the order came. `claimed_at` is when the link became the helper's; None: it was theirs from the start.

    `sent_to` is the address on its parcel, as far as that is known.
    """

    placed_at: datetime
    claimed_at: datetime | None = None
    same_browser: bool = False  # the link was made in the one that bought, or both have made links in one
    is_circle: bool = False  # the buyer's link sold to the helper not long before
    sent_to: Address | None = None


class Earns(Struct, frozen=True):
    """Nothing speaks against it."""


class Held(Struct, frozen=True):
    """Somebody has to look."""

    why: Sign


class Refused(Struct, frozen=True):
    """It earns nothing."""

    why: tuple[Sign, ...]


Judgement = Earns | Held | Refused


def judge_help(helper: Known, buyer: Known, came: Circumstances) -> Judgement:
    """Whether this help earns its reward."""
    certain = _certain(helper, buyer, came)
    if certain:
        return Refused(certain)
    doubts = _doubts(helper, buyer, came)
    if len(doubts) > 1:
        return Refused(doubts)
    return Held(doubts[0]) if doubts else Earns()


def _certain(helper: Known, buyer: Known, came: Circumstances) -> tuple[Sign, ...]:
    signs: dict[Sign, bool] = {
        "gone": helper.email is None,
        "account": helper.shopper_id == buyer.shopper_id,
        "mailbox": _is_same(helper.email, buyer.email, mailbox),
        "card": bool(helper.cards & buyer.cards),
        "claimed-late": came.claimed_at is not None and came.claimed_at > came.placed_at,
    }
    return tuple(sign for sign, is_there in signs.items() if is_there)


def _doubts(helper: Known, buyer: Known, came: Circumstances) -> tuple[Sign, ...]:
    theirs = {house(one) for one in (buyer.address, came.sent_to) if one is not None}
    signs: dict[Sign, bool] = {
        "device": came.same_browser,
        "address": helper.address is not None and house(helper.address) in theirs,
        "circle": came.is_circle,
        "alike-mailbox": _is_same(helper.email, buyer.email, lambda email: mailbox(email, dots=False)),
        "buyer-gone": buyer.email is None,
    }
    return tuple(sign for sign, is_there in signs.items() if is_there)


def _is_same(one: str | None, other: str | None, norm: Callable[[str], str]) -> bool:
    return one is not None and other is not None and norm(one) == norm(other)


def mailbox(email: str, *, dots: bool = True) -> str:
    """Where its mail arrives, as far as one can tell: without case and plus-tags; and without dots, where that is
    certain to be the same, or always where `dots` are not to count.
    """
    name, _, domain = unicodedata.normalize("NFKC", email).strip().casefold().rpartition("@")
    name = name.partition("+")[0]
    if not dots or domain in DOTS_MEAN_NOTHING:
        name = name.replace(".", "")
    return f"{name}@{'gmail.com' if domain in DOTS_MEAN_NOTHING else domain}"


def house(address: Address) -> str:
    """The same for two ways to write one address; whose name is on the door does not count."""
    lines = (address.street + address.extra, address.postal_code, address.city, address.country)
    return "\n".join(_bare(line) for line in lines)


def _bare(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).casefold()
    return "".join(c for c in plain if c.isalnum())
