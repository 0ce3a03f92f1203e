"""The shapes of orders at the desk on the wire."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictInt, StringConstraints

from app.inventory.changes import change_document
from app.inventory.deal_documents import ChangeDocument
from app.inventory.orders.finding import OrderOf
from app.inventory.orders.shipping import UNKNOWN, FileMarked, Marked
from app.inventory.orders.story import StoryAtDesk
from app.payments import Money
from app.platform.clock import rfc3339
from app.sales import MoneyDocument
from app.sales.desk import OrderStatus, RefundAsked

MOST_AT_ONCE = 500
OrderId = Annotated[str, StringConstraints(pattern=r"^[\w-]{1,64}$")]
Typed = Annotated[str, Field(max_length=200)]


class ShopperDocument(BaseModel):
    """Whose order it is; without name and e-mail where the account is gone."""

    model_config = ConfigDict(title="Order shopper")

    id: int = Field(examples=[812])
    name: str = Field(examples=["Ada"])
    email: str | None = Field(examples=["ada@example.com"])


class AddressDocument(BaseModel):
    """Where it goes; `country` is ISO 3166's."""

    model_config = ConfigDict(title="Order address")

    name: str = Field(examples=["Ada Lovelace"])
    street: str = Field(examples=["12 Mill Lane"])
    extra: str
    postal_code: str = Field(examples=["60601"])
    city: str = Field(examples=["Chicago"])
    region: str = Field(examples=["IL"])
    country: str = Field(examples=["US"])


class ShipmentDocument(BaseModel):
    """What has left the house."""

    model_config = ConfigDict(title="Shipment")

    carrier: str = Field(examples=["UPS"])
    tracking: str = Field(examples=["1Z999AA10123456784"])
    shipped_at: str = Field(examples=["2026-11-23T15:00:00.000Z"])


class StaffOrderDocument(BaseModel):
    """An order as the desk sees it. `refunded` is what staff has given back, or is about to."""

    model_config = ConfigDict(title="Staff order")

    id: str = Field(examples=["q3VZ0bJ1cXk5Yt7u"])
    number: str = Field(examples=["37-3"])
    deal_id: int = Field(examples=[37])
    place: int = Field(examples=[3])
    title: str = Field(examples=["The Crumb Baron bread maker"])
    quantity: int = Field(examples=[1])
    unit_price: MoneyDocument
    discount: MoneyDocument
    shipping: MoneyDocument
    total: MoneyDocument
    refunded: MoneyDocument
    status: OrderStatus
    placed_at: str = Field(examples=["2026-11-22T06:40:13.123Z"])
    shopper: ShopperDocument
    address: AddressDocument | None
    shipment: ShipmentDocument | None
    can_be_shipped: bool


class StaffOrderList(BaseModel):
    """Orders, of the newest deal first and in it the last first. `next` is the `after` of the next page; a page may
    have fewer orders than were asked for, and still a next one."""

    items: list[StaffOrderDocument]
    next: str | None = Field(examples=["37-3"])


class RefundDocument(BaseModel):
    """Money that goes back: `due` until the provider has it, then `made`; `refused` where it will not, `failed` where
    the bank sent it back."""

    model_config = ConfigDict(title="Order refund")

    amount: MoneyDocument
    state: Literal["due", "made", "refused", "failed"]
    at: str = Field(examples=["2026-11-23T15:00:00.000Z"])


class StaffOrderStory(StaffOrderDocument):
    """An order's whole story. `charged` and `given_back` are the money ledger's; `needs` is what the shopper has to
    give; `changes` is what staff did to it."""

    model_config = ConfigDict(title="Staff order story")

    charged: MoneyDocument
    given_back: MoneyDocument
    refundable: MoneyDocument
    needs: list[Literal["card", "address", "step"]]
    decline: str = Field(description="Why the card was declined, as far as the bank tells.")
    mend_until: str | None
    ending: Literal["", "cancelling", "refunding"]
    why_cancelled: str
    refunds: list[RefundDocument]
    changes: list[ChangeDocument]


class NewRefund(BaseModel):
    """What to give back: all that is left, or a part of it in minor units. `refunded` is what had been given back when
    you looked: where that has changed since, nothing is done."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"amount": 500, "why": "a dent", "refunded": 0}]},
    )

    amount: Annotated[StrictInt, Field(ge=1, le=2**53)] | None = None
    why: Annotated[
        str, StringConstraints(strip_whitespace=True, max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")
    ] = ""
    refunded: Annotated[StrictInt, Field(ge=0, le=2**53)] | None = None


class AskedRefund(BaseModel):
    """It will be made within moments, under this id."""

    id: str
    amount: MoneyDocument


class NewShipments(BaseModel):
    """Which orders have left, and with whom."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"order_ids": ["q3VZ0bJ1cXk5Yt7u"], "carrier": "UPS", "tracking": "1Z999"}]
        },
    )

    order_ids: Annotated[list[OrderId], Field(min_length=1, max_length=MOST_AT_ONCE)]
    carrier: Typed
    tracking: Typed = ""


class LeftDocument(BaseModel):
    """An order that was not marked, and why."""

    model_config = ConfigDict(title="Order left")

    id: str = Field(examples=["q3VZ0bJ1cXk5Yt7u"])
    number: str | None = Field(examples=["37-3"])
    why: str = Field(examples=["it was shipped already"])


class ShipmentsDocument(BaseModel):
    """The orders that were marked, by number, and those that were not."""

    model_config = ConfigDict(title="Shipments")

    marked: list[str] = Field(examples=[["37-1", "37-2"]])
    left: list[LeftDocument]


class TrackingProblem(BaseModel):
    """A line that was not acted on."""

    model_config = ConfigDict(title="Tracking problem")

    line: int = Field(examples=[99])
    field: str = Field(examples=["number"])
    message: str = Field(examples=["37-9: it has no address yet"])


class TrackingDocument(BaseModel):
    """What came of a file: the orders that were marked, by number; lines that named no parcel were left alone."""

    model_config = ConfigDict(title="Tracking file")

    rows: int = Field(examples=[60])
    marked: list[str] = Field(examples=[["37-1", "37-2"]])
    left: int = Field(examples=[0])
    problems: list[TrackingProblem]


class NewMail(BaseModel):
    """Which mail goes out again."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"mail": "receipt"}]})

    mail: Literal["receipt", "shipped"]


class MailDocument(BaseModel):
    """The mail that goes out, and where to."""

    model_config = ConfigDict(title="Order mail")

    mail: Literal["receipt", "shipped"]
    to: str = Field(examples=["ada@example.com"])


def staff_order_document(one: OrderOf) -> dict[str, Any]:
    """An order as merchandisers' programs see it."""
    found, order = one.found, one.found.order
    to = found.address
    shipment = None
    if found.shipped_at is not None:
        parcel = {"carrier": found.carrier, "tracking": found.tracking}
        shipment = parcel | {"shipped_at": rfc3339(found.shipped_at)}
    shopper = {"name": "", "email": None}
    if one.shopper is not None:
        shopper = {"name": one.shopper.name, "email": one.shopper.address}
    return order.document() | {
        "refunded": Money(found.refunded, order.currency).document(),
        "shopper": {"id": found.shopper_id} | shopper,
        "address": None if to is None else {name: getattr(to, name) for name in AddressDocument.model_fields},
        "shipment": shipment,
        "can_be_shipped": found.can_be_shipped,
    }


def staff_story_document(told: StoryAtDesk) -> dict[str, Any]:
    """An order's whole story as merchandisers' programs see it."""
    story = told.story
    refunds = [
        {"amount": refund.amount.document(), "state": refund.state, "at": rfc3339(refund.at)}
        for refund in story.refunds
    ]
    return staff_order_document(told.order) | {
        "charged": told.charged.document(),
        "given_back": told.given_back.document(),
        "refundable": told.refundable.document(),
        "needs": sorted(story.needs),
        "decline": story.decline_words,
        "mend_until": None if story.mend_until is None else rfc3339(story.mend_until),
        "ending": story.ending,
        "why_cancelled": story.why_cancelled,
        "refunds": refunds,
        "changes": [change_document(row) for row in told.changes],
    }


def asked_refund_document(asked: RefundAsked) -> dict[str, object]:
    """A refund that was asked for."""
    return {"id": asked.id, "amount": asked.amount.document()}


def shipments_document(marked: Marked) -> dict[str, object]:
    """What came of marking some orders."""
    left = [
        {"id": one.order_id, "number": None if one.why == UNKNOWN else one.named, "why": one.why}
        for one in marked.left
    ]
    return {"marked": [order.number for order in marked.orders], "left": left}


def tracking_document(marked: FileMarked) -> dict[str, object]:
    """What came of a file."""
    problems = [{"line": one.line, "field": one.field, "message": one.message} for one in marked.wrong]
    numbers = [order.number for order in marked.orders]
    return {"rows": marked.rows, "marked": numbers, "left": marked.left, "problems": problems}
