"""The form of a deal: what is typed, as text, and what it means. Pure."""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import Struct, field
from msgspec.structs import replace
from pydantic import ValidationError

from app.admin.shop_time import NotATimeError, TwiceError, Which, is_second, local_text, read_local
from app.inventory.desk import MAX_PRICE, DealEdit, NewDeal, read_steps, write_steps
from app.payments import Money, NotAnAmount, minor_digits, parse_money

LABELS = {
    "title": "Title",
    "tagline": "Line under the title",
    "story": "Story",
    "condition": "Condition",
    "category": "Category",
    "price": "Price",
    "list_price": "List price, crossed out",
    "shipping": "Shipping, for a whole order",
    "quantity": "Units",
    "limit": "Units a shopper may buy",
    "stock_display": "What shoppers see of the stock",
    "max_minutes": "Longest time on stage, in minutes",
    "not_before": "Hold until",
    "reward": "Reward for helping, for each unit",
    "reward_cap_each": "Most that one helper earns",
    "reward_cap": "Most that all helpers earn",
    "friend_discount": "Off for who comes by a link, for each unit",
    "friends_discount": "Off for who comes by a friend’s link, for each unit",
    "stall_after_minutes": "Minutes that it may take before it stalls",
    "reward_steps": "How the reward rises while it is stalled",
    "pot": "Pot for the helpers, if the stall is cleared in time",
    "pot_minutes": "Minutes to clear it",
}
HELP = ("reward", "reward_cap_each", "reward_cap", "friend_discount", "friends_discount")
STALL = ("stall_after_minutes", "reward_steps", "pot", "pot_minutes")
MONEY = ("price", "list_price", "shipping", *HELP, "pot")
NUMBERS = ("quantity", "limit", "max_minutes", "stall_after_minutes", "pot_minutes")
OPTIONAL = ("list_price", *HELP, "max_minutes", "stall_after_minutes", "pot", "pot_minutes", "not_before")
WITH_DEFAULT: dict[str, object] = {"shipping": 0, "limit": 3, "condition": "New", "reward_steps": []}
MOST = {"story": 20_000}  # characters that are taken at all; elsewhere a line's worth


class Difference(Struct, frozen=True):
    """A field in which what was typed and what is there are not the same."""

    label: str
    yours: str
    theirs: str


class DealForm(Struct, frozen=True):
    """What the form shows. `fixed` fields cannot be changed any more; `twice` asks which of two like times is meant."""

    values: Mapping[str, str]
    currency: str
    zone: str
    errors: Mapping[str, str] = field(default_factory=dict)
    fixed: Sequence[str] = ()
    version: int | None = None
    twice: bool = False
    which: Which = ""
    problem: str = ""
    differences: Sequence[Difference] = ()
    labels: Mapping[str, str] = field(default_factory=lambda: LABELS)

    def says(self, part: str) -> bool:
        """Whether there is anything in its part `help` or `stall`, or wrong with it."""
        return any(self.values[name] or name in self.errors for name in (HELP if part == "help" else STALL))

    def differing_from(self, present: "DealForm", problem: str) -> "DealForm":
        """This form with what was typed kept, ready to be sent over `present`, which stands beside it."""
        differences = [
            Difference(label, self.values.get(name, ""), present.values[name])
            for name, label in LABELS.items()
            if name in self.values and _same_lines(self.values[name]) != _same_lines(present.values[name])
        ]
        kept = {**present.values, **self.values}
        return replace(
            self,
            values=kept,
            version=present.version,
            fixed=present.fixed,
            problem=problem,
            differences=differences,
        )


class Wanted(Struct, frozen=True):
    """What a form that was sent means: `fields` by the names that a deal has in the API; or what is wrong with it."""

    fields: Mapping[str, Any]
    errors: Mapping[str, str]
    twice: bool


def empty_form(currency: str, zone: ZoneInfo) -> DealForm:
    """The form of a deal that is not there yet."""
    values = dict.fromkeys(LABELS, "") | {"condition": "New", "limit": "3", "stock_display": "percent"}
    return DealForm(values, currency, zone.key)


def form_of(deal: Mapping[str, Any], zone: ZoneInfo, fixed: Sequence[str] = ()) -> DealForm:
    """The form of a deal, given as the API shows it; its moments are datetimes."""
    values = {name: "" if deal[name] is None else str(deal[name]) for name in LABELS if name not in MONEY}
    for name in MONEY:
        money = deal[name]
        values[name] = "" if money is None else plain_amount(money["amount"], deal["currency"])
    steps = [step | {"reward": step["reward"]["amount"]} for step in deal["reward_steps"]]
    values["reward_steps"] = write_steps(steps, deal["currency"])
    held = deal["not_before"]
    values["not_before"] = "" if held is None else local_text(held, zone)
    which: Which = "" if held is None else is_second(held, zone)
    return DealForm(
        values,
        deal["currency"],
        zone.key,
        fixed=fixed,
        version=deal["version"],
        twice=bool(which),
        which=which,
    )


def typed_form(typed: Mapping[str, str], form: DealForm, wanted: Wanted | None = None) -> DealForm:
    """`form` with what was typed instead of what was there."""
    values = {name: typed[name][: MOST.get(name, 1000)] for name in LABELS if name in typed}
    which = which_of(typed)
    version = read_version(typed)
    twice = bool(which) if wanted is None else wanted.twice or bool(which)
    return replace(
        form,
        values={**form.values, **values},
        errors={} if wanted is None else wanted.errors,
        version=form.version if version is None else version,
        twice=twice,
        which=which,
    )


def read_version(typed: Mapping[str, str]) -> int | None:
    """The deal's version that the form was made of."""
    text = typed.get("version", "")
    return int(text) if re.fullmatch(r"\d{1,9}", text, re.ASCII) else None


def which_of(typed: Mapping[str, str]) -> Which:
    """Which of two equal times was chosen."""
    text = typed.get("which", "")
    return "first" if text == "first" else "second" if text == "second" else ""


def read_form(typed: Mapping[str, str], currency: str, zone: ZoneInfo, *, is_new: bool) -> Wanted:
    """What the fields mean that were typed (a new deal's must all be there); every error at once."""
    read = _Reading(currency, zone, which_of(typed))
    for name in LABELS:
        if name in typed:
            read.one(name, typed[name])
    model = NewDeal if is_new else DealEdit
    try:
        model.model_validate(read.fields)
    except ValidationError as error:
        for wrong in error.errors():
            name = str(wrong["loc"][0])
            read.errors.setdefault(name, "is missing" if wrong["type"] == "missing" else _plain(wrong["msg"]))
    return Wanted(read.fields, read.errors, read.twice)


class _Reading:
    """Fields as they are read, one by one."""

    def __init__(self, currency: str, zone: ZoneInfo, which: Which) -> None:
        self.currency, self.zone, self.which = currency, zone, which
        self.fields: dict[str, Any] = {}
        self.errors: dict[str, str] = {}
        self.twice = False

    def one(self, name: str, text: str) -> None:
        """Read one field's text into a value, or an error."""
        plain = text.strip()
        if not plain and name in OPTIONAL:
            self.fields[name] = None
        elif not plain and name in WITH_DEFAULT:
            self.fields[name] = WITH_DEFAULT[name]
        elif name in MONEY:
            self._money(name, plain)
        elif name in NUMBERS:
            self._number(name, plain)
        elif name == "reward_steps":
            self._steps(plain)
        elif name == "not_before":
            self._time(plain)
        else:
            self.fields[name] = text

    def _money(self, name: str, text: str) -> None:
        try:
            amount = parse_money(text, self.currency).amount
        except NotAnAmount as wrong:
            self.errors[name] = str(wrong) if text else "is missing"
            return
        if amount > MAX_PRICE:
            self.errors[name] = f"at most {Money(MAX_PRICE, self.currency)}"
        else:
            self.fields[name] = amount

    def _steps(self, text: str) -> None:
        try:
            self.fields["reward_steps"] = read_steps(text, lambda one: parse_money(one, self.currency).amount)
        except ValueError as wrong:
            self.errors["reward_steps"] = str(wrong)

    def _number(self, name: str, text: str) -> None:
        plain = text.replace(",", "")
        if re.fullmatch(r"\d{1,12}", plain, re.ASCII):
            self.fields[name] = int(plain)
        else:
            self.errors[name] = "not a whole number, such as 60" if text else "is missing"

    def _time(self, text: str) -> None:
        try:
            self.fields["not_before"] = read_local(text, self.zone, self.which)
        except NotATimeError as wrong:
            self.twice = isinstance(wrong, TwiceError)
            self.errors["not_before"] = str(wrong)


def _same_lines(text: str) -> str:
    """Browsers send other line breaks than we keep."""
    return text.strip().replace("\r\n", "\n")


def plain_amount(amount: int, currency: str) -> str:
    """An amount as it is typed: 49.99."""
    digits = minor_digits(currency)
    return f"{Decimal(amount).scaleb(-digits):.{digits}f}"


def _plain(message: str) -> str:
    return message.removeprefix("Value error, ").removeprefix("Input ")
