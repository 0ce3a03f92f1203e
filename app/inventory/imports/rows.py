"""Drafts become deals, or all that keeps them from it is said at once."""

import hashlib
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from msgspec import Struct
from pydantic import ValidationError

from app.inventory.deal import NewDeal
from app.inventory.imports.amounts import Mark, UnreadableError, decimal_mark, read_amount, read_count
from app.inventory.imports.findings import COLUMNS, Asked, Bad, Draft, Good, Wrong
from app.inventory.imports.sale_dates import read_moment
from app.inventory.reward_steps import read_steps

# Whoever writes nothing into these has the row that was read before there were any.
LATER = (
    "friend_discount",
    "reward_cap",
    "reward_cap_each",
    "friends_discount",
    "reward_steps",
    "pot",
    "pot_minutes",
)
AMOUNTS = (
    "price",
    "list_price",
    "shipping",
    "reward",
    "reward_cap_each",
    "reward_cap",
    "friend_discount",
    "friends_discount",
    "pot",
)
COUNTS = ("quantity", "limit", "stall_after_minutes", "pot_minutes", "max_minutes")
WORDS = ("title", "tagline", "story", "condition", "category", "stock_display", "currency")
FREE = (
    "is 0, as shops write it where none was given; "
    "a deal that is free is mended at the desk, or comes in our own columns"
)
NO_DEAL = ("type", "gift card")  # where the row as a whole is no deal, its missing cells are not worth a word


class Findings(Struct):
    """What has been found so far."""

    good: list[Good]
    wrong: list[Wrong]
    bad: list[Bad]


def read_drafts(drafts: Sequence[Draft], asked: Asked, mark: Mark | None, *, is_ours: bool) -> Findings:
    """Every draft as a deal, or as what is wrong with it.

    `mark` is the decimal mark where the format has one; `is_ours` where the rows are meant as deals, so that nothing in
    them is passed over.
    """
    mended = [_mended(draft, asked) for draft in drafts]
    if mark is None:
        mark = decimal_mark(
            draft.texts[name] for draft in mended for name in AMOUNTS if draft.texts.get(name)
        )
    found = Findings([], [], [])
    seen: Counter[str] = Counter()
    for draft in mended:
        reading = _Reading(draft, asked, mark, is_ours)
        deal = reading.deal()
        if deal is None:
            found.wrong += [Wrong(draft.line, field, message) for field, message in reading.wrong]
            found.bad.append(Bad(draft.line, {name: draft.texts.get(name, "") for name in COLUMNS}))
            continue
        photo = draft.texts.get("photo", "").strip()
        alt = draft.texts.get("photo_alt", "").strip() or deal.title
        digest = _digest(deal, photo, alt)
        seen[digest] += 1
        found.good.append(Good(draft.line, deal, photo, alt, f"{digest}-{seen[digest]}"))
    return found


def _mended(draft: Draft, asked: Asked) -> Draft:
    """With the cells that somebody has written anew; what was wrong with them no longer counts."""
    cells = asked.mended.get(draft.line)
    if not cells:
        return draft
    return Draft(draft.line, draft.texts | dict(cells), (), {})


def _digest(deal: NewDeal, photo: str, alt: str) -> str:
    """The same for the same row, whatever file it stands in and however it is written there."""
    unsaid = {name for name in LATER if getattr(deal, name) in (None, [])}
    parts = (deal.model_dump_json(exclude=unsaid), photo, alt)
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


class _Reading:
    """One draft on its way."""

    def __init__(self, draft: Draft, asked: Asked, mark: Mark | None, is_ours: bool) -> None:
        self.texts = draft.texts
        self.called: Mapping[str, str] = draft.called
        self.asked = asked
        self.mark = mark
        self.is_ours = is_ours
        self.is_meant = is_ours or draft.line in asked.mended
        self.wrong: list[tuple[str, str]] = []
        self.is_no_deal = any(field in NO_DEAL for field, _ in draft.wrong)
        for field, message in draft.wrong:
            self._say(field, message)

    def deal(self) -> NewDeal | None:
        """The deal; None where something is wrong, which `wrong` then says."""
        values: dict[str, Any] = {name: self.texts[name] for name in WORDS if self.texts.get(name)}
        values["title"] = self.texts.get("title", "").strip()
        if values.get("currency"):
            values["currency"] = values["currency"].strip().upper()
        self._quantity()
        currency = values.get("currency") or self.asked.currency
        for name in AMOUNTS:
            self._read(values, name, lambda text: read_amount(text, currency, self.mark))
        for name in COUNTS:
            self._read(values, name, lambda text: read_count(text, self.mark))
        self._read(values, "reward_steps", lambda text: self._steps(text, currency))
        self._read(values, "not_before", self._moment)
        if not self.is_no_deal:
            self._missing(values)
        if not self.is_ours and (values.get("list_price") or 0) <= values.get("price", 0):
            values.pop("list_price", None)  # shops write the same price twice where nothing is reduced
        return self._made(values)

    def _say(self, field: str, message: str) -> None:
        name = self.called.get(field)
        self.wrong.append((field, f"{message} (column {name})" if name else message))

    def _read(self, values: dict[str, Any], name: str, read: Callable[[str], object]) -> None:
        text = self.texts.get(name, "").strip()
        if not text or name in {field for field, _ in self.wrong}:
            return
        try:
            values[name] = read(text)
        except UnreadableError as error:
            self._say(name, str(error))

    def _moment(self, text: str) -> object:
        moment = read_moment(text, self.asked.zone)
        if moment is None:
            raise UnreadableError("not a time such as 2026-11-27 06:00 or 2026-11-27T06:00:00Z")
        return moment

    def _steps(self, text: str, currency: str) -> object:
        try:
            return read_steps(text, lambda amount: read_amount(amount, currency, self.mark))
        except UnreadableError:
            raise
        except ValueError as error:
            raise UnreadableError(str(error)) from None

    def _quantity(self) -> None:
        if not self.texts.get("quantity", "").strip() and self.asked.quantity is not None:
            self.texts = self.texts | {"quantity": str(self.asked.quantity)}

    def _missing(self, values: dict[str, Any]) -> None:
        said = {field for field, _ in self.wrong}
        if "price" not in values and "price" not in said:
            self._say("price", "is missing; it must be an amount, such as 49.99")
        if values.get("price") == 0 and not self.is_meant:
            self._say("price", FREE)
        if "quantity" not in values and "quantity" not in said:
            self._say(
                "quantity",
                "is missing; write how many there are, such as 40, or give one number for all rows without one",
            )
        if values.get("quantity") == 0:
            del values["quantity"]
            self._say("quantity", "there is nothing to sell; it must be a whole number, 1 or more")

    def _made(self, values: dict[str, Any]) -> NewDeal | None:
        said = {field for field, _ in self.wrong}
        try:
            deal = NewDeal.model_validate(values)
        except ValidationError as error:
            for problem in error.errors(include_url=False):
                field = str(problem["loc"][0])
                if field not in said and not (self.is_no_deal and problem["type"] == "missing"):
                    self._say(field, _words(field, problem["msg"], problem["input"]))
            return None
        return None if self.wrong else deal


def _words(field: str, message: str, given: object) -> str:
    message = message.removeprefix("Value error, ").removeprefix("Input ")
    if field == "title" and message.startswith("must not be empty"):
        return "is missing; it must be one line of text"
    if "at most" in message and isinstance(given, str):
        return f"{message.removeprefix('String ')}, and has {len(given)}"
    return message.removeprefix("String ")
