"""Orders at the desk, over HTTP."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Depends, File, Path, Query, Request, UploadFile
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.responses import StreamingResponse

from app.identity import site_address
from app.inventory.asking import Database, Merchandiser, Time
from app.inventory.changes import by_person
from app.inventory.editing import known_deal
from app.inventory.orders.documents import (
    AskedRefund,
    MailDocument,
    NewMail,
    NewRefund,
    NewShipments,
    ShipmentsDocument,
    StaffOrderList,
    StaffOrderStory,
    TrackingDocument,
    asked_refund_document,
    shipments_document,
    staff_order_document,
    staff_story_document,
    tracking_document,
)
from app.inventory.orders.finding import MAX_ID, look_for_orders, order_key
from app.inventory.orders.packing_list import packing_list_csv
from app.inventory.orders.parcels import CARRIER_LENGTH, NotAParcel, Parcel, read_parcel
from app.inventory.orders.refunding import RefundMoved, refund_order
from app.inventory.orders.shipping import ship_by_file, ship_orders
from app.inventory.orders.story import read_story_at_desk
from app.inventory.orders.tracking_file import MAX_FILE_BYTES, read_tracking_file
from app.inventory.orders.writing_again import JustSent, NothingToSend, send_again
from app.platform.errors import Invalid, NotFound, TooLarge
from app.platform.openapi import problems
from app.platform.settings import settings_of
from app.sales import Settlement, SiteWords
from app.sales.desk import NotRefundable, OrderAtDesk, OrderKey, OrderStatus, orders_to_pack

router = APIRouter()

OrderId = Annotated[str, Path(min_length=1, max_length=64)]
DealId = Annotated[int, Path(ge=1, le=MAX_ID)]
PACKED_AT_ONCE = 500

CSV: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "A line an order: UTF-8 with a byte order mark, no cell a formula.",
        "content": {"text/csv": {"schema": {"type": "string"}}},
    }
}


def settlement_of(request: Request) -> Settlement:
    """The settlement of the process that serves this request."""
    settlement: Settlement = request.app.state.settlement
    return settlement


Settling = Annotated[Settlement, Depends(settlement_of)]


def site_words(request: Request) -> SiteWords:
    """What mails say of the shop to whoever is asked at the address that this request came to."""
    return SiteWords(site_address(request), settings_of(request).zone)


@router.get("/orders", operation_id="list_staff_orders", response_model=StaffOrderList)
async def staff_orders(
    _: Merchandiser,
    engine: Database,
    deal: Annotated[int | None, Query(ge=1, le=MAX_ID)] = None,
    status: OrderStatus | None = None,
    text: Annotated[str, Query(max_length=254, description="A number, an id, or a shopper's e-mail.")] = "",
    after: Annotated[str | None, Query(max_length=30, description="The `next` of the page before.")] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> dict[str, object]:
    """Orders with shopper, address and status: of a deal, in a status, or all."""
    async with engine.connect() as connection:
        page = await look_for_orders(
            connection, deal_id=deal, status=status, text=text, after=read_after(after), limit=limit
        )
    return {"items": [staff_order_document(one) for one in page.items], "next": page.next or None}


def read_after(after: str | None) -> OrderKey | None:
    """The number that a page goes on after. Raises Invalid."""
    if after is None:
        return None
    key = order_key(after)
    if key is None:
        raise Invalid(
            "That is no page.", errors=[{"field": "after", "message": "must be the next of a page"}]
        )
    return key


@router.get(
    "/orders/{order_id}",
    operation_id="read_staff_order",
    response_model=StaffOrderStory,
    responses=problems(NotFound),
)
async def staff_order(_: Merchandiser, order_id: OrderId, engine: Database, clock: Time) -> dict[str, Any]:
    """One order's whole story: money, address, shipment, and what staff did."""
    async with engine.connect() as connection:
        return staff_story_document(await read_story_at_desk(connection, order_id, clock.now()))


@router.post(
    "/orders/{order_id}/refund",
    operation_id="refund_order",
    status_code=202,
    response_model=AskedRefund,
    responses=problems(NotFound, NotRefundable, RefundMoved),
)
async def refund(
    person: Merchandiser,
    order_id: OrderId,
    engine: Database,
    clock: Time,
    settlement: Settling,
    body: NewRefund | None = None,
) -> dict[str, object]:
    """Give back all that is left, or a part of it. The order is `refunded` when all of it is back; its unit does not
    return to the shelf."""
    body = body or NewRefund()
    async with engine.begin() as connection:
        asked = await refund_order(
            connection,
            order_id,
            body.amount,
            body.why,
            seen=body.refunded,
            who=by_person(person),
            now=clock.now(),
        )
    settlement.wake()
    return asked_refund_document(asked)


@router.post("/shipments", operation_id="ship_orders", response_model=ShipmentsDocument)
async def ship(
    person: Merchandiser, body: NewShipments, engine: Database, clock: Time, settlement: Settling
) -> dict[str, object]:
    """Mark orders as shipped; each shopper gets a mail. Marking again changes nothing, and sends nothing."""
    parcel = _parcel(body.carrier, body.tracking)
    async with engine.begin() as connection:
        marked = await ship_orders(connection, body.order_ids, parcel, who=by_person(person), now=clock.now())
    settlement.wake()  # which sends the mails, and tells the shoppers' open pages
    return shipments_document(marked)


def _parcel(carrier: str, tracking: str) -> Parcel:
    try:
        return read_parcel(carrier, tracking)
    except NotAParcel as error:
        raise Invalid(
            "The parcel is not named.", errors=[{"field": error.field, "message": str(error)}]
        ) from None


@router.post(
    "/shipments/file",
    operation_id="ship_by_file",
    response_model=TrackingDocument,
    responses=problems(TooLarge),
)
async def ship_file(
    person: Merchandiser,
    file: Annotated[
        UploadFile, File(description="CSV: order number (or order_id), tracking, and maybe carrier.")
    ],
    engine: Database,
    clock: Time,
    settlement: Settling,
    carrier: Annotated[str, Query(max_length=CARRIER_LENGTH, description="Of lines that name none.")] = "",
) -> dict[str, object]:
    """Mark the orders of a file of tracking numbers as shipped, and say what is wrong with the other lines."""
    if (file.size or 0) > MAX_FILE_BYTES:
        raise TooLarge(f"A file has at most {MAX_FILE_BYTES // 1024 // 1024} MiB.")
    read = await asyncio.to_thread(read_tracking_file, await file.read(), carrier)
    marked = await ship_by_file(engine, read, who=by_person(person), now=clock.now())
    settlement.wake()  # which sends the mails, and tells the shoppers' open pages
    return tracking_document(marked)


@router.post(
    "/orders/{order_id}/mails",
    operation_id="send_order_mail_again",
    status_code=202,
    response_model=MailDocument,
    responses=problems(NotFound, NothingToSend, JustSent),
)
async def mail_again(
    request: Request, person: Merchandiser, order_id: OrderId, body: NewMail, engine: Database, clock: Time
) -> dict[str, object]:
    """Send the receipt, or word that it was shipped, once more."""
    async with engine.begin() as connection:
        to = await send_again(
            connection, order_id, body.mail, site_words(request), who=by_person(person), now=clock.now()
        )
    return {"mail": body.mail, "to": to.address}


@router.get(
    "/deals/{deal_id}/packing-list.csv",
    operation_id="export_packing_list",
    response_class=StreamingResponse,
    responses=CSV | problems(NotFound),
)
async def packing_list(_: Merchandiser, deal_id: DealId, engine: Database) -> StreamingResponse:
    """A deal's orders that are paid and have an address, in the order in which they were placed."""
    async with engine.connect() as connection:
        await known_deal(connection, deal_id)
    headers = {
        "Content-Disposition": f'attachment; filename="packing-list-{deal_id}.csv"',
        "Cache-Control": "private, no-store",
    }
    return StreamingResponse(
        _packing_list(engine, deal_id), media_type="text/csv; charset=utf-8", headers=headers
    )


async def _packing_list(engine: AsyncEngine, deal_id: int) -> AsyncIterator[str]:
    """Some hundred orders at a time; no connection is held while somebody downloads slowly."""
    after, is_first = 0, True
    while True:
        async with engine.connect() as connection:
            found: list[OrderAtDesk] = await orders_to_pack(connection, deal_id, after, PACKED_AT_ONCE)
        lines = list(packing_list_csv(found))
        yield "".join(lines if is_first else lines[1:])
        if len(found) < PACKED_AT_ONCE:
            return
        after, is_first = found[-1].order.place, False
