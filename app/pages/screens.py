"""The pages for shoppers."""

from typing import Annotated
from uuid import uuid4

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import RedirectResponse, Response

from app.identity import SignedIn, maybe_signed_in
from app.inventory import live_snapshot
from app.pages.accounts import sign_in_first
from app.pages.line_screens import line_card
from app.pages.live_views import live_view
from app.pages.rendering import ProblemView, page
from app.pages.wish import WISH_PATH, buy_for, keep_wish
from app.platform.errors import NotFound, Problem
from app.platform.settings import Settings
from app.sales import VISIBLE_ASCII, Wish

router = APIRouter(include_in_schema=False)

Asking = Annotated[SignedIn | None, Depends(maybe_signed_in)]

SORRY = {
    "sold-out": "Somebody was quicker: that one is sold out, or fewer are left than you wanted.",
    "deal-over": "That deal is over. Here is what is live now.",
    "no-such-deal": "That deal is not live. Here is what is.",
    "limit-reached": "You already have as many of these as one person may buy.",
    "invalid": "That quantity is not possible for this deal.",
    "idempotency-key-reused": "That page was an old one. Nothing was bought; please choose again.",
    "gate-closed": "One moment, we are counting the shelf. Nothing was bought; please try again.",
    "outcome-unknown": "We could not learn in time whether you got it. Look at your orders before you try again.",
}


def _settings(request: Request) -> Settings:
    settings: Settings = request.app.state.settings
    return settings


@router.get("/")
async def live(request: Request, asking: Asking, sorry: str = "", missed: str = "") -> Response:
    """The live deal. `missed` is a deal that was sold out before they got one: they may stand in its line."""
    settings = _settings(request)
    site = settings.public_url or str(request.base_url).rstrip("/")
    view = live_view(live_snapshot(request), zone=settings.zone, site_url=site)
    if view.phase == "sold-out":
        missed = missed or str(view.deal_id)
    card = await line_card(request, asking, missed)
    message = SORRY.get(sorry)
    return await page(request, "live.html", view=view, key=uuid4().hex, message=message, back="", **card)


@router.post("/buy")
async def buy(
    request: Request,
    asking: Asking,
    deal_id: Annotated[str, Form()] = "",
    quantity: Annotated[str, Form()] = "1",
    key: Annotated[str, Form()] = "",
    proof: Annotated[str, Form()] = "",
) -> Response:
    """What the page's form sends. Someone who is not signed in is asked to, and the wish is kept."""
    if not _whole(deal_id):
        return RedirectResponse("/?sorry=no-such-deal", 303)
    if not _whole(quantity) or int(quantity) < 1 or not VISIBLE_ASCII.fullmatch(key.encode()):
        return RedirectResponse("/?sorry=invalid", 303)
    if asking is None:
        response = sign_in_first(WISH_PATH)
        keep_wish(request, response, key, int(deal_id), int(quantity))
        return response
    return await buy_for(request, Wish(asking.shopper_id, key, int(deal_id), int(quantity)), proof)


@router.get("/buy")
async def bought_elsewhere() -> Response:
    """Where a browser comes back to that signed in without a wish."""
    return RedirectResponse("/", 303)


@router.get("/how")
async def how(request: Request) -> Response:
    """How the shop works."""
    return await page(request, "how.html")


@router.get("/problems/{slug}")
async def problem(request: Request, slug: str) -> Response:
    """What a problem's type means."""
    kind = Problem.known.get(slug)
    if kind is None:
        raise NotFound("There is no problem by this name.")
    view = ProblemView(kind.title, kind.explanation(), "")
    return await page(request, "problem.html", problem=view)


def _whole(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 9
