"""The shapes of orders on the wire, for validation and for OpenAPI."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StrictInt, StringConstraints

MAX_ID = 2**63 - 1
Short = Annotated[str, StringConstraints(min_length=1, max_length=100)]


class MoneyDocument(BaseModel):
    """Money: whole minor units, an ISO 4217 currency, and a ready text."""

    model_config = ConfigDict(title="Money")

    amount: int = Field(examples=[4999])
    currency: str = Field(examples=["USD"])
    text: str = Field(examples=["$49.99"])


class NewOrder(BaseModel):
    """What to buy. The price is the server's."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"deal_id": 37, "quantity": 1}]}
    )

    deal_id: Annotated[StrictInt, Field(ge=1, le=MAX_ID)]
    quantity: Annotated[StrictInt, Field(ge=1, le=1_000_000)] = 1
    coupon: Short | None = None
    line_offer: Annotated[
        Short | None, Field(description="What the deal's line was offered, for one unit.")
    ] = None


class OrderDocument(BaseModel):
    """A durable order. `place` is its place among the deal's orders, `number` is short and readable."""

    model_config = ConfigDict(title="Order")

    id: str = Field(examples=["q3VZ0bJ1cXk5Yt7u"])
    number: str = Field(examples=["37-3"])
    deal_id: int = Field(examples=[37])
    title: str = Field(examples=["The Crumb Baron bread maker"])
    quantity: int = Field(examples=[1])
    unit_price: MoneyDocument
    discount: MoneyDocument
    shipping: MoneyDocument
    total: MoneyDocument
    status: str = Field(examples=["placed"])
    place: int = Field(examples=[3])
    placed_at: str = Field(examples=["2026-11-22T06:40:13.123Z"])


class OrderList(BaseModel):
    """A page of orders, newest first; `next` is the `after` of the next page."""

    items: list[OrderDocument]
    next: str | None
