"""Orders at the desk: the list, by deal and by status, and one order's whole story."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from msgspec import Struct
from starlette.responses import Response

from app.admin.changes_screens import order_changes
from app.admin.order_filter import AskedOrders
from app.admin.order_views import STATUSES, deal_row, order_row, order_view, shipped_words, status_tabs
from app.admin.screen import DeskRoute, Merchandiser, screen
from app.identity import Person
from app.inventory.desk import (
    clock_of,
    engine_of,
    look_for_orders,
    order_key,
    read_story_at_desk,
)
from app.platform.settings import settings_of
from app.sales.desk import count_orders, deals_with_orders

router = APIRouter(prefix="/desk", route_class=DeskRoute)

HERE = "/desk/orders"
PAGE = 50
DEALS = 10
Number = Annotated[str, Query(max_length=20)]
OrderId = Annotated[str, Path(min_length=1, max_length=64)]
Text = Annotated[str, Query(max_length=254)]


@router.get("/orders")
async def orders(
    request: Request,
    person: Merchandiser,
    deal: Number = "",
    status: Number = "",
    text: Text = "",
    after: Annotated[str, Query(max_length=30)] = "",
    shipped: Annotated[int | None, Query(ge=0, le=1_000_000)] = None,
) -> Response:
    """Orders of a deal, in a status, or whose number or e-mail was typed; `shipped` were just marked."""
    said = "" if shipped is None else shipped_words(shipped)
    return await list_of_orders(request, person, AskedOrders(deal, status, text), Outcome(said=said), after)


class Outcome(Struct, frozen=True):
    """What came of what was just done: how many were marked; the number of each order that was not, and why; what was
    wrong; and the carrier and the tracking number that were typed."""

    said: str = ""
    left: tuple[tuple[str, str], ...] = ()
    problem: str = ""
    typed: tuple[str, str] = ("", "")
    status: int = 200


async def list_of_orders(
    request: Request, person: Person, asked: AskedOrders, outcome: Outcome, after: str = ""
) -> Response:
    """The list, from the order with the number `after` on."""
    zone = settings_of(request).zone
    is_bare = not asked.given and not after
    async with engine_of(request).connect() as connection:
        page = await look_for_orders(
            connection,
            deal_id=asked.deal_id,
            status=asked.wanted,
            text=asked.text,
            after=order_key(after),
            limit=PAGE,
        )
        among = await deals_with_orders(connection, DEALS) if is_bare else [asked.deal_id or 0]
        counted = await count_orders(connection, among)
    of_deal = counted[0] if counted and not is_bare else None
    return await screen(
        request,
        person,
        "orders.html",
        here=HERE,
        status=422 if asked.wrong else outcome.status,
        asked=asked,
        statuses=STATUSES,
        rows=[] if asked.wrong else [order_row(one, zone) for one in page.items],
        following=page.next,
        after=after,
        deals=[deal_row(one) for one in counted] if is_bare else [],
        of_deal=of_deal,
        tabs=() if of_deal is None else status_tabs(of_deal, asked.wanted or ""),
        outcome=outcome,
        problem=asked.wrong or outcome.problem,
    )


@router.get("/orders/{order_id}")
async def order(
    request: Request, person: Merchandiser, order_id: OrderId, done: Annotated[str, Query(max_length=20)] = ""
) -> Response:
    """One order's whole story; `done` was just done to it."""
    return await page_of_order(request, person, order_id, said=_DONE.get(done, ""))


_DONE = {
    "shipped": "It is marked as shipped, and its shopper gets a mail.",
    "refund": "The money is on its way back. It takes some moments until the payment provider has it.",
    "receipt": "The receipt goes out again.",
    "mail": "Word that it was shipped goes out again.",
}


async def page_of_order(
    request: Request,
    person: Person,
    order_id: str,
    *,
    said: str = "",
    problem: str = "",
    answer: int = 200,
    typed: dict[str, str] | None = None,
) -> Response:
    """An order's page; `typed` is what stood in its forms. Raises NotFound."""
    zone = settings_of(request).zone
    async with engine_of(request).connect() as connection:
        told = await read_story_at_desk(connection, order_id, clock_of(request).now())
    return await screen(
        request,
        person,
        "order.html",
        here=HERE,
        status=answer,
        view=order_view(told, zone),
        changes=order_changes(told, zone),
        said=said,
        problem=problem,
        typed={"carrier": "", "tracking": "", "amount": "", "why": ""} | (typed or {}),
    )
