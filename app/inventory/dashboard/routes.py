"""The live dashboard in numbers, over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Path, Request

from app.inventory.asking import Database, Merchandiser, Time
from app.inventory.dashboard.board import read_dashboard, read_deal_curve
from app.inventory.dashboard.documents import CurveDocument, DashboardDocument
from app.inventory.documents import MAX_ID
from app.platform.errors import NotFound
from app.platform.openapi import problems
from app.sales import PastDeals
from app.stream import stream_of

router = APIRouter()


def past_deals_of(request: Request) -> PastDeals:
    """The past deals that the process remembers which serves this request."""
    past: PastDeals = request.app.state.past_deals
    return past


@router.get("/dashboard", operation_id="read_dashboard", response_model=DashboardDocument)
async def dashboard(_: Merchandiser, request: Request, engine: Database, clock: Time) -> DashboardDocument:
    """How the deal on stage sells, who helps, who was refused, and what comes next."""
    watching = stream_of(request).watching
    return await read_dashboard(engine, watching=watching, now=clock.now())


@router.get(
    "/deals/{deal_id}/curve",
    operation_id="read_curve",
    response_model=CurveDocument,
    responses=problems(NotFound),
)
async def curve(
    _: Merchandiser,
    request: Request,
    deal_id: Annotated[int, Path(ge=1, le=MAX_ID)],
    engine: Database,
    clock: Time,
) -> CurveDocument:
    """How a deal that is or was on stage sold as it grew older, beside the median of past deals."""
    return await read_deal_curve(engine, deal_id, past_deals_of(request), now=clock.now())
