"""What may come off a price, in words: coupons to choose from, a friend's price, and what an order had off."""

from collections.abc import Iterable

from msgspec import Struct

from app.payments import Money
from app.sharing import Coupon, best_first


class CouponOption(Struct, frozen=True):
    """A coupon to choose in the buy form, which chooses none by itself."""

    code: str
    words: str


class FriendPrice(Struct, frozen=True):
    """What a unit costs whoever came by somebody's link."""

    price: str
    off: str


class TakenOff(Struct, frozen=True):
    """What an order had off, by reason; a text that is empty is not shown."""

    friend: str
    coupon: str


def coupon_options(coupons: Iterable[Coupon], unit_price: int) -> tuple[CouponOption, ...]:
    """What somebody may use for a deal, the best first. `unit_price` in minor units."""
    return tuple(
        CouponOption(one.code, f"{_at_most(one.amount, unit_price)} off")
        for one in best_first(coupons, unit_price)
    )


def friend_price(unit_price: Money, off: int) -> FriendPrice | None:
    """`off` in minor units; None where nothing comes off."""
    if off <= 0:
        return None
    less = Money(unit_price.amount - off, unit_price.currency)
    return FriendPrice(str(less), str(Money(off, unit_price.currency)))


def taken_off_view(discount: Money, coupon: int) -> TakenOff:
    """`discount` is all that came off, `coupon` what the coupon is worth that was used: the rest is the friend's."""
    by_coupon = min(coupon, discount.amount)
    return TakenOff(
        friend=_minus(discount.amount - by_coupon, discount.currency),
        coupon=_minus(by_coupon, discount.currency),
    )


def _at_most(amount: Money, unit_price: int) -> str:
    """A coupon that is worth more than one unit says so, since two may be bought."""
    return f"up to {amount}" if amount.amount > unit_price else str(amount)


def _minus(amount: int, currency: str) -> str:
    return f"−{Money(amount, currency)}" if amount else ""
