"""The queue's page: what waits, in which order, and another order for it."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Query, Request
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import RedirectResponse, Response

from app.admin.changes_screens import change_shown, trace_of
from app.admin.changes_views import said
from app.admin.queue_views import MOST, PAGE, MissedView, Wish, page_of, queue_view, read_wish, wish_words
from app.admin.screen import DeskRoute, Merchandiser, screen
from app.admin.shop_time import moment_words
from app.identity import Person
from app.inventory.desk import (
    QueueMoved,
    by_person,
    clock_of,
    engine_of,
    known_deal,
    last_move_since,
    move_deal,
    read_board,
    showrunner_of,
)
from app.platform.errors import NotFound
from app.platform.settings import settings_of

router = APIRouter(prefix="/desk", route_class=DeskRoute)

HERE = "/desk/queue"
Place = Annotated[int, Query(ge=1, le=MOST)]
Known = Annotated[int | None, Query(ge=1, le=2**63 - 1)]
Text = Annotated[str, Form()]


@router.get("/queue")
async def queue(
    request: Request,
    person: Merchandiser,
    first: Annotated[int, Query(alias="from", ge=1, le=MOST)] = 1,
    change: Known = None,
    focus: str = "",
    wish: str = "",
    seen: Known = None,
) -> Response:
    """What waits, in order, from a place on; `change` was just made, `wish` was not since the queue has moved."""
    wanted = read_wish(wish)
    async with engine_of(request).connect() as connection:
        missed = None
        if wanted is not None and seen is not None:
            missed = await _missed(connection, request, wanted, seen, "")
        return await _page(connection, request, person, first, change=change, focus=focus, missed=missed)


@router.post("/queue/moves")
async def move(
    request: Request,
    person: Merchandiser,
    move: Text = "",
    version: Text = "",
    first: Annotated[str, Form(alias="from")] = "1",
) -> Response:
    """Move a deal, as one of the page's buttons says."""
    wish, seen, place = read_wish(move), _number(version), _number(first) or 1
    if wish is None or seen is None:
        return RedirectResponse(HERE, 303)
    now = clock_of(request).now()
    try:
        async with engine_of(request).begin() as connection:
            change = await move_deal(connection, wish.deal_id, wish.to, seen, who=by_person(person), now=now)
    except QueueMoved as moved:
        async with engine_of(request).connect() as connection:
            missed = await _missed(connection, request, wish, seen, moved.detail)
            return await _page(connection, request, person, place, missed=missed, status=409)
    await showrunner_of(request).tick()
    return await _moved(request, wish, change, place)


async def _moved(request: Request, wish: Wish, change: int | None, first: int) -> Response:
    """Back to the page on which the deal stands now, with its button in focus."""
    async with engine_of(request).connect() as connection:
        made = None if change is None else await trace_of(connection, change)
    if made is not None:
        first = page_of(int(made.after.get("place", first)))
    query: dict[str, object] = {"focus": f"{wish.deal_id}:{wish.to.step or 'up'}"}
    if first > 1:
        query["from"] = first
    if change is not None:
        query["change"] = change
    return RedirectResponse(f"{HERE}?{urlencode(query)}", 303)


async def _page(
    connection: AsyncConnection,
    request: Request,
    person: Person,
    first: int,
    *,
    change: int | None = None,
    focus: str = "",
    missed: MissedView | None = None,
    status: int = 200,
) -> Response:
    settings = settings_of(request)
    board = await read_board(connection, page_of(first), PAGE, clock_of(request).now())
    return await screen(
        request,
        person,
        "queue.html",
        here=HERE,
        status=status,
        queue=queue_view(board, settings.zone),
        done=None if change is None else await change_shown(connection, request, change),
        focus=focus,
        missed=missed,
    )


async def _missed(
    connection: AsyncConnection, request: Request, wish: Wish, seen: int, reason: str
) -> MissedView:
    """Who moved what and when, what was wanted, and how to ask for it again."""
    zone = settings_of(request).zone
    words = reason or "The queue has moved since you looked at it."
    last = await last_move_since(connection, seen)
    if last is not None and (trace := await trace_of(connection, last.id)) is not None:
        words = f"{trace.who} {said(trace)} on {moment_words(trace.at, zone)}, while you looked at an older order."
    try:
        row = await known_deal(connection, wish.deal_id)
        beside = wish.to.ahead_of or wish.to.behind
        other = "" if beside is None else (await known_deal(connection, beside)).title
    except NotFound:
        return MissedView(words, "move a deal that is not there", "")
    again = wish.text if row.state == "queued" else ""
    return MissedView(words, wish_words(wish, row.title, other), again)


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and 0 < len(text) < 19 else None
