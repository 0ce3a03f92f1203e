"""Buying from the page's form, also for someone who has yet to sign in: the wish is kept meanwhile."""

import json
from collections.abc import Mapping

from msgspec import structs
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from app.pages.rendering import page
from app.platform.address import party_of
from app.platform.errors import Problem, SlowDown
from app.platform.puzzles import ProofOfWorkRequired, puzzle_text
from app.sales import SoldOut, Wish, checkout_of, order_or_refusal, turnstile_of
from app.sharing import referral_of

WISH_PATH = "/buy"
WISH_NOTICE = "Sign in, and we will take it off the shelf for you, if one is still there."
COOKIE = "wish"
KEPT_SECONDS = 15 * 60


def kept_wish(request: Request) -> dict[str, object] | None:
    """What the browser wanted to buy before we asked who it is. Our own signature is on it."""
    signed = request.app.state.signer.verify("wish", request.cookies.get(COOKIE, ""))
    return None if signed is None else json.loads(bytes.fromhex(signed))


def keep_wish(request: Request, response: Response, wanted: Mapping[str, object]) -> None:
    """Have the browser remember what it wants (a Wish but for whose it is), for a quarter of an hour."""
    wish = json.dumps(wanted).encode().hex()
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


async def buy_for(request: Request, wish: Wish, proof: str = "") -> Response:
    """Buy, then on to the order's page; or back to the live page, which says why not.

    Where too much is asked, a page says so, which keeps the wish and its key: the answer to it may have been lost.
    """
    try:
        await turnstile_of(request).admit(wish.shopper_id, party_of(request), wish.key, proof)
    except (SlowDown, ProofOfWorkRequired) as first:
        return await _not_yet(request, wish, first)
    wish = structs.replace(wish, referral=await referral_of(request, wish.deal_id))
    checkout = checkout_of(request)
    outcome = order_or_refusal(await checkout.purchase(wish), checkout.live_deal_id)
    if isinstance(outcome, Problem):
        missed = f"&missed={wish.deal_id}" if isinstance(outcome, SoldOut) else ""
        return RedirectResponse(f"/?sorry={outcome.slug()}{missed}", 303)
    return RedirectResponse(f"/orders/{outcome.id}", 303)


async def _not_yet(request: Request, wish: Wish, first: Problem) -> Response:
    puzzle = puzzle_text(first.members["challenge"]) if isinstance(first, ProofOfWorkRequired) else ""  # type: ignore[arg-type]
    fields = first.headers()
    seconds = fields["Retry-After"]
    response = await page(
        request, "work.html", status=first.status, wish=wish, puzzle=puzzle, seconds=seconds
    )
    response.headers.update(fields)
    return response
