"""What comes off a price: what a friend's link brings, and a coupon. Together never more than the goods cost."""


def taken_off(goods: int, *, friend: int = 0, coupon: int = 0) -> int:
    """The discount in minor units; shipping is not lowered, and no price goes below zero."""
    return min(goods, friend + coupon)
