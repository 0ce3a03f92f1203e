"""The live deal for everyone, and the desk for merchandisers, over HTTP."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.responses import JSONResponse, Response

from app.identity import NotAllowed, Person, SignInRequired, desk
from app.inventory.deal import NewDeal, desk_document
from app.inventory.documents import (
    DealList,
    LiveDocument,
    ShowDocument,
    ShowSetting,
    Skip,
    SkipDocument,
)
from app.inventory.live import read_present
from app.inventory.photos import TYPES, read_photo_file
from app.inventory.queue import Page, State, add_deals, list_deals, one_deal
from app.inventory.show import NotLive, queued
from app.inventory.showrunner import Showrunner
from app.platform.clock import Clock
from app.platform.errors import Invalid, NotFound, Unavailable
from app.platform.openapi import problems
from app.sales import read_offer
from app.stream import stream_of

router = APIRouter(tags=["live"])
desk_router = APIRouter(
    prefix="/staff", tags=["desk"], responses=problems(SignInRequired, NotAllowed, Invalid)
)
photo_router = APIRouter(include_in_schema=False)

Merchandiser = Annotated[Person, Depends(desk)]


def showrunner_of(request: Request) -> Showrunner:
    """The showrunner of the process that serves this request."""
    showrunner: Showrunner = request.app.state.showrunner
    return showrunner


def engine_of(request: Request) -> AsyncEngine:
    """The database of the process that serves this request."""
    engine: AsyncEngine = request.app.state.engine
    return engine


Director = Annotated[Showrunner, Depends(showrunner_of)]
Database = Annotated[AsyncEngine, Depends(engine_of)]


def live_snapshot(request: Request) -> dict[str, Any]:
    """The snapshot as this process shows it to everyone. Raises Unavailable where nothing could be read yet."""
    hub = stream_of(request).hub
    if hub.present is None:
        raise Unavailable("The shop is starting.")
    return hub.present | {"id": str(hub.id)}


@router.get("/live", operation_id="live", response_model=LiveDocument, responses=problems(Unavailable))
async def live(request: Request) -> Response:
    """The live deal, for everyone, the same for all."""
    shown = live_snapshot(request)
    etag = f'"{shown["id"]}"'
    headers = {"ETag": etag, "Cache-Control": "public, max-age=1, stale-while-revalidate=5"}
    known = request.headers.get("if-none-match", "")
    if {etag, "*"} & {tag.strip().removeprefix("W/") for tag in known.split(",")}:
        return Response(status_code=304, headers=headers)
    return JSONResponse(shown, headers=headers)


@photo_router.get("/photos/{token}/{name}")
async def photo(token: str, name: str, engine: Database) -> Response:
    """One size of a photo. Its address never changes its meaning, so it may be kept for ever."""
    if "\0" in token + name:
        raise NotFound  # PostgreSQL takes no such text
    async with engine.connect() as connection:
        body = await read_photo_file(connection, token, name)
    if body is None:
        raise NotFound
    headers = {"Cache-Control": "public, max-age=31536000, immutable"}
    return Response(body, media_type=TYPES[name.rpartition(".")[2]], headers=headers)


@desk_router.get("/deals", operation_id="list_deals", response_model=DealList)
async def staff_deals(
    _: Merchandiser,
    engine: Database,
    state: State = "queued",
    after: Annotated[int | None, Query(ge=1, le=2**63 - 1)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 100,
) -> dict[str, object]:
    """The deals in `state`, in order."""
    async with engine.connect() as connection:
        page: Page = await list_deals(connection, state, after, limit)
        offers = [await read_offer(connection, row.id) if state != "queued" else None for row in page.rows]
    items = [
        desk_document(row, 0 if offer is None else offer.sold)
        for row, offer in zip(page.rows, offers, strict=True)
    ]
    return {"items": items, "next": page.next, "version": page.version}


@desk_router.post("/deals", operation_id="add_deal", status_code=201)
async def add_deal(
    _: Merchandiser, body: NewDeal, request: Request, engine: Database, showrunner: Director
) -> dict[str, object]:
    """Put a deal at the end of the queue."""
    settings, clock = request.app.state.settings, request.app.state.clock
    async with engine.begin() as connection:
        (deal_id,) = await add_deals(connection, [(body, None)], currency=settings.currency, now=clock.now())
        row = await one_deal(connection, deal_id)
    await showrunner.tick()
    return desk_document(row, 0)


@desk_router.get("/show", operation_id="read_show", response_model=ShowDocument)
async def read_show(_: Merchandiser, request: Request, engine: Database) -> dict[str, object]:
    """How the show stands."""
    return await show_document(engine, request.app.state.clock)


@desk_router.put("/show", operation_id="set_show", response_model=ShowDocument)
async def put_show(
    _: Merchandiser, body: ShowSetting, request: Request, engine: Database, showrunner: Director
) -> dict[str, object]:
    """Start the show in a mode or change it; pause it or let it go on."""
    await showrunner.set_show(body.mode, body.paused)
    return await show_document(engine, request.app.state.clock)


@desk_router.post(
    "/show/skips", operation_id="skip", response_model=SkipDocument, responses=problems(NotLive)
)
async def skip(
    _: Merchandiser, body: Skip, request: Request, engine: Database, showrunner: Director
) -> dict[str, object]:
    """Move on from the live deal that is named. Naming it twice skips once."""
    skipped = await showrunner.skip(body.deal_id)
    return {"skipped": skipped} | await show_document(engine, request.app.state.clock)


async def show_document(engine: AsyncEngine, clock: Clock) -> dict[str, object]:
    """The show as merchandisers see it."""
    async with engine.connect() as connection:
        present = await read_present(connection, clock.now())
        waiting = await queued(connection)
    return {
        "mode": present.show.mode,
        "phase": present.phase,
        "paused": present.show.paused,
        "started": present.show.started,
        "live": None if present.deal is None else present.deal.id,
        "queued": waiting,
    }
