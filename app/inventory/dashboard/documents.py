"""The shapes of the live dashboard on the wire. Every time is RFC 3339, UTC."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer

from app.platform.clock import rfc3339
from app.sales import MoneyDocument

Moment = Annotated[datetime, PlainSerializer(rfc3339, return_type=str, when_used="json")]


class StageDocument(BaseModel):
    """The deal on stage and how it sells. `sold` of `loaded` units went in `orders` orders.

    `per_minute` is the units of the last minute; the prediction is from the last five, and null while nothing sells,
    or nothing may.
    """

    model_config = ConfigDict(title="On stage")

    id: int = Field(examples=[37])
    title: str
    price: MoneyDocument
    started_at: Moment
    ends_at: Moment | None
    sold: int = Field(examples=[163])
    loaded: int = Field(examples=[600])
    orders: int
    per_minute: float = Field(examples=[23.0])
    quickest_seconds: float | None
    sells_out_in_seconds: int | None = Field(examples=[1140])
    predicted_sold_out_at: Moment | None
    sold_out_at: Moment | None
    in_line: int = Field(default=0, description="Who waits for a unit to come back, while it is sold out.")
    refused: dict[str, int] = Field(
        description="Attempts to buy that were refused, by the problem's slug, the most frequent first.",
        examples=[{"sold-out": 412, "limit-reached": 3}],
    )


class HelperDocument(BaseModel):
    """Somebody whose link sold something of the deal on stage. The name is for the desk only."""

    model_config = ConfigDict(title="Helper")

    name: str
    orders: int
    units: int


class HelpDocument(BaseModel):
    """The help that the deal on stage had, with those who sold most of it."""

    model_config = ConfigDict(title="Help")

    helpers: int
    units: int
    most: list[HelperDocument]


class NextDealDocument(BaseModel):
    """A deal that waits."""

    model_config = ConfigDict(title="Next deal")

    id: int
    title: str
    price: MoneyDocument
    loaded: int
    not_before: Moment | None


class DashboardDocument(BaseModel):
    """How the show stands, the deal on stage, and the first of those that wait. `next_at` is the next midnight where
    the show waits for it."""

    model_config = ConfigDict(title="Dashboard")

    at: Moment
    mode: Literal["daily", "woot-off"]
    phase: Literal["live", "sold-out", "paused", "closed"]
    started: bool
    paused: bool
    next_at: Moment | None
    watching: int
    deal: StageDocument | None
    help: HelpDocument
    next: list[NextDealDocument]
    queued: int


class CurveDocument(BaseModel):
    """How a deal sold by its age, beside the median of past deals of the same mode at that age.

    Lists of one length: `age` in seconds since the deal opened, velocity in units a minute over the bucket that ends
    there, sell-through in percent of what was loaded. `of_deals` past deals make the median; where fewer than three
    count, it is null.
    """

    model_config = ConfigDict(title="Curve")

    deal_id: int
    bucket_seconds: int = Field(examples=[60])
    age: list[int] = Field(examples=[[0, 60, 120]])
    velocity: list[float | None] = Field(examples=[[None, 31.0, 23.0]])
    median_velocity: list[float | None]
    sell_through: list[float] = Field(examples=[[0.0, 5.17, 9.0]])
    median_sell_through: list[float | None]
    of_deals: int
    predicted_sold_out_at: Moment | None
