"""The pages for shoppers."""

from typing import Annotated, Any
from uuid import uuid4

from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from app.identity import MaybeAsking, SignedIn
from app.inventory import live_snapshot
from app.pages.friend_card import heard_of
from app.pages.line_card import line_card
from app.pages.live_views import live_view
from app.pages.onward import sign_in_first
from app.pages.price_choices import coupons_for, may_be_coupon, price_by
from app.pages.price_views import FriendPrice
from app.pages.rendering import ProblemView, page
from app.pages.wish import WISH_PATH, buy_for, keep_wish
from app.platform.errors import NotFound, Problem
from app.platform.settings import settings_of
from app.sales import VISIBLE_ASCII, Wish
from app.sharing import referral_of

router = APIRouter(include_in_schema=False)


SORRY = {
    "sold-out": "Somebody was quicker: that one is sold out, or fewer are left than you wanted.",
    "deal-over": "That deal is over. Here is what is live now.",
    "no-such-deal": "That deal is not live. Here is what is.",
    "limit-reached": "You already have as many of these as one person may buy.",
    "invalid": "That quantity is not possible for this deal.",
    "idempotency-key-reused": "That page was an old one. Nothing was bought; please choose again.",
    "coupon-not-usable": "That coupon can not be used for this: it is used up, out of date, or in another currency. "
    "Nothing was bought, and you may choose again.",
    "gate-closed": "One moment, we are counting the shelf. Nothing was bought; please try again.",
    "outcome-unknown": "We could not learn in time whether you got it. Look at your orders before you try again.",
}


@router.get("/")
async def live(request: Request, asking: MaybeAsking, sorry: str = "", missed: str = "") -> Response:
    """The live deal. `missed` is a deal that was sold out before they got one: they may stand in its line."""
    settings = settings_of(request)
    site = settings.public_url or str(request.base_url).rstrip("/")
    snapshot = live_snapshot(request)
    view = live_view(snapshot, zone=settings.zone, site_url=site, event=settings.event_name)
    if view.phase == "sold-out":
        missed = missed or str(view.deal_id)
    card = await line_card(request, asking, missed)
    shown: dict[str, Any] = {
        "key": uuid4().hex,
        "message": SORRY.get(sorry),
        "back": "",
        "coupons": await coupons_for(request, asking, snapshot["deal"]),
        "friend": await _friend_price(request, asking, view.deal_id),
        "heard": await heard_of(request, asking, view.deal_id if view.can_buy else None),
    }
    return await page(request, "live.html", view=view, **shown, **card)


@router.post("/buy")
async def buy(
    request: Request,
    asking: MaybeAsking,
    deal_id: Annotated[str, Form()] = "",
    quantity: Annotated[str, Form()] = "1",
    key: Annotated[str, Form()] = "",
    coupon: Annotated[str, Form()] = "",
    proof: Annotated[str, Form()] = "",
) -> Response:
    """What the page's form sends. Someone who is not signed in is asked to, and the wish is kept."""
    if not _whole(deal_id):
        return RedirectResponse("/?sorry=no-such-deal", 303)
    if not _whole(quantity) or int(quantity) < 1 or not VISIBLE_ASCII.fullmatch(key.encode()):
        return RedirectResponse("/?sorry=invalid", 303)
    if not may_be_coupon(coupon):
        return RedirectResponse("/?sorry=coupon-not-usable", 303)
    wanted = {"key": key, "deal_id": int(deal_id), "quantity": int(quantity), "coupon": coupon or None}
    if asking is None:
        response = sign_in_first(WISH_PATH)
        keep_wish(request, response, wanted)
        return response
    return await buy_for(request, Wish(asking.shopper_id, **wanted), proof)  # type: ignore[arg-type]


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


async def _friend_price(request: Request, asking: SignedIn | None, deal_id: int | None) -> FriendPrice | None:
    referral = None if deal_id is None else await referral_of(request, deal_id)
    return await price_by(request, asking, deal_id, referral)


def _whole(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 9
