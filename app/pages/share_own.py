"""One's own link: made with one tap, copied, sent, or shown as a QR code; with nothing but forms where need be."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from app.identity import SHARE, MaybeAsking, SignedIn, allow
from app.inventory import read_shown
from app.pages.onward import sign_in_first
from app.pages.rendering import page
from app.pages.share_views import own_link_view
from app.platform.errors import NotFound
from app.sharing import (
    AdviceTooLong,
    Link,
    NotOnStage,
    Shared,
    claim_in,
    clean_advice,
    is_own,
    link_url,
    make_for,
    sharing_of,
)

router = APIRouter(include_in_schema=False)

MOST_TYPED = 2000  # characters of advice that are shown again where it was too long


@router.post("/share")
async def share(request: Request) -> Response:
    """My link for whatever is live."""
    response = RedirectResponse("/", 303)
    try:
        link, _ = await make_for(request, response, None)
    except NotOnStage:
        return response
    response.headers["location"] = f"/share/{link.code}"
    return response


@router.get("/share/{code}")
async def own_link(request: Request, code: str, asking: MaybeAsking) -> Response:
    """The link, and how to pass it on. Whoever else has this address is led to where the link leads."""
    if asking is not None:
        await claim_in(request, asking.shopper_id)
    shared = await _own(request, code, asking)
    return RedirectResponse("/", 303) if shared is None else await _show(request, shared.link)


async def _show(request: Request, link: Link, *, typed: str | None = None, wrong: str = "") -> Response:
    """`wrong` says what is wrong with advice as it was `typed`."""
    async with sharing_of(request).engine.connect() as connection:
        deal = await read_shown(connection, link.deal_id)
    if deal is None:
        raise NotFound("That deal was taken back.")
    view = own_link_view(
        code=link.code,
        url=link_url(request, link),
        title=deal["title"],
        price=deal["price"]["text"],
        visits=link.visits,
        claimed=link.shopper_id is not None,
        named=link.named,
        advice=link.advice if typed is None else typed,
    )
    return await page(request, "share.html", view=view, wrong=wrong, status=422 if wrong else 200)


@router.post("/share/{code}/name")
async def name_me(
    request: Request, code: str, asking: MaybeAsking, named: Annotated[str, Form()] = ""
) -> Response:
    """Whether whoever comes by the link is told my name."""
    if asking is None:
        return sign_in_first("/")
    link = await _claimed(request, code, asking)
    await sharing_of(request).name(link.code, named == "yes")
    return RedirectResponse(f"/share/{link.code}", 303)


@router.post("/share/{code}/advice")
async def advise(
    request: Request, code: str, asking: MaybeAsking, advice: Annotated[str, Form()] = ""
) -> Response:
    """What I say to whoever comes by the link; nothing takes it back. Only an account says anything to others."""
    if asking is None:
        return sign_in_first("/")
    link = await _claimed(request, code, asking)
    await allow(request, SHARE, str(asking.shopper_id))
    try:
        clean = clean_advice(advice)
    except AdviceTooLong as wrong:
        return await _show(request, link, typed=advice[:MOST_TYPED], wrong=str(wrong))
    await sharing_of(request).advise(link.code, clean)
    return RedirectResponse(f"/share/{link.code}", 303)


async def _claimed(request: Request, code: str, asking: SignedIn) -> Link:
    shared = await _own(request, code, asking)
    if shared is None or shared.link.shopper_id is None:
        raise NotFound("You have no such link.")
    return shared.link


async def _own(request: Request, code: str, asking: SignedIn | None) -> Shared | None:
    shared = await sharing_of(request).read(code)
    if shared is None or not is_own(request, shared.link, asking.shopper_id if asking else None):
        return None
    return shared
