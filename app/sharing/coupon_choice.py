"""Which of one's coupons is offered first for a purchase. None is forced on anybody. Nothing here acts."""

from collections.abc import Iterable

from app.sharing.wallet import Coupon


def best_first(coupons: Iterable[Coupon], goods: int) -> list[Coupon]:
    """Those that take most off `goods` (minor units) first; of them the smallest, then what expires first.

    What a coupon is worth beyond the goods is lost, so one that just covers them goes before one that is worth more.
    """
    return sorted(
        coupons,
        key=lambda one: (-min(one.amount.amount, goods), one.amount.amount, one.expires_at, one.code),
    )
