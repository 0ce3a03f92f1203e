"""What sold, page by page."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from pydantic import BeforeValidator, Field
from starlette.responses import Response

from app.admin.pattern_views import view_pattern
from app.admin.record_filter import read_asked
from app.admin.record_views import view_comparison, view_record, view_row, view_totals
from app.admin.screen import DeskRoute, Merchandiser, screen
from app.inventory.desk import (
    MAX_ID,
    choose_records,
    engine_of,
    find_patterns,
    page_of_records,
    read_curves_of,
    read_record,
    read_records,
    read_refusals_of,
)
from app.platform.settings import settings_of

router = APIRouter(prefix="/desk", route_class=DeskRoute)

PAGE = 50
MOST_COMPARED = 4
HERE = "/desk/records"
Minutes = Annotated[int, Field(ge=1, le=44_640)]


@router.get("/records")
async def records(
    request: Request, person: Merchandiser, after: Annotated[int | None, Query(ge=1, le=MAX_ID)] = None
) -> Response:
    """Past deals: those that were asked for, in the order that was asked for."""
    settings = settings_of(request)
    asked = read_asked(request.query_params, settings.currency)
    everything = await read_records(engine_of(request))
    found = choose_records(everything, asked.sought.sought(), settings.zone, settings.currency)
    if asked.wrong:
        found = []
    page, following = page_of_records(found, after, PAGE)
    return await screen(
        request,
        person,
        "records.html",
        here=HERE,
        status=422 if asked.wrong else 200,
        asked=asked,
        currency=settings.currency,
        categories=sorted({record.category for record in everything} - {""}),
        is_empty=not everything,
        tiles=view_totals(found),
        rows=[view_row(record, settings.zone) for record in page],
        following=following,
        is_first=after is None,
    )


@router.get("/records/compare")
async def compare(
    request: Request,
    person: Merchandiser,
    deal: Annotated[list[Annotated[int, Query(ge=1, le=MAX_ID)]] | None, Query(max_length=50)] = None,
    minutes: Annotated[Minutes | None, BeforeValidator(lambda text: text or None), Query()] = None,
) -> Response:
    """Two to four past deals side by side."""
    ids = list(dict.fromkeys(deal or []))
    engine = engine_of(request)
    found = await read_records(engine, ids) if 2 <= len(ids) <= MOST_COMPARED else []
    if len(found) < 2:
        return await screen(request, person, "compare.html", here=HERE, status=422, view=None, minutes=None)
    curves = await read_curves_of(engine, [record.deal_id for record in found])
    view = view_comparison(found, curves, minutes, settings_of(request).zone)
    return await screen(request, person, "compare.html", here=HERE, view=view, minutes=minutes)


@router.get("/records/patterns")
async def patterns(request: Request, person: Merchandiser) -> Response:
    """What sells fast, of the deals that were asked for."""
    settings = settings_of(request)
    asked = read_asked(request.query_params, settings.currency)
    everything = await read_records(engine_of(request))
    found = choose_records(everything, asked.sought.sought(), settings.zone, settings.currency)
    views = [view_pattern(pattern) for pattern in find_patterns(found, settings.zone, settings.currency)]
    return await screen(
        request,
        person,
        "patterns.html",
        here=HERE,
        status=422 if asked.wrong else 200,
        asked=asked,
        deals=len(found),
        views=views,
    )


@router.get("/records/{deal_id}")
async def record(
    request: Request, person: Merchandiser, deal_id: Annotated[int, Path(ge=1, le=MAX_ID)]
) -> Response:
    """One past deal."""
    engine = engine_of(request)
    found = await read_record(engine, deal_id)
    curves = await read_curves_of(engine, [deal_id])
    refusals = await read_refusals_of(engine, deal_id)
    view = view_record(found, curves[deal_id], refusals, settings_of(request).zone)
    return await screen(request, person, "record.html", here=HERE, view=view)
