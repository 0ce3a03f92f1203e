"""Writing a deal, editing it, taking it out, and making another like it."""

import re
from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from markupsafe import Markup
from sqlalchemy.engine import Row
from starlette.responses import RedirectResponse, Response

from app.admin.changes_screens import change_shown
from app.admin.deal_form import (
    LABELS,
    DealForm,
    empty_form,
    form_of,
    read_form,
    read_version,
    typed_form,
)
from app.admin.line_words import line_words
from app.admin.photo_views import deal_photo_view
from app.admin.queue_views import page_of
from app.admin.screen import DeskRoute, Merchandiser, screen
from app.admin.show_views import confirm_withdrawal
from app.identity import Person
from app.inventory.desk import (
    OPEN_WHILE_LIVE,
    DealChanged,
    DealEdit,
    DealIsLive,
    DealIsOver,
    NewDeal,
    Target,
    add_deal,
    by_person,
    clock_of,
    desk_document,
    duplicate_deal,
    edit_deal,
    engine_of,
    known_deal,
    list_changes,
    move_deal,
    read_deal_photo,
    show_document,
    showrunner_of,
    story_html,
    withdraw_deal,
)
from app.platform.settings import settings_of
from app.sales.desk import count_line

router = APIRouter(prefix="/desk", route_class=DeskRoute)

DealId = Annotated[int, Path(ge=1, le=2**63 - 1)]
Known = Annotated[int | None, Query(ge=1, le=2**63 - 1)]


@router.get("/deals/new")
async def new_deal(request: Request, person: Merchandiser) -> Response:
    """An empty form."""
    return await _form(request, person, _empty(request), None)


@router.post("/deals/new")
async def queue_deal(request: Request, person: Merchandiser) -> Response:
    """Queue what was written, or say what is wrong beside each field."""
    typed = await _typed(request)
    settings = settings_of(request)
    wanted = read_form(typed, settings.currency, settings.zone, is_new=True)
    form = typed_form(typed, _empty(request), wanted)
    if "preview" in typed or wanted.errors:
        return await _again(request, person, form, None, typed)
    async with engine_of(request).begin() as connection:
        row = await add_deal(
            connection,
            NewDeal.model_validate(wanted.fields),
            currency=settings.currency,
            who=by_person(person),
            now=clock_of(request).now(),
        )
    await showrunner_of(request).tick()
    return RedirectResponse(f"/desk/deals/{row.id}?done=queued", 303)


@router.get("/deals/{deal_id}")
async def deal(
    request: Request, person: Merchandiser, deal_id: DealId, done: str = "", change: Known = None
) -> Response:
    """A deal's form, with what was just done to it."""
    row = await _row(request, deal_id)
    return await _form(request, person, _form_of(request, row), row, done=done, change=change)


@router.post("/deals/{deal_id}")
async def save_deal(request: Request, person: Merchandiser, deal_id: DealId) -> Response:
    """Save what was edited. Where somebody else was quicker, both are shown, and nothing that was typed is lost."""
    typed = await _typed(request)
    settings, row = settings_of(request), await _row(request, deal_id)
    present = _form_of(request, row)
    wanted = read_form(typed, row.currency, settings.zone, is_new=False)
    form = typed_form(typed, present, wanted)
    if "preview" in typed or wanted.errors:
        return await _again(request, person, form, row, typed)
    try:
        async with engine_of(request).begin() as connection:
            await edit_deal(
                connection,
                deal_id,
                DealEdit.model_validate(wanted.fields).fields(settings.currency),
                at_version=read_version(typed),
                who=by_person(person),
                now=clock_of(request).now(),
            )
    except (DealChanged, DealIsLive, DealIsOver) as refused:
        row = await _row(request, deal_id)
        words = f"{refused.detail} Nothing was saved; what you typed is still here."
        form = form.differing_from(_form_of(request, row), words)
        return await _form(request, person, form, row, status=409)
    await showrunner_of(request).tick()
    return RedirectResponse(f"/desk/deals/{deal_id}?done=saved", 303)


@router.post("/deals/{deal_id}/withdraw")
async def withdraw(request: Request, person: Merchandiser, deal_id: DealId) -> Response:
    """Take a deal out of the queue; or off the stage, which asks once more, also where it went there just now."""
    off_stage, now = (await _typed(request)).get("when") == "off-stage", clock_of(request).now()
    try:
        async with engine_of(request).begin() as connection:
            await withdraw_deal(connection, deal_id, who=by_person(person), now=now, off_stage=off_stage)
    except DealIsLive:
        return await _ask_before_the_stage(request, person, deal_id)
    except DealIsOver as refused:
        row = await _row(request, deal_id)
        return await _form(request, person, _form_of(request, row), row, status=409, problem=refused.detail)
    await showrunner_of(request).tick()
    return RedirectResponse(f"/desk/queue?{await _last_change(request, deal_id)}", 303)


async def _ask_before_the_stage(request: Request, person: Person, deal_id: int) -> Response:
    show = await show_document(engine_of(request), clock_of(request))
    view = confirm_withdrawal(show, zone=settings_of(request).zone)
    if view is None or view.deal_id != deal_id:  # it has ended meanwhile
        return RedirectResponse(f"/desk/deals/{deal_id}", 303)
    return await screen(request, person, "show_confirm.html", here="/desk/queue", view=view)


@router.post("/deals/{deal_id}/place")
async def put_at_place(request: Request, person: Merchandiser, deal_id: DealId) -> Response:
    """Move a deal far: to the place that was typed, in the queue as it is now."""
    typed = (await _typed(request)).get("place", "").strip()
    if not re.fullmatch(r"[1-9]\d{0,6}", typed, re.ASCII):
        row = await _row(request, deal_id)
        words = "A place is a whole number from 1 on. Nothing was moved."
        return await _form(request, person, _form_of(request, row), row, status=422, problem=words)
    async with engine_of(request).begin() as connection:
        to, now = Target(place=int(typed)), clock_of(request).now()
        await move_deal(connection, deal_id, to, None, who=by_person(person), now=now)
    await showrunner_of(request).tick()
    first = page_of(int(typed))
    return RedirectResponse(f"/desk/queue?from={first}&{await _last_change(request, deal_id)}", 303)


@router.post("/deals/{deal_id}/copies")
async def copy(request: Request, person: Merchandiser, deal_id: DealId) -> Response:
    """Queue another deal like this one."""
    async with engine_of(request).begin() as connection:
        row = await duplicate_deal(connection, deal_id, who=by_person(person), now=clock_of(request).now())
    await showrunner_of(request).tick()
    return RedirectResponse(f"/desk/queue?{await _last_change(request, row.id)}", 303)


async def _typed(request: Request) -> dict[str, str]:
    return {name: value for name, value in (await request.form()).items() if isinstance(value, str)}


async def _row(request: Request, deal_id: int) -> Row[Any]:
    async with engine_of(request).connect() as connection:
        return await known_deal(connection, deal_id)


def _empty(request: Request) -> DealForm:
    settings = settings_of(request)
    return empty_form(settings.currency, settings.zone)


def _form_of(request: Request, row: Row[Any]) -> DealForm:
    fixed = {"queued": (), "live": tuple(name for name in LABELS if name not in OPEN_WHILE_LIVE)}
    document = desk_document(row, 0) | {"not_before": row.not_before}
    return form_of(document, settings_of(request).zone, fixed.get(row.state, tuple(LABELS)))


async def _again(
    request: Request,
    person: Person,
    form: DealForm,
    row: Row[Any] | None,
    typed: Mapping[str, str],
) -> Response:
    """The form with what was typed: to look at the story, or because something is wrong."""
    if "preview" in typed:
        form = typed_form(typed, form)
        preview = story_html(typed.get("story", ""))
        return await _form(request, person, form, row, preview=preview)
    return await _form(request, person, form, row, status=422)


async def _form(
    request: Request,
    person: Person,
    form: DealForm,
    row: Row[Any] | None,
    *,
    status: int = 200,
    done: str = "",
    change: int | None = None,
    problem: str = "",
    preview: str | None = None,
) -> Response:
    shown = photo = None
    in_line = ""
    async with engine_of(request).connect() as connection:
        if change is not None:
            shown = await change_shown(connection, request, change)
        if row is not None:
            found = await read_deal_photo(connection, row.id)
            photo = deal_photo_view(found.deal_id, found.title, found.state, found.token, found.photo)
            in_line = line_words(await count_line(connection, row.id))
    return await screen(
        request,
        person,
        "deal_form.html",
        here="/desk/queue",
        status=status,
        form=form,
        deal_id=None if row is None else row.id,
        state="new" if row is None else row.state,
        title="" if row is None else row.title,
        said=_DONE.get(done, ""),
        change=shown,
        photo=photo,
        in_line=in_line,
        problem=problem,
        preview=None if preview is None else Markup(preview),  # noqa: S704 - our own Markdown, in which HTML is text
    )


_DONE = {"queued": "Queued, at the end. It can have a photo now.", "saved": "Saved."}


async def _last_change(request: Request, deal_id: int) -> str:
    async with engine_of(request).connect() as connection:
        page = await list_changes(connection, deal_id=deal_id, limit=1)
    return f"change={page.rows[0].id}" if page.rows else ""
