"""What can become of a purchase. Outcomes are values; each is one row of the contract's table."""

from dataclasses import dataclass

from app.sales.order import Order


@dataclass(frozen=True, slots=True)
class Bought:
    """The order is durable. `replayed`: it was so before this request came."""

    order: Order
    replayed: bool = False


@dataclass(frozen=True, slots=True)
class SoldOut:
    """Fewer units are left than were asked for, or none."""

    deal_id: int
    left: int = 0


@dataclass(frozen=True, slots=True)
class DealOver:
    """The deal has ended with units left."""


@dataclass(frozen=True, slots=True)
class NoSuchDeal:
    """No deal with this id is or was on offer. One that waits in the queue does not exist yet."""


@dataclass(frozen=True, slots=True)
class QuantityOutOfRange:
    """More than `limit` units were asked for at once."""

    limit: int


@dataclass(frozen=True, slots=True)
class LimitReached:
    """With what the shopper has bought already it would be more than `limit` units."""

    limit: int
    bought: int


@dataclass(frozen=True, slots=True)
class KeyReused:
    """The shopper used this key before, for something else."""


@dataclass(frozen=True, slots=True)
class CouponNotUsable:
    """The coupon is used, expired or another's. Nothing was bought."""


@dataclass(frozen=True, slots=True)
class OfferNotYours:
    """The line was never made this offer, or it was made to somebody else, or of another deal. Nothing was bought."""


@dataclass(frozen=True, slots=True)
class GateClosed:
    """The stock is being recounted, or the show is paused. Nothing was bought."""

    paused: bool = False


@dataclass(frozen=True, slots=True)
class OutcomeUnknown:
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
