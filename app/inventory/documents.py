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


class ShowDocument(BaseModel):
    """The show as merchandisers see it: `live` is the live deal's id, `queued` counts those that wait."""

    model_config = ConfigDict(title="Show")

    mode: Literal["daily", "woot-off"]
    phase: Literal["live", "sold-out", "paused", "closed"]
    paused: bool
    started: bool
    live: int | None = Field(examples=[37])
    queued: int = Field(examples=[12])


class SkipDocument(ShowDocument):
    """The show after a skip; `skipped` is false where that deal had ended already."""

    model_config = ConfigDict(title="Skip result")

    skipped: bool


class DealList(BaseModel):
    """Deals in order, the `after` of the next page, and the queue's version."""

    items: list[dict[str, Any]]
    next: int | None
    version: int


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
