"""Cards on file: a new one is typed at the provider's, never here; one is chosen to pay; one is removed."""

import re

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from app.identity import CHANGE, Asking, SignedIn, allow, identity_of, site_address
from app.pages.account_route import AccountRoute
from app.pages.address_typing import Text
from app.pages.order_screens import settlement_of
from app.payments import FORM, NotFinished, payments_of
from app.platform.errors import NotFound
from app.sales import checkout_of, try_again

router = APIRouter(include_in_schema=False, route_class=AccountRoute)

NAME = re.compile(r"[A-Za-z0-9_-]{1,255}")  # of forms, as providers make them, and of cards


@router.get("/account/cards/new")
async def new_card(request: Request, asking: Asking) -> Response:
    """On to the provider's form."""
    return await _to_the_form(request, asking, "/account/cards/kept")


@router.get("/account/cards/kept")
async def card_typed(request: Request, asking: Asking, form: str = "") -> Response:
    """Back from the provider's form."""
    done = "no-card" if await _keep(request, asking, form) is None else "card"
    return RedirectResponse(f"/account?done={done}", 303)


@router.post("/account/cards/{card_id}/choice")
async def choose_card(request: Request, asking: Asking, card_id: str) -> Response:
    """Have this card charged from now on."""
    await _choose(request, asking, card_id)
    return RedirectResponse("/account?done=card", 303)


@router.post("/account/cards/{card_id}/removal")
async def remove_card(request: Request, asking: Asking, card_id: str) -> Response:
    """Forget a card, here and at the provider."""
    cards = payments_of(request).cards
    if not NAME.fullmatch(card_id) or not await cards.remove(asking.shopper_id, card_id):
        raise NotFound("You have no such card.")
    return RedirectResponse("/account?done=card-removed", 303)


@router.get("/orders/{order_id}/cards/new")
async def new_card_for_order(request: Request, order_id: str, asking: Asking) -> Response:
    """On to the provider's form, and from there back to the order."""
    if await checkout_of(request).ledger.order(asking.shopper_id, order_id) is None:
        raise NotFound("You have no such order.")
    return await _to_the_form(request, asking, f"/orders/{order_id}/cards/kept")


@router.get("/orders/{order_id}/cards/kept")
async def card_typed_for_order(request: Request, order_id: str, asking: Asking, form: str = "") -> Response:
    """Back from the provider's form: whatever waits for a card is tried again."""
    return _back_to(order_id, await _keep(request, asking, form))


@router.post("/orders/{order_id}/cards")
async def pay_with(request: Request, order_id: str, asking: Asking, card: Text = "") -> Response:
    """Try one of the cards on file, or the same one again."""
    return _back_to(order_id, await _choose(request, asking, card))


def _back_to(order_id: str, waited: int | None) -> Response:
    """The order's page, which says what the card is good for; None: there is none."""
    done = "no-card" if waited is None else "card" if waited else "card-kept"
    return RedirectResponse(f"/orders/{order_id}?done={done}", 303)


async def _to_the_form(request: Request, asking: SignedIn, back: str) -> Response:
    """A link leads here and no form: a policy that keeps forms on this site would keep them from the provider's."""
    await allow(request, CHANGE, f"card {asking.shopper_id}")
    back = f"{site_address(request)}{back}?form={FORM}"
    opened = await payments_of(request).cards.begin(asking.shopper_id, back)
    return RedirectResponse(opened.address, 303, {"Cache-Control": "no-store"})


async def _keep(request: Request, asking: SignedIn, form: str) -> int | None:
    """How many orders the new card is tried for. Another's form, or one that nobody filled in, gives no card: None."""
    await allow(request, CHANGE, f"card {asking.shopper_id}")
    cards = payments_of(request).cards
    if not NAME.fullmatch(form) or isinstance(await cards.finish(asking.shopper_id, form), NotFinished):
        return None
    return await _try_again(request, asking)


async def _choose(request: Request, asking: SignedIn, card_id: str) -> int:
    await allow(request, CHANGE, f"card {asking.shopper_id}")
    cards = payments_of(request).cards
    if not NAME.fullmatch(card_id) or not await cards.prefer(asking.shopper_id, card_id):
        raise NotFound("You have no such card.")
    return await _try_again(request, asking)


async def _try_again(request: Request, asking: SignedIn) -> int:
    identity = identity_of(request)
    async with identity.engine.begin() as connection:
        waited = await try_again(connection, asking.shopper_id, identity.clock.now())
    if waited:
        settlement_of(request).wake()
    return waited
