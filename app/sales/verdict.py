"""What can become of a purchase. Outcomes are values; each is one row of the contract's table."""

from msgspec import Struct

from app.sales.order import Order


class Bought(Struct, frozen=True):
    """The order is durable. `replayed`: it was so before this request came."""

    order: Order
    replayed: bool = False


class SoldOut(Struct, frozen=True):
    """Fewer units are left than were asked for, or none."""

    deal_id: int
    left: int = 0


class DealOver(Struct, frozen=True):
    """The deal has ended with units left."""


class NoSuchDeal(Struct, frozen=True):
    """No deal with this id is or was on offer. One that waits in the queue does not exist yet."""


class QuantityOutOfRange(Struct, frozen=True):
    """More than `limit` units were asked for at once."""

    limit: int


class LimitReached(Struct, frozen=True):
    """With what the shopper has bought already it would be more than `limit` units."""

    limit: int
    bought: int


class KeyReused(Struct, frozen=True):
    """The shopper used this key before, for something else."""


class CouponNotUsable(Struct, frozen=True):
    """The coupon is used, expired or another's. Nothing was bought."""


class OfferNotYours(Struct, frozen=True):
    """The line was never made this offer, or it was made to somebody else, or of another deal. Nothing was bought."""


class GateClosed(Struct, frozen=True):
    """The stock is being recounted, or the show is paused. Nothing was bought."""

    paused: bool = False


class OutcomeUnknown(Struct, frozen=True):
    """It may or may not have been bought; asking again under the same key will tell."""


Verdict = (
    Bought
    | SoldOut
    | DealOver
    | NoSuchDeal
    | QuantityOutOfRange
    | LimitReached
    | KeyReused
    | CouponNotUsable
    | OfferNotYours
    | GateClosed
    | OutcomeUnknown
)
