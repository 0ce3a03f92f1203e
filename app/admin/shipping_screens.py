"""Marking orders as shipped at the desk: those that are ticked, one, or those of a file."""

import asyncio
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, File, Form, Path, Request, UploadFile
from pydantic import StringConstraints
from starlette.responses import RedirectResponse, Response

from app.admin.order_filter import AskedOrders
from app.admin.order_screens import HERE, Outcome, list_of_orders, page_of_order
from app.admin.screen import DeskRoute, Merchandiser, screen
from app.identity import Person
from app.inventory.desk import (
    MAX_TRACKING_BYTES,
    FileMarked,
    Marked,
    NotAParcel,
    Parcel,
    by_person,
    clock_of,
    engine_of,
    read_parcel,
    read_tracking_file,
    settlement_of,
    ship_by_file,
    ship_orders,
)
from app.platform.errors import TooLarge

router = APIRouter(prefix="/desk", route_class=DeskRoute)

MOST_AT_ONCE = 200
MOST_SHOWN = 500  # problems of a file
OrderId = Annotated[str, Path(min_length=1, max_length=64)]
Ids = Annotated[list[Annotated[str, StringConstraints(max_length=64)]] | None, Form(max_length=MOST_AT_ONCE)]
Typed = Annotated[str, Form(max_length=200)]


@router.post("/orders/shipments")
async def ship_some(
    request: Request,
    person: Merchandiser,
    order: Ids = None,
    shown: Ids = None,
    every: Annotated[str, Form(max_length=10)] = "",
    carrier: Typed = "",
    tracking: Typed = "",
    deal: Annotated[str, Form(max_length=20)] = "",
    status: Annotated[str, Form(max_length=20)] = "",
    text: Annotated[str, Form(max_length=254)] = "",
) -> Response:
    """Mark the orders that are ticked, or all that the page showed."""
    asked, typed = AskedOrders(deal, status, text), (carrier, tracking)
    ids = (shown if every else order) or []
    try:
        parcel = read_parcel(carrier, tracking)
    except NotAParcel as error:
        wrong = Outcome(problem=_words(error), typed=typed, status=422)
        return await list_of_orders(request, person, asked, wrong)
    if not ids:
        wrong = Outcome(problem="Tick the orders that have left.", typed=typed, status=422)
        return await list_of_orders(request, person, asked, wrong)
    marked = await _ship(request, person, ids, parcel)
    if marked.left:
        left = tuple((one.named, one.why) for one in marked.left)
        said = f"{len(marked.orders):,} of {len(ids):,} are marked as shipped."
        return await list_of_orders(request, person, asked, Outcome(said, left, status=409))
    return RedirectResponse(f"{HERE}?{urlencode(asked.given | {'shipped': str(len(marked.orders))})}", 303)


@router.post("/orders/{order_id}/shipment")
async def ship_one(
    request: Request, person: Merchandiser, order_id: OrderId, carrier: Typed = "", tracking: Typed = ""
) -> Response:
    """Mark one order."""
    typed = {"carrier": carrier, "tracking": tracking}
    try:
        parcel = read_parcel(carrier, tracking)
    except NotAParcel as error:
        return await page_of_order(request, person, order_id, problem=_words(error), typed=typed, answer=422)
    marked = await _ship(request, person, [order_id], parcel)
    if marked.left:
        words = f"Nothing was marked: {marked.left[0].why}."
        return await page_of_order(request, person, order_id, problem=words, typed=typed, answer=409)
    return RedirectResponse(f"{HERE}/{order_id}?done=shipped", 303)


def _words(error: NotAParcel) -> str:
    return f"{error.field.capitalize()}: {error}. Nothing was marked."


async def _ship(request: Request, person: Person, ids: list[str], parcel: Parcel) -> Marked:
    async with engine_of(request).begin() as connection:
        who, now = by_person(person), clock_of(request).now()
        marked = await ship_orders(connection, ids, parcel, who=who, now=now)
    settlement_of(request).wake()
    return marked


@router.get("/orders/tracking")
async def tracking_file(request: Request, person: Merchandiser) -> Response:
    """Choose a file of tracking numbers."""
    return await _file_page(request, person)


@router.post("/orders/tracking")
async def ship_file(
    request: Request,
    person: Merchandiser,
    file: Annotated[UploadFile | str | None, File()] = None,
    carrier: Typed = "",
) -> Response:
    """Mark the orders of the file's good lines, and say what is wrong with the others."""
    body = await file.read() if not isinstance(file, str) and file is not None else b""
    if len(body) > MAX_TRACKING_BYTES:
        raise TooLarge(f"A file has at most {MAX_TRACKING_BYTES // 1024 // 1024} MiB. Split it.")
    if not body:
        return await _file_page(request, person, wrong="Choose a file.", carrier=carrier, answer=422)
    read = await asyncio.to_thread(read_tracking_file, body, carrier)
    marked = await ship_by_file(engine_of(request), read, who=by_person(person), now=clock_of(request).now())
    settlement_of(request).wake()
    if marked.wrong:
        return await _file_page(request, person, marked=marked, carrier=carrier, answer=422)
    return RedirectResponse(f"{HERE}?{urlencode({'shipped': len(marked.orders)})}", 303)


async def _file_page(
    request: Request,
    person: Person,
    *,
    marked: FileMarked | None = None,
    wrong: str = "",
    carrier: str = "",
    answer: int = 200,
) -> Response:
    problems = [] if marked is None else [(one.line, one.field, one.message) for one in marked.wrong]
    return await screen(
        request,
        person,
        "tracking.html",
        here=HERE,
        status=answer,
        wrong=wrong,
        carrier=carrier,
        marked=0 if marked is None else len(marked.orders),
        skipped=0 if marked is None else marked.left,
        problems=problems[:MOST_SHOWN],
        problem_count=len(problems),
    )
