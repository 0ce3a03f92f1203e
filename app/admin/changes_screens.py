"""Who changed what, and taking it back."""

from typing import Annotated
from urllib.parse import urlencode, urlsplit
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Form, Path, Query, Request
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import RedirectResponse, Response

from app.admin.changes_views import ChangeView, Trace, change_view
from app.admin.screen import DeskRoute, Merchandiser, screen
from app.inventory.desk import (
    CannotUndo,
    StoryAtDesk,
    by_person,
    clock_of,
    engine_of,
    list_changes,
    queue_version,
    read_change,
    showrunner_of,
    undo_change,
)
from app.platform.errors import NotFound
from app.platform.settings import settings_of

router = APIRouter(prefix="/desk", route_class=DeskRoute)

HERE = "/desk/changes"
PAGE = 50
Id = Annotated[int | None, Query(ge=1, le=2**63 - 1)]


@router.get("/changes")
async def changes(
    request: Request, person: Merchandiser, deal: Id = None, after: Id = None, change: Id = None
) -> Response:
    """The desk's audit trail, of everything or of one deal; `change` was just made."""
    return await _page(request, person, deal, after, change)


@router.post("/changes/{change_id}/undo")
async def undo(
    request: Request,
    person: Merchandiser,
    change_id: Annotated[int, Path(ge=1, le=2**63 - 1)],
    back: Annotated[str, Form()] = HERE,
) -> Response:
    """Take a change back, and go back to where one was."""
    try:
        async with engine_of(request).begin() as connection:
            made = await undo_change(
                connection, change_id, who=by_person(person), now=clock_of(request).now()
            )
    except (CannotUndo, NotFound) as refused:
        return await _page(request, person, None, None, None, problem=refused.detail, status=refused.status)
    await showrunner_of(request).tick()
    return RedirectResponse(f"{own_page(back)}?{urlencode({'change': made})}", 303)


def own_page(back: str) -> str:
    """`back` where it is the address of a page of the desk, without its query; else the trail's."""
    path = urlsplit(back).path if back.startswith("/desk/") else HERE
    return path if path.isascii() and "\\" not in path else HERE


async def _page(
    request: Request,
    person: Merchandiser,
    deal: int | None,
    after: int | None,
    change: int | None,
    *,
    problem: str = "",
    status: int = 200,
) -> Response:
    zone = settings_of(request).zone
    async with engine_of(request).connect() as connection:
        page = await list_changes(connection, deal_id=deal, after=after, limit=PAGE)
        version = await queue_version(connection)
        done = None if change is None else await change_shown(connection, request, change)
    views = [change_view(_trace(row), zone, version) for row in page.rows]
    return await screen(
        request,
        person,
        "changes.html",
        here=HERE,
        status=status,
        changes=views,
        deal=deal,
        next=page.next,
        done=done,
        problem=problem,
    )


async def change_shown(connection: AsyncConnection, request: Request, change_id: int) -> ChangeView | None:
    """A change as the pages tell of it."""
    trace = await trace_of(connection, change_id)
    if trace is None:
        return None
    return change_view(trace, settings_of(request).zone, await queue_version(connection))


async def trace_of(connection: AsyncConnection, change_id: int) -> Trace | None:
    """A change as the trail keeps it."""
    row = await read_change(connection, change_id)
    return None if row is None else _trace(row)


def order_changes(told: StoryAtDesk, zone: ZoneInfo) -> list[ChangeView]:
    """What staff did to an order, as its page tells of it."""
    order = told.order.found.order
    return [change_view(_trace(row, order.title, order.currency), zone, 0) for row in told.changes]


def _trace(row: Row[tuple[object, ...]], title: str | None = None, currency: str | None = None) -> Trace:
    return Trace(
        change_id=row.id,
        at=row.at,
        who=row.person_name,
        action=row.action,
        deal_id=row.deal_id,
        title=row.title if title is None else title,
        currency=row.currency if currency is None else currency,
        before=row.before,
        after=row.after,
        queue_version=row.queue_version,
        is_undone=row.undone_by is not None,
    )
