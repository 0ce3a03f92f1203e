"""A deal as a merchandiser writes it, and as the desk shows it."""

import re
from datetime import datetime
from itertools import pairwise
from typing import Annotated, Any, Literal

from babel.numbers import list_currencies
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    StrictInt,
    ValidationInfo,
    field_validator,
)

from app.inventory.caps import CAPS, over_the_caps
from app.payments.money import Money
from app.platform.clock import rfc3339

MAX_PRICE = 20_000_000  # minor units; with MAX_LIMIT of them an order's total still fits
MAX_LIMIT = 100
# Those of the second block too: a terminal that reads U+009B as the begin of a command would obey a title.
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
BREAKS = re.compile(r"[\t\n\u2028\u2029]")
UNSEEN = re.compile(r"[\s\u00ad\u200b-\u200f\u2060\ufeff]*")
TURNED = re.compile(r"[\u202a-\u202e]")  # turn what comes after them around, on a whole line of other words


def _one_line(text: str) -> str:
    text = text.strip()
    if CONTROL.search(text) or BREAKS.search(text):
        raise ValueError("must be a single line of text")
    if TURNED.search(text):
        raise ValueError("must not turn the direction of what stands beside it")
    return text


def _title(text: str) -> str:
    text = _one_line(text)
    if UNSEEN.fullmatch(text):
        raise ValueError("must not be empty")
    return text


def _prose(text: str) -> str:
    text = text.strip().replace("\r\n", "\n").replace("\r", "\n")
    if CONTROL.search(text):
        raise ValueError("must not contain control characters")
    return text


def _whole_second(moment: datetime) -> datetime:
    """Neither a form nor the trail has a place for more, and an undo compares with what they keep."""
    if not 2000 <= moment.year < 3000:
        raise ValueError("must be within the years 2000 to 2999")
    return moment.replace(microsecond=0)


def _currency(code: str) -> str:
    if code not in list_currencies("en_US"):
        raise ValueError("must be a currency's code, such as USD")
    return code


Line = Annotated[str, Field(max_length=200), AfterValidator(_one_line)]
Amount = Annotated[StrictInt, Field(ge=0, le=MAX_PRICE)]
Minutes = Annotated[StrictInt, Field(ge=1, le=60 * 24 * 31)]
MOST_STEPS = 5


class RewardStep(BaseModel):
    """So many minutes after a stall began the reward rises to this, in minor units."""

    model_config = ConfigDict(extra="forbid")

    after_minutes: Annotated[StrictInt, Field(ge=0, le=60 * 24 * 31)]
    reward: Amount


def _growing(steps: list[RewardStep]) -> list[RewardStep]:
    for before, after in pairwise(steps):
        if after.after_minutes <= before.after_minutes or after.reward <= before.reward:
            raise ValueError("must grow from step to step, both the minutes and the reward")
    return steps


Steps = Annotated[list[RewardStep], Field(max_length=MOST_STEPS), AfterValidator(_growing)]


class NewDeal(BaseModel):
    """What a merchandiser says of a deal. Amounts in minor units of `currency` (the shop's where it is not given)."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"title": "The Loaf Admiral", "price": 4999, "quantity": 60, "limit": 3}]
        },
    )

    title: Annotated[str, Field(max_length=120), AfterValidator(_title)]
    tagline: Line = ""
    story: Annotated[str, Field(max_length=20_000), AfterValidator(_prose)] = ""
    condition: Line = "New"
    category: Line = ""
    currency: Annotated[str, Field(max_length=3), AfterValidator(_currency)] | None = None
    price: Amount
    list_price: Amount | None = None
    shipping: Annotated[StrictInt, Field(ge=0, le=1_000_000)] = 0
    quantity: Annotated[StrictInt, Field(ge=1, le=1_000_000)]
    limit: Annotated[StrictInt, Field(ge=1, le=MAX_LIMIT)] = 3
    stock_display: Literal["percent", "exact"] = "percent"
    reward: Amount | None = None
    friend_discount: Amount | None = None
    reward_cap: Amount | None = None
    reward_cap_each: Amount | None = None
    friends_discount: Amount | None = None
    stall_after_minutes: Minutes | None = None
    reward_steps: Steps = []
    pot: Annotated[StrictInt, Field(ge=1, le=MAX_PRICE)] | None = None
    pot_minutes: Minutes | None = None
    max_minutes: Minutes | None = None
    not_before: Annotated[AwareDatetime, AfterValidator(_whole_second)] | None = None

    @field_validator(*CAPS, "reward_steps")
    @classmethod
    def _within_the_caps(cls, value: Any, info: ValidationInfo) -> Any:
        """With the fields that were read before it: the reward stands before the caps, and they before the steps."""
        name = str(info.field_name)
        plain = [step.model_dump() for step in value] if name == "reward_steps" else value
        wrong = over_the_caps({**info.data, name: plain})
        if name in wrong:
            raise ValueError(wrong[name])
        return value


def _without_defaults(schema: dict[str, Any]) -> None:
    """What is left out of an edit stays as it is, so no field of it has a default."""
    for field in schema["properties"].values():
        field.pop("default", None)
    schema["examples"] = [{"price": 3999, "version": 2}]


class DealEdit(NewDeal):
    """What to change of a deal: only the fields that are there. With `version` (or If-Match) nobody's edit is lost."""

    model_config = ConfigDict(extra="forbid", json_schema_extra=_without_defaults)

    title: Annotated[str, Field(max_length=120), AfterValidator(_title)] = ""
    price: Amount = 0
    quantity: Annotated[StrictInt, Field(ge=1, le=1_000_000)] = 1
    version: Annotated[StrictInt, Field(ge=1, le=2**31 - 1)] | None = None

    def fields(self, currency: str) -> dict[str, Any]:
        """The columns of a deal that it names, with their new values. `currency` is the shop's."""
        named = self.model_dump(exclude_unset=True, exclude={"version"})
        if "limit" in named:
            named["unit_limit"] = named.pop("limit")
        if "currency" in named:
            named["currency"] = named["currency"] or currency
        return named


def desk_document(deal: Any, sold: int) -> dict[str, object]:
    """A row of `deals` as merchandisers see it; `sold` in units."""

    def money(amount: int | None) -> dict[str, object] | None:
        return None if amount is None else Money(amount, deal.currency).document()

    def moment(at: datetime | None) -> str | None:
        return None if at is None else rfc3339(at)

    return {
        "id": deal.id,
        "version": deal.version,
        "state": deal.state,
        "title": deal.title,
        "tagline": deal.tagline,
        "story": deal.story,
        "condition": deal.condition,
        "category": deal.category,
        "price": money(deal.price),
        "list_price": money(deal.list_price),
        "shipping": money(deal.shipping),
        "currency": deal.currency,
        "quantity": deal.quantity,
        "sold": sold,
        "limit": deal.unit_limit,
        "stock_display": deal.stock_display,
        "reward": money(deal.reward),
        "friend_discount": money(deal.friend_discount),
        "reward_cap": money(deal.reward_cap),
        "reward_cap_each": money(deal.reward_cap_each),
        "friends_discount": money(deal.friends_discount),
        "stall_after_minutes": deal.stall_after_minutes,
        "reward_steps": [step | {"reward": money(step["reward"])} for step in deal.reward_steps],
        "pot": money(deal.pot),
        "pot_minutes": deal.pot_minutes,
        "max_minutes": deal.max_minutes,
        "not_before": moment(deal.not_before),
        "has_photo": deal.photo is not None,
        "started_at": moment(deal.started_at),
        "ends_at": moment(deal.ends_at),
        "ended_at": moment(deal.ended_at),
        "end_reason": deal.end_reason,
    }
