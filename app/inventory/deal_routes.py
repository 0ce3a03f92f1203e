"""Deals at the desk, over HTTP."""

import re
from typing import Annotated, Any

from fastapi import APIRouter, Header, Path, Query, Response
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from app.inventory import editing
from app.inventory.asking import Database, Director, House, Merchandiser, Time
from app.inventory.changes import by_person
from app.inventory.deal import DealEdit, NewDeal, desk_document
from app.inventory.deal_documents import MAX_ID, DealDocument, DealList
from app.inventory.editing import DealChanged, DealIsLive, DealIsOver, units_sold, units_sold_of
from app.inventory.queue import Page, State, list_deals
from app.platform.errors import Invalid, NotFound
from app.platform.openapi import problems

router = APIRouter()

DealId = Annotated[int, Path(ge=1, le=MAX_ID)]


@router.get("/deals", operation_id="list_deals", response_model=DealList)
async def staff_deals(
    _: Merchandiser,
    engine: Database,
    state: State = "queued",
    after: Annotated[int | None, Query(ge=1, le=MAX_ID)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 100,
) -> dict[str, object]:
    """The deals in `state`, in order."""
    async with engine.connect() as connection:
        page: Page = await list_deals(connection, state, after, limit)
        sold = await units_sold_of(connection, page.rows)
    items = [desk_document(row, sold[row.id]) for row in page.rows]
    return {"items": items, "next": page.next, "version": page.version}


@router.post("/deals", operation_id="add_deal", status_code=201, response_model=DealDocument)
async def add_deal(
    person: Merchandiser,
    body: NewDeal,
    engine: Database,
    showrunner: Director,
    clock: Time,
    settings: House,
    response: Response,
) -> dict[str, object]:
    """Put a deal at the end of the queue."""
    async with engine.begin() as connection:
        row = await editing.add_deal(
            connection, body, currency=settings.currency, who=by_person(person), now=clock.now()
        )
    await showrunner.tick()
    return _tagged(response, desk_document(row, 0))


@router.get(
    "/deals/{deal_id}", operation_id="read_deal", response_model=DealDocument, responses=problems(NotFound)
)
async def read_deal(
    _: Merchandiser, deal_id: DealId, engine: Database, response: Response
) -> dict[str, object]:
    """One deal, in whatever state. Its ETag is what If-Match of an edit takes."""
    async with engine.connect() as connection:
        row = await editing.known_deal(connection, deal_id)
        return _tagged(response, await _document(connection, row))


@router.patch(
    "/deals/{deal_id}",
    operation_id="edit_deal",
    response_model=DealDocument,
    responses=problems(NotFound, DealChanged, DealIsLive, DealIsOver),
)
async def edit_deal(
    person: Merchandiser,
    deal_id: DealId,
    body: DealEdit,
    engine: Database,
    showrunner: Director,
    clock: Time,
    settings: House,
    response: Response,
    if_match: Annotated[str | None, Header()] = None,
) -> dict[str, object]:
    """Change the fields that are there; the others stay. Of a live deal only the texts."""
    async with engine.begin() as connection:
        row = await editing.edit_deal(
            connection,
            deal_id,
            body.fields(settings.currency),
            at_version=_version(if_match) if body.version is None else body.version,
            who=by_person(person),
            now=clock.now(),
        )
        document = await _document(connection, row)
    await showrunner.tick()
    return _tagged(response, document)


@router.delete(
    "/deals/{deal_id}",
    operation_id="withdraw_deal",
    response_model=DealDocument,
    responses=problems(NotFound, DealIsOver),
)
async def withdraw_deal(
    person: Merchandiser, deal_id: DealId, engine: Database, showrunner: Director, clock: Time
) -> dict[str, object]:
    """Take a deal out of the queue, or end it where it is live. Repeating it does nothing."""
    async with engine.begin() as connection:
        row = await editing.withdraw_deal(connection, deal_id, who=by_person(person), now=clock.now())
        document = await _document(connection, row)
    await showrunner.tick()
    return document


@router.post(
    "/deals/{deal_id}/copies",
    operation_id="duplicate_deal",
    status_code=201,
    response_model=DealDocument,
    responses=problems(NotFound),
)
async def duplicate_deal(
    person: Merchandiser, deal_id: DealId, engine: Database, showrunner: Director, clock: Time
) -> dict[str, object]:
    """Put another deal like this one at the end of the queue, photo and all."""
    async with engine.begin() as connection:
        row = await editing.duplicate_deal(connection, deal_id, who=by_person(person), now=clock.now())
    await showrunner.tick()
    return desk_document(row, 0)


async def _document(connection: AsyncConnection, row: Row[Any]) -> dict[str, object]:
    return desk_document(row, await units_sold(connection, row))


def _tagged(response: Response, document: dict[str, object]) -> dict[str, object]:
    response.headers["ETag"] = f'"{document["version"]}"'
    return document


def _version(if_match: str | None) -> int | None:
    """The version that an If-Match header field names; None where any will do. Raises Invalid."""
    if if_match is None or if_match.strip() == "*":
        return None
    found = re.fullmatch(r'\s*(?:W/)?"(\d{1,9})"\s*', if_match, re.ASCII)
    if found is None:
        raise Invalid(
            "If-Match does not name a version.",
            errors=[{"field": "if-match", "message": 'must be the ETag of the deal, such as "2"'}],
        )
    return int(found[1])
