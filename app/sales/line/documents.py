"""The shapes of the line on the wire, for OpenAPI."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from app.sales.documents import MoneyDocument


class LineOfferDocument(BaseModel):
    """A unit that is kept for somebody: buy it with `POST /orders`, its `id` as `line_offer`, before `expires_at`."""

    model_config = ConfigDict(title="LineOffer")

    id: str = Field(examples=["b1nZ0bJ1cXk5Yt7u"])
    expires_at: str = Field(examples=["2026-11-22T06:45:13.123Z"])


class PlaceDocument(BaseModel):
    """A place in a deal's line. `place` counts from 1 and is there while one waits.

    `missed`: the offer ran out. `over`: nothing of the deal can come back any more. Both are shown for half an hour.
    """

    model_config = ConfigDict(title="PlaceInLine")

    deal_id: int = Field(examples=[37])
    title: str = Field(examples=["The Crumb Baron bread maker"])
    price: MoneyDocument
    shipping: MoneyDocument
    state: Literal["waiting", "offered", "missed", "over"]
    place: int | None = Field(examples=[3])
    joined_at: str = Field(examples=["2026-11-22T06:40:13.123Z"])
    offer: LineOfferDocument | None


class PlaceList(BaseModel):
    """Every place in line that somebody has, offers first."""

    items: list[PlaceDocument]
    next: None = None
