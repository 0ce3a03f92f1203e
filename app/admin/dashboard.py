"""The live dashboard: how the deal on stage sells."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from app.admin.dashboard_views import dashboard_view
from app.admin.screen import DeskRoute, Merchandiser, screen
from app.admin.show_controls import show_controls
from app.inventory.desk import (
    engine_of,
    past_deals_of,
    read_dashboard_and_show,
    read_deal_curve,
)
from app.platform.clock import Clock
from app.platform.settings import settings_of
from app.stream import stream_of

router = APIRouter(prefix="/desk", route_class=DeskRoute)


@router.get("")
async def dashboard(request: Request, person: Merchandiser) -> Response:
    """How the live deal sells."""
    clock: Clock = request.app.state.clock
    engine, now, settings = engine_of(request), clock.now(), settings_of(request)
    watching = stream_of(request).watching
    shown, show = await read_dashboard_and_show(engine, watching=watching, now=now)
    curve = None
    if shown.deal is not None:
        curve = await read_deal_curve(engine, shown.deal.id, past_deals_of(request), now=now)
    view = dashboard_view(shown, curve, zone=settings.zone, event_name=settings.event_name)
    controls = show_controls(request, show)
    return await screen(request, person, "dashboard.html", here="/desk", view=view, controls=controls)
