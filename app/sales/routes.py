"""Orders over HTTP."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from app.identity import Asking, SignInRequired
from app.platform.errors import CrossSite, Invalid, NotFound, SlowDown, TooLarge, Unavailable
from app.platform.openapi import problems
from app.platform.puzzles import FIELD, ProofOfWorkRequired
from app.sales.documents import NewOrder, OrderDocument, OrderList
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
)
from app.sales.turnstile import Turnstile

router = APIRouter(tags=["orders"])


def checkout_of(request: Request) -> Checkout:
    """The checkout of the process that serves this request."""
    checkout: Checkout = request.app.state.checkout
    return checkout


def turnstile_of(request: Request) -> Turnstile:
    """The turnstile of the process that serves this request."""
    turnstile: Turnstile = request.app.state.turnstile
    return turnstile


Till = Annotated[Checkout, Depends(checkout_of)]

KEY_PARAMETER = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": True,
    "description": "The request's own key: the same key and body again gives the same answer.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
}
PROOF_PARAMETER = {
    "name": FIELD,
    "in": "header",
    "required": False,
    "description": "The answer to the challenge of a `proof-of-work-required` problem: base64 of the JSON object "
    '`{"challenge": …, "solution": {"counter": …, "derivedKey": …}}`.',
    "schema": {"type": "string", "maxLength": 4096},
}
BODY: dict[str, Any] = {
    "required": True,
    "content": {"application/json": {"schema": NewOrder.model_json_schema()}},
}
BOUGHT: dict[int | str, dict[str, Any]] = {
    201: {
        "description": "A durable order",
        "headers": {
            "Location": {"description": "The order's address", "schema": {"type": "string"}},
            "Idempotent-Replayed": {
                "description": "`true` where the order stood before this request came",
                "schema": {"type": "string", "enum": ["true"]},
            },
        },
    }
}


class Handed(Response):
    """An answer that another ASGI app gives."""

    def __init__(self, app: ASGIApp) -> None:
        super().__init__()
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let it answer."""
        await self._app(scope, receive, send)


@router.post(
    "/orders",
    operation_id="buy",
    openapi_extra={"parameters": [KEY_PARAMETER, PROOF_PARAMETER], "requestBody": BODY},
    status_code=201,
    response_model=OrderDocument,
    responses=BOUGHT
    | problems(OutcomeUnknown, IdempotencyKeyRequired, SignInRequired, CrossSite, NoSuchDeal)
    | problems(SoldOut, DealOver, LimitReached, CouponNotUsable)
    | problems(TooLarge, IdempotencyKeyReused, Invalid, SlowDown, ProofOfWorkRequired)
    | problems(GateClosed, Unavailable),
)
async def buy(request: Request) -> Response:
    """Buy. The answer comes when the order is durable; the same key and body again gives the same answer."""
    return Handed(request.app.state.buying)


@router.get(
    "/orders", operation_id="list_orders", response_model=OrderList, responses=problems(SignInRequired)
)
async def list_orders(
    shopper: Asking,
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
async def read_order(order_id: str, shopper: Asking, checkout: Till) -> dict[str, object]:
    """One of the shopper's own orders; another's is not found."""
    order = await checkout.ledger.order(shopper.shopper_id, order_id)
    if order is None:
        raise NotFound("You have no such order.")
    return order.document()
