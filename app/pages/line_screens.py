"""The line on the shoppers' pages: getting in and out, and taking what is offered; also without a script."""

from typing import Annotated
from uuid import uuid4

from fastapi import APIRouter, Form, Path, Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from app.identity import MaybeAsking
from app.pages.line_card import MOST, entries_for, line_card
from app.pages.onward import sign_in_first
from app.pages.price_choices import coupons_for, may_be_coupon
from app.pages.rendering import page
from app.platform.address import party_of
from app.platform.errors import Problem, SlowDown
from app.sales import (
    VISIBLE_ASCII,
    LimitReached,
    LineOver,
    NoSuchDeal,
    NotSoldOut,
    OffersLetGo,
    Wish,
    checkout_of,
    line_of,
    order_or_refusal,
    turnstile_of,
)
from app.sharing import referral_of

router = APIRouter(include_in_schema=False)

DealId = Annotated[int, Path(ge=1, le=MOST)]

SORRY = {
    "sold-out": "That one is not kept for you any more. Nothing was bought.",
    "deal-over": "The deal was taken back, so nothing of it is sold any more. Nothing was bought.",
    "limit-reached": "You already have as many of these as one person may buy.",
    "line-over": "Nothing of that deal can come back any more, so there is no line to stand in.",
    "not-sold-out": "There is no line for that deal.",
    "offers-let-go": "Several of these were kept for you, and went to the next in line. That was the last.",
    "slow-down": "That was asked too often. Wait a moment, then try again.",
    "no-such-deal": "There is no line for that deal.",
    "invalid": "That is not an offer that was made to you. Nothing was bought.",
    "idempotency-key-reused": "That page was an old one. Nothing was bought; please choose again.",
    "outcome-unknown": "We could not learn in time whether you got it. Look at your orders before you try again.",
    "coupon-not-usable": "That coupon can not be used for this. Nothing was bought, and the offer is still yours.",
    "gate-closed": "One moment, please, and try again. Nothing was bought.",
}


@router.get("/line")
async def show_line(request: Request, asking: MaybeAsking, sorry: str = "") -> Response:
    """Where somebody stands, and what is kept for them: a mail about an offer leads here."""
    if asking is None:
        return sign_in_first("/line")
    card = await line_card(request, asking, "")
    coupons = await coupons_for(request, asking, None)
    message = SORRY.get(sorry)
    return await page(request, "line.html", key=uuid4().hex, message=message, coupons=coupons, **card)


@router.get("/line/now")
async def line_now(request: Request, asking: MaybeAsking, missed: str = "") -> Response:
    """The card's words, for the page's script."""
    entries = await entries_for(request, asking, missed)
    body = {"entries": [entry.document() for entry in entries]}
    return JSONResponse(body, headers={"Cache-Control": "private, no-store"})


@router.post("/line/{deal_id}")
async def join(
    request: Request, deal_id: DealId, asking: MaybeAsking, back: Annotated[str, Form()] = ""
) -> Response:
    """Get in line."""
    if asking is None:
        return sign_in_first(f"/?missed={deal_id}")
    try:
        turnstile_of(request).count(asking.shopper_id, party_of(request))
        await line_of(request).join(deal_id, asking.shopper_id)
    except (NoSuchDeal, NotSoldOut, LineOver, LimitReached, OffersLetGo, SlowDown) as refused:
        return RedirectResponse(f"/line?sorry={refused.slug()}", 303)
    return _back(back)


@router.post("/line/{deal_id}/leave")
async def leave(
    request: Request, deal_id: DealId, asking: MaybeAsking, back: Annotated[str, Form()] = ""
) -> Response:
    """Leave the line, and what was kept for them to the next."""
    if asking is None:
        return sign_in_first("/line")
    await line_of(request).leave(deal_id, asking.shopper_id)
    return _back(back)


@router.post("/line/{deal_id}/take")
async def take(
    request: Request,
    deal_id: DealId,
    asking: MaybeAsking,
    offer: Annotated[str, Form()] = "",
    key: Annotated[str, Form()] = "",
    coupon: Annotated[str, Form()] = "",
) -> Response:
    """Buy what was offered, then on to the order's page; or back to the line, which says why not."""
    if asking is None:
        return sign_in_first("/line")
    if not 0 < len(offer) <= 100 or not VISIBLE_ASCII.fullmatch(key.encode()):
        return RedirectResponse("/line?sorry=invalid", 303)
    if not may_be_coupon(coupon):
        return RedirectResponse("/line?sorry=coupon-not-usable", 303)
    try:
        turnstile_of(request).count(asking.shopper_id, party_of(request))
    except SlowDown as refused:
        return RedirectResponse(f"/line?sorry={refused.slug()}", 303)
    checkout = checkout_of(request)
    wish = Wish(
        asking.shopper_id, key, deal_id, 1, coupon or None, offer, await referral_of(request, deal_id)
    )
    outcome = order_or_refusal(await checkout.purchase(wish), checkout.live_deal_id)
    if isinstance(outcome, Problem):
        return RedirectResponse(f"/line?sorry={outcome.slug()}", 303)
    return RedirectResponse(f"/orders/{outcome.id}", 303)


def _back(where: str) -> Response:
    return RedirectResponse("/line" if where == "line" else "/#line", 303)
