"""What a verdict that is not an order says to the world."""

from typing import ClassVar, assert_never

from app.platform.errors import Invalid, Problem
from app.sales.order import Order
from app.sales.verdict import (
    Bought,
    KeyReused,
    OfferNotYours,
    QuantityOutOfRange,
    Verdict,
)
from app.sales.verdict import (
    CouponNotUsable as CouponNotUsableVerdict,
)
from app.sales.verdict import (
    DealOver as DealOverVerdict,
)
from app.sales.verdict import (
    GateClosed as GateClosedVerdict,
)
from app.sales.verdict import (
    LimitReached as LimitReachedVerdict,
)
from app.sales.verdict import (
    NoSuchDeal as NoSuchDealVerdict,
)
from app.sales.verdict import (
    OutcomeUnknown as OutcomeUnknownVerdict,
)
from app.sales.verdict import (
    SoldOut as SoldOutVerdict,
)


class SoldOut(Problem):
    """Every unit of this deal has found a buyer, or fewer are left than you asked for; or what you were offered in its
    line is used, or has run out. Nothing was bought."""

    status = 409
    title = "Sold out"
    example: ClassVar[dict[str, object]] = {"deal_id": 37, "live": 38}


class DealOver(Problem):
    """This deal has ended; another one may be live by now. Nothing was bought."""

    status = 409
    title = "This deal is over"


class NoSuchDeal(Problem):
    """There is no deal with this number, or it is not live yet. Nothing was bought."""

    status = 404
    title = "No such deal"


class LimitReached(Problem):
    """A shopper may buy only so many units of one deal, and this would be more. Nothing was bought."""

    status = 409
    title = "Limit reached"
    example: ClassVar[dict[str, object]] = {"limit": 3, "bought": 2}


class IdempotencyKeyRequired(Problem):
    """An order needs an Idempotency-Key header field of 1 to 255 visible ASCII characters, so that sending it again
    after a lost answer cannot buy twice."""

    status = 400
    title = "Idempotency-Key required"


class IdempotencyKeyReused(Problem):
    """This Idempotency-Key was used before, for a different order. Use a new key for each thing that you want."""

    status = 422
    title = "Idempotency-Key reused"


class CouponNotUsable(Problem):
    """The coupon is used, expired, or not yours. Nothing was bought."""

    status = 409
    title = "Coupon not usable"


class GateClosed(Problem):
    """The stock is being recounted or the show is paused, so nobody can buy for a moment. Nothing was bought, and
    nothing is lost: try again."""

    status = 503
    title = "One moment"
    retry_after = 1


class OutcomeUnknown(Problem):
    """We could not learn in time whether your order was recorded. Send the same request with the same
    Idempotency-Key again until the answer is another one; it cannot buy twice."""

    status = 202
    title = "Not known yet"
    retry_after = 1


def order_or_refusal(verdict: Verdict, live: int | None) -> Order | Problem:
    """The order that was bought, or the problem that says why none was. `live` is the live deal's id."""
    match verdict:
        case Bought(order):
            return order
        case SoldOutVerdict(deal_id):
            return SoldOut("None are left, or fewer than you asked for.", deal_id=deal_id, live=live)
        case DealOverVerdict():
            return DealOver()
        case NoSuchDealVerdict():
            return NoSuchDeal()
        case QuantityOutOfRange(limit):
            return invalid_quantity(limit)
        case LimitReachedVerdict(limit, bought):
            return LimitReached(f"You have {bought}; {limit} is the most.", limit=limit, bought=bought)
        case KeyReused():
            return IdempotencyKeyReused()
        case CouponNotUsableVerdict():
            return CouponNotUsable()
        case OfferNotYours():
            return Invalid(
                errors=[{"field": "line_offer", "message": "is not an offer that was made to you"}]
            )
        case GateClosedVerdict(paused):
            return GateClosed("The show is paused." if paused else "The stock is being recounted.")
        case OutcomeUnknownVerdict():
            return OutcomeUnknown()
        case _:
            assert_never(verdict)


def invalid_quantity(limit: int) -> Invalid:
    """The refusal of a quantity that is not one of 1 to `limit`."""
    message = f"must be a whole number from 1 to {limit}"
    return Invalid("The quantity is out of range.", errors=[{"field": "quantity", "message": message}])
