"""The shapes of deals, of the queue and of the audit trail on the wire."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictInt

from app.inventory.ordering import Step, Target
from app.inventory.rotation import Reason

MAX_ID = 2**63 - 1
Id = Annotated[StrictInt, Field(ge=1, le=MAX_ID)]
Version = Annotated[StrictInt, Field(ge=1, le=MAX_ID)]
MOST_DEALS = 200_000  # in one order; the body's limit is reached long before


class DealMoney(BaseModel):
    """Money: whole minor units, an ISO 4217 currency, and a ready text."""

    model_config = ConfigDict(title="Money")

    amount: int = Field(examples=[4999])
    currency: str = Field(examples=["USD"])
    text: str = Field(examples=["$49.99"])


class RewardStepDocument(BaseModel):
    """So many minutes after a stall began the reward rises to this."""

    model_config = ConfigDict(title="Reward step")

    after_minutes: int = Field(examples=[15])
    reward: DealMoney


class DealDocument(BaseModel):
    """A deal as merchandisers see it. `version` grows with each edit; `sold` in units."""

    model_config = ConfigDict(title="Deal")

    id: int = Field(examples=[37])
    version: int = Field(examples=[1])
    state: Literal["queued", "live", "ended", "withdrawn"]
    title: str = Field(examples=["The Loaf Admiral"])
    tagline: str
    story: str
    condition: str = Field(examples=["New"])
    category: str = Field(examples=["Kitchen"])
    price: DealMoney
    list_price: DealMoney | None
    shipping: DealMoney
    currency: str = Field(examples=["USD"])
    quantity: int = Field(examples=[60])
    sold: int = Field(examples=[0])
    limit: int = Field(examples=[3])
    stock_display: Literal["percent", "exact"]
    reward: DealMoney | None
    friend_discount: DealMoney | None
    reward_cap: DealMoney | None
    reward_cap_each: DealMoney | None
    friends_discount: DealMoney | None
    stall_after_minutes: int | None
    reward_steps: list[RewardStepDocument]
    pot: DealMoney | None
    pot_minutes: int | None
    max_minutes: int | None
    not_before: str | None = Field(examples=["2026-11-27T06:00:00.000Z"])
    has_photo: bool
    started_at: str | None
    ends_at: str | None
    ended_at: str | None
    end_reason: Reason | None


class DealList(BaseModel):
    """Deals in order, the `after` of the next page, and the queue's version."""

    items: list[DealDocument]
    next: int | None
    version: int


class QueueOrder(BaseModel):
    """The order that the queue should have: each deal that waits, once; and the version of the queue that you saw."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"ids": [39, 38], "version": 7}]}
    )

    ids: Annotated[list[Id], Field(max_length=MOST_DEALS)]
    version: Version


class QueueMove(BaseModel):
    """One deal that should stand elsewhere: a step, a place (from 1), or right ahead of or behind another deal."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"deal_id": 39, "ahead_of": 38, "version": 7}]}
    )

    deal_id: Id
    version: Version
    step: Step | None = None
    place: Id | None = None
    ahead_of: Id | None = None
    behind: Id | None = None

    def target(self) -> Target | None:
        """Where to; None where none or more than one is said."""
        to = Target(self.step, self.place, self.ahead_of, self.behind)
        said = [self.step, self.place, self.ahead_of, self.behind]
        return to if len(said) - said.count(None) == 1 else None


class QueueDocument(BaseModel):
    """The queue: every deal that waits, in order. `change` is the id to undo what was just done; None: nothing was."""

    model_config = ConfigDict(title="Queue")

    ids: list[int] = Field(examples=[[39, 38]])
    version: int = Field(examples=[8])
    change: int | None = Field(examples=[120])


class Changer(BaseModel):
    """Who changed something, by the name that they had then; without an id it was the command line."""

    id: int | None = Field(examples=[2])
    name: str = Field(examples=["Mia"])


class ChangeDocument(BaseModel):
    """A change at the desk: the fields that it changed, as they were before and after it."""

    model_config = ConfigDict(title="Change")

    id: int = Field(examples=[120])
    at: str = Field(examples=["2026-11-22T06:40:13.123Z"])
    who: Changer
    action: str = Field(examples=["edit"])
    deal_id: int | None = Field(examples=[37])
    before: dict[str, Any] = Field(examples=[{"price": 4999}])
    after: dict[str, Any] = Field(examples=[{"price": 3999}])
    undone: bool


class ChangeList(BaseModel):
    """Changes, the latest first, and the `after` of the next page."""

    items: list[ChangeDocument]
    next: int | None


class Undone(BaseModel):
    """What was taken back, and the change that did it."""

    undone: int = Field(examples=[120])
    change: int = Field(examples=[121])
