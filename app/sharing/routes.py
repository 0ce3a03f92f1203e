"""Links over HTTP."""

from typing import Annotated, Any, ClassVar

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field, StrictInt
from starlette.responses import JSONResponse, Response

from app.identity import (
    SHARE,
    SHARE_SIGNED_OUT,
    Asking,
    LimitedRoute,
    SignInRequired,
    allow,
    browsers_session,
    maybe_signed_in,
    site_address,
)
from app.platform.errors import Invalid, Problem, SlowDown, Unavailable
from app.platform.openapi import problems
from app.sharing.browser import claim_in, device_in, keep_device, new_device, sharing_of
from app.sharing.links import Link, Maker, links_of
from app.sharing.rewards import earned_of
from app.stream import stream_of

router = APIRouter(tags=["sharing"], route_class=LimitedRoute)

MAX_ID = 2**63 - 1


class NotOnStage(Problem):
    """A link sells the deal that is live, and that one is not. `live_deal_id` is the one that is."""

    status = 409
    title = "That deal is not live"
    example: ClassVar[dict[str, object]] = {"live_deal_id": 38}


class NewLink(BaseModel):
    """The deal that a link is to sell: the live one."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"deal_id": 37}]})

    deal_id: Annotated[StrictInt, Field(ge=1, le=MAX_ID)]


class LinkDocument(BaseModel):
    """A link, and its QR code."""

    model_config = ConfigDict(title="Link")

    code: str = Field(examples=["k7Wq3mZx9P"])
    url: str = Field(examples=["https://shop.example/h/k7Wq3mZx9P"])
    qr: str = Field(examples=["https://shop.example/h/k7Wq3mZx9P/qr.svg"])


class OwnLinkDocument(LinkDocument):
    """A link of one's own: how often it was followed, the units that it sold, and what they brought.

    Amounts are minor units of the deal's currency: `pending` in coupons that can not be used yet, `earned` in those
    that can or were."""

    model_config = ConfigDict(title="Own link")

    deal_id: int = Field(examples=[37])
    visits: int
    units: int
    pending: int
    earned: int


class LinkList(BaseModel):
    """Links, those of the newest deals first. `next` goes into `before`."""

    items: list[OwnLinkDocument]
    next: int | None


MADE: dict[int | str, dict[str, Any]] = {
    200: {"description": "The link that was there", "model": LinkDocument},
    201: {"description": "A new link", "model": LinkDocument},
}


@router.post(
    "/share-links",
    operation_id="share",
    status_code=201,
    response_model=LinkDocument,
    responses=MADE | problems(NotOnStage, Invalid, SlowDown, Unavailable),
)
async def share(wish: NewLink, request: Request) -> Response:
    """One's link for the live deal; the same one each time.

    Who is not signed in gets one, too: their browser keeps it by a cookie, and it is theirs once they have signed in.
    """
    response = JSONResponse(None)
    link, is_new = await make_for(request, response, wish.deal_id)
    answer = JSONResponse(link_document(request, link), 201 if is_new else 200)
    answer.raw_headers.extend(field for field in response.raw_headers if field[0] == b"set-cookie")
    answer.headers["Cache-Control"] = "no-store"
    return answer


@router.get(
    "/share-links",
    operation_id="list_share_links",
    response_model=LinkList,
    responses=problems(SignInRequired, Invalid),
)
async def list_links(
    request: Request,
    asking: Asking,
    before: Annotated[int | None, Query(ge=1, le=MAX_ID)] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> Response:
    """One's own links, and what came of them. Visits are some seconds behind."""
    await claim_in(request, asking.shopper_id)
    async with sharing_of(request).engine.connect() as connection:
        found = await links_of(connection, asking.shopper_id, before=before, most=limit + 1)
        earned: dict[int, Any] = await earned_of(connection, asking.shopper_id) if found else {}
    items = []
    for link in found[:limit]:
        by_it = earned.get(link.deal_id)
        items.append(
            link_document(request, link)
            | {"deal_id": link.deal_id, "visits": link.visits}
            | {"units": by_it.units if by_it else 0}
            | {"pending": by_it.pending if by_it else 0, "earned": by_it.earned if by_it else 0}
        )
    following = found[limit - 1].deal_id if len(found) > limit else None
    return JSONResponse({"items": items, "next": following}, headers={"Cache-Control": "no-store"})


async def make_for(request: Request, response: Response, deal_id: int | None) -> tuple[Link, bool]:
    """The link of whoever asks for the live deal (None: whichever it is), and whether it is new.

    A cookie that goes with it is set on `response`. Raises NotOnStage, SlowDown and Unavailable.
    """
    live, left_percent = _on_stage(request)
    if live is None or deal_id not in (None, live):
        raise NotOnStage("A link sells the live deal.", live_deal_id=live)
    asking = await maybe_signed_in(request)
    if asking is None:
        await allow(request, SHARE_SIGNED_OUT)
    await allow(request, SHARE, None if asking is None else str(asking.shopper_id))
    device = device_in(request)
    if asking is not None and device is not None:
        await claim_in(request, asking.shopper_id)
    if asking is None or browsers_session(request) is not None:  # programs with a token keep no cookies
        device = device or new_device()
        keep_device(request, response, device)
    maker = Maker(asking.shopper_id if asking else None, device.digest if device else None)
    return await sharing_of(request).make(maker, live, left_percent)


def link_document(request: Request, link: Link) -> dict[str, Any]:
    """As LinkDocument has it."""
    url = link_url(request, link)
    return {"code": link.code, "url": url, "qr": f"{url}/qr.svg"}


def link_url(request: Request, link: Link) -> str:
    """Where a link leads, whole."""
    return f"{site_address(request)}/h/{link.code}"


def _on_stage(request: Request) -> tuple[int | None, int]:
    """The id of the deal on stage, and what percentage of it is left."""
    present = stream_of(request).hub.present
    if present is None:
        raise Unavailable("The shop is starting.")
    deal, stock = present["deal"], present["stock"]
    return (None, 0) if deal is None else (deal["id"], stock["left_percent"] if stock else 100)
