"""Rescuing a deal that holds up the show: raise the reward, give more time, or go on to the skip."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from app.admin.rescue_views import rescue_view
from app.admin.screen import DeskRoute, Merchandiser, screen
from app.identity import Person
from app.inventory.desk import (
    MAX_PRICE,
    NoRescue,
    NotLive,
    by_person,
    clock_of,
    engine_of,
    show_document,
    showrunner_of,
)
from app.payments import NotAnAmount, parse_money
from app.platform.errors import NotFound
from app.platform.settings import settings_of

router = APIRouter(prefix="/desk", route_class=DeskRoute)

Minutes = Annotated[int | None, Form(ge=1, le=60 * 24 * 31)]


@router.get("/show/rescue")
async def choices(request: Request, person: Merchandiser) -> Response:
    """Say what can be added for the live deal."""
    return await _page(request, person)


@router.post("/show/rescue")
async def rescue(
    request: Request,
    person: Merchandiser,
    deal_id: Annotated[int, Form(ge=1, le=2**63 - 1)],
    reward: Annotated[str | None, Form(max_length=30)] = None,
    pot_minutes: Minutes = None,
    max_minutes: Minutes = None,
) -> Response:
    """Give the deal that is named what is asked for, if it is live."""
    wanted: dict[str, int | None] = {"pot_minutes": pot_minutes, "max_minutes": max_minutes}
    try:
        if reward is not None or (pot_minutes, max_minutes) == (None, None):
            wanted["reward"] = await _amount(request, reward or "")
        given = {name: value for name, value in wanted.items() if value is not None}
        rescued = await showrunner_of(request).rescue(deal_id, given, who=by_person(person))
    except ValueError as error:
        return await _page(request, person, reward or "", f"Reward: {error}", 422)
    except NoRescue as refused:
        return await _page(request, person, reward or "", refused.detail or refused.title, 409)
    except (NotLive, NotFound):
        return _back("not-live")
    return _back("rescued" if rescued else "as-it-was")


async def _amount(request: Request, text: str) -> int:
    """The reward in minor units. Raises ValueError with words for people."""
    stage = (await show_document(engine_of(request), clock_of(request)))["on_stage"]
    if stage is None or stage["stall"] is None:
        raise NotLive("It holds up nothing.")
    try:
        amount = parse_money(text, stage["stall"]["currency"]).amount
    except NotAnAmount as error:
        raise ValueError(f"{error}.") from None
    if not 0 < amount <= MAX_PRICE:
        raise ValueError("more than nothing, and no more than a deal may cost.")
    return amount


async def _page(
    request: Request, person: Person, typed: str = "", problem: str = "", status: int = 200
) -> Response:
    show = await show_document(engine_of(request), clock_of(request))
    view = rescue_view(show, zone=settings_of(request).zone, typed=typed, problem=problem)
    if view is None:
        return _back("not-stalled")
    return await screen(request, person, "rescue.html", here="/desk", status=status, view=view)


def _back(said: str) -> Response:
    return RedirectResponse(f"/desk?show={said}", 303)
