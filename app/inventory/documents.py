"""The shapes of the show and the queue on the wire."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt

from app.inventory.deal import Amount, Minutes
from app.sales import MoneyDocument

MAX_ID = 2**63 - 1


class ShowSetting(BaseModel):
    """How the show should run."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"mode": "woot-off", "paused": False}]}
    )

    mode: Literal["daily", "woot-off"]
    paused: StrictBool = False


class Skip(BaseModel):
    """The live deal that is meant, so that two clicks skip one."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"deal_id": 37}]})

    deal_id: Annotated[StrictInt, Field(ge=1, le=MAX_ID)]


class Stop(BaseModel):
    """When the show should stop, and the live deal that is meant, so that a late click does not end the next one."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"when": "after-deal", "deal_id": 37}]}
    )

    when: Literal["now", "after-deal"]
    deal_id: Annotated[StrictInt, Field(ge=1, le=MAX_ID)] | None = None


class Rescue(BaseModel):
    """What the live deal shall have: the reward for each unit in minor units, the minutes that the crowd has for its
    pot, the minutes that it may stay on stage. Each as a whole, and more than before; two clicks add it once."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"reward": 500, "pot_minutes": 90}]}
    )

    reward: Amount | None = None
    pot_minutes: Minutes | None = None
    max_minutes: Minutes | None = None


class StageStallDocument(BaseModel):
    """The deal on stage holds up the show. `reward` is what help brings for each unit now, `rises_at` when it
    rises by its own steps. The pot can be won until `pot_until`; null: not any more, or there is a pause."""

    model_config = ConfigDict(title="Stall at the desk")

    to_go: int = Field(examples=[17])
    since: str
    currency: str = Field(examples=["USD"])
    reward: MoneyDocument | None
    rises_to: MoneyDocument | None
    rises_at: str | None
    pot: MoneyDocument | None
    pot_until: str | None
    pot_minutes: int | None
    max_minutes: int | None


class StageDocument(BaseModel):
    """The deal on stage. `ends_at` is null where it may stay; `seconds_left` is what a pause has kept of its time."""

    model_config = ConfigDict(title="On stage")

    deal_id: int = Field(examples=[37])
    title: str = Field(examples=["The Crumb Baron"])
    sold: int
    quantity: int
    left: int
    per_minute: float
    sells_out_in_seconds: int | None
    started_at: str
    ends_at: str | None
    seconds_left: int | None
    stall: StageStallDocument | None


class NextDocument(BaseModel):
    """The deal that would open next. `not_before` says until when it is held back, where it is."""

    model_config = ConfigDict(title="Next")

    deal_id: int = Field(examples=[38])
    title: str = Field(examples=["A Very Long Spoon"])
    not_before: str | None


class ShowDocument(BaseModel):
    """The show as merchandisers see it: `live` is the live deal's id, `queued` counts those that wait.

    `stopping`: the show stops when the live deal is over.
    """

    model_config = ConfigDict(title="Show")

    mode: Literal["daily", "woot-off"]
    phase: Literal["live", "sold-out", "paused", "closed"]
    paused: bool
    started: bool
    stopping: bool
    live: int | None = Field(examples=[37])
    queued: int = Field(examples=[12])
    on_stage: StageDocument | None
    next: NextDocument | None


class SkipDocument(ShowDocument):
    """The show after a skip; `skipped` is false where that deal had ended already."""

    model_config = ConfigDict(title="Skip result")

    skipped: bool


class RescueDocument(ShowDocument):
    """The show after a rescue; `rescued` is false where the deal had all that already."""

    model_config = ConfigDict(title="Rescue result")

    rescued: bool


class StopDocument(ShowDocument):
    """The show after it was told to stop; `stopped` is false where it had been already."""

    model_config = ConfigDict(title="Stop result")

    stopped: bool


class LiveDocument(BaseModel):
    """The snapshot: the live deal as the public sees it."""

    model_config = ConfigDict(title="Snapshot")

    id: str = Field(examples=["3-118"])
    show: dict[str, Any] = Field(examples=[{"mode": "woot-off", "phase": "live", "next_at": None}])
    deal: dict[str, Any] | None
    stock: dict[str, Any] | None = Field(examples=[{"left_percent": 70, "left": None}])
    pace: dict[str, Any] | None
    crowd: dict[str, Any] = Field(examples=[{"watching": 1313, "helpers": 12, "helped_units": 40, "team": 0}])
    stall: dict[str, Any] | None
    cleared: dict[str, Any] | None = Field(
        examples=[{"deal_id": 36, "title": "The Loaf Admiral", "helpers": 12, "helped_units": 40}]
    )
