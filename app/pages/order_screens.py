"""The pages of one's orders: thank you, what happens next, and what may be asked. Nothing is for sale here."""

from fastapi import APIRouter, Request
from msgspec import to_builtins
from starlette.responses import JSONResponse, RedirectResponse, Response

from app.identity import Asking, SignedIn, addresses_of, identity_of, keep_address
from app.pages.account_route import AccountRoute
from app.pages.address_typing import Lines, address_or_form, blank_form
from app.pages.card_views import card_view
from app.pages.form_views import AddressForm
from app.pages.order_story_views import OrderNow, order_now
from app.pages.order_views import order_view
from app.pages.price_views import TakenOff, taken_off_view
from app.pages.rendering import page
from app.pages.team_views import TeamView
from app.pages.who_helped_screens import team_of
from app.payments import Money, payments_of
from app.platform.errors import NotFound
from app.platform.settings import settings_of
from app.sales import OrderStory, Settlement, cancel_order, checkout_of, give_address, look_again, read_story
from app.sharing import coupon_for

router = APIRouter(include_in_schema=False, route_class=AccountRoute)

PAGE_OF_ORDERS = 20
BUTTON = "Send it there"

DONE = {
    "address": "That is where it goes.",
    "card": "We try that card now.",
    "card-kept": "We charge that card for whatever you buy next.",
    "no-card": "No card was typed, so nothing has changed.",
    "too-late": "It is too late for that: this order has gone on meanwhile.",
}


@router.get("/orders")
async def orders(request: Request, asking: Asking, after: str | None = None) -> Response:
    """The shopper's own orders."""
    ledger = checkout_of(request).ledger
    found = await ledger.orders_of(asking.shopper_id, after=after, limit=PAGE_OF_ORDERS + 1)
    zone = settings_of(request).zone
    shown = [order_view(order.document(), zone=zone) for order in found[:PAGE_OF_ORDERS]]
    older = f"/orders?after={shown[-1].id}" if len(found) > PAGE_OF_ORDERS else None
    return await page(request, "orders.html", orders=shown, older=older)


@router.get("/orders/{order_id}")
async def order(request: Request, order_id: str, asking: Asking, done: str = "") -> Response:
    """Thank you, what happens next, and nothing else for sale. Shoppers also come back here from their bank."""
    return await _show(request, asking, order_id, message=DONE.get(done, ""))


@router.get("/orders/{order_id}/now")
async def order_as_it_is(request: Request, order_id: str, asking: Asking) -> Response:
    """What the page says that may have changed: for the page itself, which heard that something has."""
    said = to_builtins(_now(request, await _story(request, asking, order_id)))
    return JSONResponse(said, headers={"Cache-Control": "private, no-store"})


@router.get("/orders/{order_id}/step")
async def to_the_bank(request: Request, order_id: str, asking: Asking) -> Response:
    """On to the extra step, where there is one to take."""
    story = await _story(request, asking, order_id)
    return RedirectResponse(story.step_address if "step" in story.needs else f"/orders/{order_id}", 303)


@router.post("/orders/{order_id}/address")
async def say_where_it_goes(request: Request, order_id: str, asking: Asking, lines: Lines) -> Response:
    """Give this order an address. It is kept for the next ones where none was."""
    await _story(request, asking, order_id)
    address = address_or_form(lines, f"/orders/{order_id}/address", BUTTON)
    if isinstance(address, AddressForm):
        return await _show(request, asking, order_id, wrong=address)
    identity = identity_of(request)
    async with identity.engine.begin() as connection:
        now = identity.clock.now()
        if not await give_address(connection, order_id, asking.shopper_id, address, now):
            return _onward(order_id, "too-late")
        if asking.shopper_id not in await addresses_of(connection, [asking.shopper_id]):
            await keep_address(connection, asking.shopper_id, address)
    await _tell(request, order_id)
    return _onward(order_id, "address")


@router.post("/orders/{order_id}/cancellation")
async def cancel(request: Request, order_id: str, asking: Asking) -> Response:
    """Have the order cancelled. Whoever settles does it; the page says so meanwhile."""
    await _story(request, asking, order_id)
    identity = identity_of(request)
    async with identity.engine.begin() as connection:
        asked = await cancel_order(connection, order_id, asking.shopper_id, identity.clock.now())
    if not asked:
        return _onward(order_id, "too-late")
    await _tell(request, order_id)
    return _onward(order_id)


def settlement_of(request: Request) -> Settlement:
    """Whoever settles, in this process."""
    settlement: Settlement = request.app.state.settlement
    return settlement


def _onward(order_id: str, done: str = "") -> Response:
    query = f"?done={done}" if done else ""
    return RedirectResponse(f"/orders/{order_id}{query}", 303)


async def _tell(request: Request, order_id: str) -> None:
    """There is something to do for whoever settles, and something to see in the shopper's other tabs."""
    settlement_of(request).wake()
    await settlement_of(request).tell(order_id)


async def _story(request: Request, asking: SignedIn, order_id: str) -> OrderStory:
    identity = identity_of(request)
    async with identity.engine.connect() as connection:
        story = await read_story(connection, order_id, identity.clock.now(), shopper_id=asking.shopper_id)
    if story is None:
        raise NotFound("You have no such order.")
    return story


async def _look_again(request: Request, asking: SignedIn, order_id: str) -> None:
    """They may come from their bank: what came of the step is asked for now, not only when it is due."""
    identity = identity_of(request)
    async with identity.engine.begin() as connection:
        await look_again(connection, order_id, asking.shopper_id, identity.clock.now())
    settlement_of(request).wake()


def _now(request: Request, story: OrderStory) -> OrderNow:
    return order_now(story, identity_of(request).clock.now(), settings_of(request).zone)


async def _show(
    request: Request,
    asking: SignedIn,
    order_id: str,
    *,
    message: str = "",
    wrong: AddressForm | None = None,
) -> Response:
    story = await _story(request, asking, order_id)
    if "step" in story.needs:
        await _look_again(request, asking, order_id)
    now = identity_of(request).clock.now()
    action = f"/orders/{order_id}/address"
    return await page(
        request,
        "order.html",
        status=422 if wrong else 200,
        order=order_view(story.order.document(), zone=settings_of(request).zone),
        off=await _taken_off(request, story),
        team=await _team(request, story),
        now=_now(request, story),
        cards=[card_view(card, now) for card in await payments_of(request).cards.of(asking.shopper_id)],
        form=wrong or await blank_form(request, asking, action, BUTTON, story.address),
        message=message,
    )


async def _taken_off(request: Request, story: OrderStory) -> TakenOff:
    discount = Money(story.order.discount, story.order.currency)
    if not discount.amount:
        return taken_off_view(discount, 0)
    async with identity_of(request).engine.connect() as connection:
        return taken_off_view(discount, await coupon_for(connection, story.order.id))


async def _team(request: Request, story: OrderStory) -> TeamView:
    async with identity_of(request).engine.connect() as connection:
        return await team_of(connection, story.order)
