"""The show's controls, as forms. What cannot be taken back asks once more, on a page of its own."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from app.admin.screen import DeskRoute, Merchandiser, screen
from app.admin.show_views import ShowControlsView, confirm_skip, confirm_stop, show_controls_view
from app.inventory.desk import NotLive, by_person, engine_of, show_document, showrunner_of
from app.platform.clock import Clock
from app.platform.settings import settings_of

router = APIRouter(prefix="/desk", route_class=DeskRoute)

DealId = Annotated[int, Form(ge=1, le=2**63 - 1)]
Mode = Annotated[Literal["daily", "woot-off"], Form()]


def show_controls(request: Request, show: dict[str, Any]) -> ShowControlsView:
    """What show_controls.html takes, for a show that stands so (inventory's show_document)."""
    settings = settings_of(request)
    said = request.query_params.get("show", "")
    return show_controls_view(show, zone=settings.zone, event_name=settings.event_name, said=said)


@router.post("/show/start")
async def start(request: Request, person: Merchandiser, mode: Mode) -> Response:
    """Start the show in a mode, or change it."""
    await showrunner_of(request).set_show(mode, False, who=by_person(person))
    return _back("started")


@router.post("/show/pause")
async def pause(request: Request, person: Merchandiser) -> Response:
    """Nobody can buy, until the show goes on."""
    return await _set_paused(request, person, True)


@router.post("/show/resume")
async def resume(request: Request, person: Merchandiser) -> Response:
    """Go on selling."""
    return await _set_paused(request, person, False)


@router.get("/show/skip")
async def ask_before_a_skip(request: Request, person: Merchandiser) -> Response:
    """Say what a skip would do."""
    view = confirm_skip(await _show(request), zone=settings_of(request).zone)
    if view is None:
        return _back("not-live")
    return await screen(request, person, "show_confirm.html", here="/desk", view=view)


@router.post("/show/skip")
async def skip(request: Request, person: Merchandiser, deal_id: DealId) -> Response:
    """Skip the deal that is named, if it is live."""
    try:
        skipped = await showrunner_of(request).skip(deal_id, who=by_person(person))
    except NotLive:
        return _back("not-live")
    return _back("skipped" if skipped else "over")


@router.get("/show/stop")
async def ask_before_a_stop(request: Request, person: Merchandiser) -> Response:
    """Say what a stop would do, at once or after the live deal."""
    view = confirm_stop(await _show(request), zone=settings_of(request).zone)
    return await screen(request, person, "show_confirm.html", here="/desk", view=view)


@router.post("/show/stop")
async def stop(
    request: Request,
    person: Merchandiser,
    when: Annotated[Literal["now", "after-deal"], Form()],
    deal_id: Annotated[int | None, Form(ge=1, le=2**63 - 1)] = None,
) -> Response:
    """Stop the show."""
    at_once = when == "now"
    try:
        stopped = await showrunner_of(request).stop_show(deal_id, at_once=at_once, who=by_person(person))
    except NotLive:
        return _back("not-live")
    if not stopped:
        return _back("as-it-was")
    return _back("stopped" if at_once else "stopping")


async def _set_paused(request: Request, person: Merchandiser, paused: bool) -> Response:
    show = await _show(request)
    if not show["started"]:
        return _back("not-started")
    await showrunner_of(request).set_show(show["mode"], paused, who=by_person(person))
    return _back("paused" if paused else "resumed")


async def _show(request: Request) -> dict[str, Any]:
    clock: Clock = request.app.state.clock
    return await show_document(engine_of(request), clock)


def _back(said: str) -> Response:
    return RedirectResponse(f"/desk?show={said}", 303)
