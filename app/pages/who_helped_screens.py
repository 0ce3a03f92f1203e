"""Who helped to sell a deal, for everybody; and the word of those who bought it only so that the show goes on."""

from typing import Annotated

from fastapi import APIRouter, Form, Path, Request
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.responses import RedirectResponse, Response

from app.identity import Asking, identity_of
from app.inventory import live_snapshot, was_stalled
from app.pages.account_route import AccountRoute
from app.pages.help_stories import HelpStories
from app.pages.rendering import page
from app.pages.team_views import TeamView, team_view
from app.platform.errors import NotFound
from app.sales import Order, checkout_of, count_team, has_taken_one, take_one, unsay

router = APIRouter(include_in_schema=False)
team_router = APIRouter(include_in_schema=False, route_class=AccountRoute)

MAX_ID = 2**63 - 1


@router.get("/who-helped")
async def of_the_last_stall(request: Request) -> Response:
    """Of the stall that was cleared right before what is live."""
    cleared = live_snapshot(request).get("cleared")
    return RedirectResponse(f"/who-helped/{cleared['deal_id']}" if cleared else "/", 303)


@router.get("/who-helped/{deal_id}")
async def of_a_deal(request: Request, deal_id: Annotated[int, Path(ge=1, le=MAX_ID)]) -> Response:
    """Of any deal that was on stage."""
    stories: HelpStories = request.app.state.help_stories
    view = await stories.of(request, deal_id)
    if view is None:
        raise NotFound("There is no such deal.")
    return await page(request, "who_helped.html", view=view)


@team_router.post("/orders/{order_id}/team")
async def say_so(
    request: Request, order_id: str, asking: Asking, said: Annotated[str, Form()] = ""
) -> Response:
    """They bought it only so that the show goes on, they say; or, where `said` is empty, not any more."""
    order = await checkout_of(request).ledger.order(asking.shopper_id, order_id)
    if order is None:
        raise NotFound("You have no such order.")
    identity = identity_of(request)
    async with identity.engine.begin() as connection:
        if not said:
            await unsay(connection, order_id, asking.shopper_id)
        elif await was_stalled(connection, order.deal_id, order.placed_at):
            await take_one(connection, order_id, asking.shopper_id, identity.clock.now())
    return RedirectResponse(f"/orders/{order_id}", 303)


async def team_of(connection: AsyncConnection, order: Order) -> TeamView:
    """What an order's page says and asks about it."""
    asks = await was_stalled(connection, order.deal_id, order.placed_at)
    if not asks:
        return team_view(order.status, asks=False, said=False, team=0)
    said = await has_taken_one(connection, order.id)
    return team_view(order.status, asks=True, said=said, team=await count_team(connection, order.deal_id))
