"""Where links lead: a page about one deal that says who sent it. It buys nothing, and sends nobody elsewhere."""

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from app.identity import MaybeAsking, SignedIn
from app.inventory import live_snapshot, read_shown
from app.pages.landings import Landings, Seen
from app.pages.live_views import live_view
from app.pages.price_choices import coupons_for, price_by
from app.pages.price_views import FriendPrice
from app.pages.share_views import as_it_was, landing_view
from app.platform.address import own_address
from app.platform.settings import settings_of
from app.sharing import (
    Referral,
    Shared,
    forget_visit,
    is_makers_browser,
    keep_visit,
    sharing_of,
)

router = APIRouter(include_in_schema=False)

NOT_INDEXED = {"X-Robots-Tag": "noindex"}


@router.get("/h/{code}")
async def landing(request: Request, code: str, asking: MaybeAsking) -> Response:
    """The deal that somebody passed on; after it, thanks and what is live. A code of nobody's leads to what is live."""
    shared = await sharing_of(request).look_up(code)
    if shared is None:
        return _to_the_live_deal()
    settings = settings_of(request)
    snapshot, site = live_snapshot(request), site_of(request)
    is_over = snapshot["deal"] is None or snapshot["deal"]["id"] != shared.link.deal_id
    landings: Landings = request.app.state.landings
    brought_by = None if is_over else _brought_by(request, shared)
    friend = await price_by(request, asking, shared.link.deal_id, brought_by)
    seen = _what_is_seen(shared, friend, site, snapshot["id"])
    response = landings.show(seen) if asking is None else None
    if response is None:
        shown = await _as_it_was(request, shared) if is_over else snapshot
        if shown is None:
            return _to_the_live_deal()
        view = landing_view(
            shown,
            code=shared.link.code,
            sender=shared.sender,
            site_url=site,
            is_over=is_over,
            advice=shared.link.advice,
            friend=friend,
            event=settings.event_name,
        )
        coupons = () if is_over else await coupons_for(request, asking, shown["deal"])
        response = await landings.draw(request, seen, view, live_view(snapshot) if is_over else None, coupons)
    response.headers.update(NOT_INDEXED)
    if not is_over:
        _remember(request, response, shared, asking)
    return response


@router.post("/h/{code}/removal")
async def nobody_sent_me(request: Request, code: str) -> Response:
    """Nobody is thanked for what this browser buys of the link's deal."""
    response = _to_the_live_deal()
    shared = await sharing_of(request).look_up(code)
    if shared is not None:
        forget_visit(request, response, shared.link.deal_id)
    return response


def site_of(request: Request) -> str:
    """What links begin with: never what a made-up Host field says, for they are shown to others."""
    settings = settings_of(request)
    return own_address(request, settings.public_url)


def _brought_by(request: Request, shared: Shared) -> Referral | None:
    """Whom a purchase by this link would thank: nobody, as long as it is nobody's."""
    link = shared.link
    if link.shopper_id is None:
        return None
    return Referral(link.code, link.shopper_id, own_browser=is_makers_browser(request, shared))


def _what_is_seen(shared: Shared, friend: FriendPrice | None, site: str, snapshot_id: str) -> Seen:
    link = shared.link
    return (link.code, shared.sender, link.advice, site, friend.price if friend else "", snapshot_id)


def _remember(request: Request, response: Response, shared: Shared, asking: SignedIn | None) -> None:
    """Whose link it is comes by nobody's; in their browser, but not signed in, they are no visitor either."""
    link = shared.link
    if asking is not None and asking.shopper_id == link.shopper_id:
        return
    if keep_visit(request, response, link) and not is_makers_browser(request, shared):
        sharing_of(request).visits.count(link.code)


async def _as_it_was(request: Request, shared: Shared) -> Any:
    async with sharing_of(request).engine.connect() as connection:
        deal = await read_shown(connection, shared.link.deal_id)
    return None if deal is None else as_it_was(deal)


def _to_the_live_deal() -> Response:
    return RedirectResponse("/", 303, NOT_INDEXED | {"Cache-Control": "no-store"})
