"""Buying from the page's form, also for someone who has yet to sign in: the wish is kept meanwhile."""

import json

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app.platform.errors import Problem
from app.sales import Wish, checkout_of, order_or_refusal

WISH_PATH = "/buy"
WISH_NOTICE = "Sign in, and we will take it off the shelf for you, if one is still there."
COOKIE = "wish"
KEPT_SECONDS = 15 * 60


def kept_wish(request: Request) -> dict[str, object] | None:
    """What the browser wanted to buy before we asked who it is. Our own signature is on it."""
    signed = request.app.state.signer.verify("wish", request.cookies.get(COOKIE, ""))
    return None if signed is None else json.loads(bytes.fromhex(signed))


def keep_wish(request: Request, response: Response, key: str, deal_id: int, quantity: int) -> None:
    """Have the browser remember what it wants, for a quarter of an hour."""
    wish = json.dumps({"key": key, "deal_id": deal_id, "quantity": quantity}).encode().hex()
    response.set_cookie(
        COOKIE,
        request.app.state.signer.sign("wish", wish),
        max_age=KEPT_SECONDS,
        httponly=True,
        samesite="lax",
        secure=request.app.state.settings.secure,
    )


async def fulfil(request: Request, shopper_id: int) -> Response:
    """Buy what the browser wanted, now that we know who it is."""
    wish = kept_wish(request)
    if wish is None:
        return RedirectResponse("/", 303)
    response = await buy_for(request, Wish(shopper_id, **wish))  # type: ignore[arg-type]
    response.delete_cookie(COOKIE)
    return response


async def buy_for(request: Request, wish: Wish) -> Response:
    """Buy, then on to the order's page; or back to the live page, which says why not."""
    checkout = checkout_of(request)
    outcome = order_or_refusal(await checkout.purchase(wish), checkout.live_deal_id)
    if isinstance(outcome, Problem):
        return RedirectResponse(f"/?sorry={outcome.slug()}", 303)
    return RedirectResponse(f"/orders/{outcome.id}", 303)
