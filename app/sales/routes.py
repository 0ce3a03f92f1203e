"""Orders over HTTP."""

import re
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import JSONResponse, Response

from app.identity import SignedIn, SignInRequired, signed_in
from app.platform.errors import Invalid, NotFound, Problem, SlowDown
from app.platform.http import problem_response
from app.platform.openapi import problems
from app.sales.documents import NewOrder, OrderDocument, OrderList
from app.sales.order import Wish
from app.sales.purchase import Checkout
from app.sales.refusals import (
    CouponNotUsable,
    DealOver,
    GateClosed,
    IdempotencyKeyRequired,
    IdempotencyKeyReused,
    LimitReached,
    NoSuchDeal,
    OutcomeUnknown,
    SoldOut,
    order_or_refusal,
)
from app.sales.verdict import Bought

router = APIRouter(tags=["orders"])

VISIBLE_ASCII = re.compile(r"[\x21-\x7e]{1,255}")
Shopper = Annotated[SignedIn, Depends(signed_in)]


def checkout_of(request: Request) -> Checkout:
    """The checkout of the process that serves this request."""
    checkout: Checkout = request.app.state.checkout
    return checkout


Till = Annotated[Checkout, Depends(checkout_of)]


KEY_PARAMETER = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": True,
    "description": "The request's own key: the same key and body again gives the same answer.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
}


def idempotency_key(request: Request) -> str:
    """The request's own key. Raises IdempotencyKeyRequired."""
    key = request.headers.get("idempotency-key")
    if key is None or not VISIBLE_ASCII.fullmatch(key):
        raise IdempotencyKeyRequired
    return key


@router.post(
    "/orders",
    operation_id="buy",
    openapi_extra={"parameters": [KEY_PARAMETER]},
    status_code=201,
    response_model=OrderDocument,
    responses=problems(
        OutcomeUnknown, IdempotencyKeyRequired, SignInRequired, NoSuchDeal, SoldOut, DealOver, LimitReached
    )
    | problems(CouponNotUsable, IdempotencyKeyReused, Invalid, SlowDown, GateClosed),
)
async def buy(
    shopper: Shopper, key: Annotated[str, Depends(idempotency_key)], body: NewOrder, checkout: Till
) -> Response:
    """Buy. The answer comes when the order is durable; the same key and body again gives the same answer."""
    if body.coupon is not None:
        raise CouponNotUsable  # nobody has been given one yet
    if body.line_offer is not None:
        raise Invalid(errors=[{"field": "line_offer", "message": "is not an offer that was made to you"}])
    verdict = await checkout.purchase(Wish(shopper.shopper_id, key, body.deal_id, body.quantity))
    outcome = order_or_refusal(verdict, checkout.live_deal_id)
    if isinstance(outcome, Problem):
        return problem_response(outcome)
    headers = {"Location": f"/api/v1/orders/{outcome.id}", "Cache-Control": "no-store"}
    if isinstance(verdict, Bought) and verdict.replayed:
        headers["Idempotent-Replayed"] = "true"
    return JSONResponse(outcome.document(), 201, headers)


@router.get(
    "/orders", operation_id="list_orders", response_model=OrderList, responses=problems(SignInRequired)
)
async def list_orders(
    shopper: Shopper,
    checkout: Till,
    after: Annotated[str | None, Query(max_length=100)] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> dict[str, object]:
    """The shopper's own orders, newest first."""
    found = await checkout.ledger.orders_of(shopper.shopper_id, after=after, limit=limit + 1)
    shown = found[:limit]
    return {
        "items": [order.document() for order in shown],
        "next": shown[-1].id if len(found) > limit else None,
    }


@router.get(
    "/orders/{order_id}",
    operation_id="read_order",
    response_model=OrderDocument,
    responses=problems(SignInRequired, NotFound),
)
async def read_order(order_id: str, shopper: Shopper, checkout: Till) -> dict[str, object]:
    """One of the shopper's own orders; another's is not found."""
    order = await checkout.ledger.order(shopper.shopper_id, order_id)
    if order is None:
        raise NotFound("You have no such order.")
    return order.document()
