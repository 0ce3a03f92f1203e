"""The line over HTTP."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request, Response

from app.identity import Asking, SignedIn, SignInRequired
from app.platform.address import party_of
from app.platform.errors import CrossSite, Invalid, SlowDown
from app.platform.openapi import problems
from app.sales.documents import MAX_ID
from app.sales.line.documents import PlaceDocument, PlaceList
from app.sales.line.room import Line
from app.sales.line.standing import LineOver, NotSoldOut, OffersLetGo, PlaceInLine
from app.sales.refusals import LimitReached, NoSuchDeal
from app.sales.routes import turnstile_of

router = APIRouter(tags=["line"])

DealId = Annotated[int, Path(ge=1, le=MAX_ID)]


def line_of(request: Request) -> Line:
    """The line of the process that serves this request."""
    line: Line = request.app.state.line
    return line


ALREADY: dict[int | str, dict[str, Any]] = {
    200: {"description": "They stood in it already", "model": PlaceDocument}
}
TheLine = Annotated[Line, Depends(line_of)]


@router.get("/line", operation_id="list_line", response_model=PlaceList, responses=problems(SignInRequired))
async def list_line(shopper: Asking, line: TheLine) -> dict[str, object]:
    """Where the shopper stands in line, and what they are offered. One stands in few lines: it is one page."""
    return {"items": [place.document() for place in await _places(line, shopper)], "next": None}


@router.post(
    "/deals/{deal_id}/line",
    operation_id="join_line",
    status_code=201,
    response_model=PlaceDocument,
    responses=ALREADY
    | problems(
        SignInRequired,
        CrossSite,
        NoSuchDeal,
        NotSoldOut,
        LineOver,
        LimitReached,
        OffersLetGo,
        Invalid,
        SlowDown,
    ),
)
async def join(
    request: Request, deal_id: DealId, response: Response, shopper: Asking, line: TheLine
) -> dict[str, object]:
    """Stand in line for a deal that is sold out. Repeating it keeps one's place."""
    turnstile_of(request).count(shopper.shopper_id, party_of(request))
    joined = await line.join(deal_id, shopper.shopper_id)
    if not joined:
        response.status_code = 200
    return next(place.document() for place in await _places(line, shopper) if place.deal_id == deal_id)


@router.delete(
    "/deals/{deal_id}/line",
    operation_id="leave_line",
    status_code=204,
    responses=problems(SignInRequired, CrossSite),
)
async def leave(deal_id: DealId, shopper: Asking, line: TheLine) -> None:
    """Leave the line; what one was offered goes to the next. Also where one does not stand in it."""
    await line.leave(deal_id, shopper.shopper_id)


async def _places(line: Line, shopper: SignedIn) -> list[PlaceInLine]:
    return await line.places_of(shopper.shopper_id)
