"""The shapes of the show and the queue on the wire."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictInt

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
    crowd: dict[str, Any]
    stall: dict[str, Any] | None
