"""Coupons over HTTP."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from app.identity import Asking, SignInRequired
from app.platform.clock import rfc3339
from app.platform.openapi import problems
from app.sharing.wallet import Coupon, coupons_of

router = APIRouter(tags=["sharing"])


class CouponMoney(BaseModel):
    """Money: whole minor units, an ISO 4217 currency, and a ready text."""

    model_config = ConfigDict(title="Money")

    amount: int = Field(examples=[500])
    currency: str = Field(examples=["USD"])
    text: str = Field(examples=["$5.00"])


class CouponDocument(BaseModel):
    """A coupon. It is `pending` until what it was earned with is paid, and can no longer be sent back."""

    model_config = ConfigDict(title="Coupon")

    code: str = Field(examples=["K5XW6YTDNBSWY3DP"])
    amount: CouponMoney
    state: Literal["pending", "ready", "used", "void"]
    why: str = Field(examples=["You helped to sell 2."])
    expires_at: str = Field(examples=["2027-05-21T06:40:13.123Z"])


class CouponList(BaseModel):
    """A page of coupons, newest first; `next` is the `after` of the next page."""

    items: list[CouponDocument]
    next: str | None


@router.get(
    "/coupons", operation_id="list_coupons", response_model=CouponList, responses=problems(SignInRequired)
)
async def list_coupons(
    request: Request,
    shopper: Asking,
    after: Annotated[str | None, Query(max_length=100)] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> dict[str, object]:
    """The shopper's own coupons, newest first."""
    state = request.app.state
    found = await coupons_of(state.engine, shopper.shopper_id, state.clock.now(), after=after, most=limit + 1)
    shown = found[:limit]
    return {
        "items": [_document(coupon) for coupon in shown],
        "next": shown[-1].code if len(found) > limit else None,
    }


def _document(coupon: Coupon) -> dict[str, object]:
    return {
        "code": coupon.code,
        "amount": coupon.amount.document(),
        "state": coupon.state,
        "why": coupon.why,
        "expires_at": rfc3339(coupon.expires_at),
    }
