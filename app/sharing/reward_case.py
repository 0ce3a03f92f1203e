"""What a helper gets for an order, and what is to be done next about it. Nothing here acts.

A reward is promised with the order, and its coupon is `pending`. It is `ready` once the order is paid and the time to
send it back is over; and taken back where the order is cancelled or refunded.
"""

from datetime import datetime, timedelta
from typing import Literal

from msgspec import Struct

RETURN_WINDOW = timedelta(days=14)  # from when an order is paid
COUPON_LIFE = timedelta(days=180)  # from when a coupon is ready
CIRCLE_WITHIN = timedelta(days=30)  # of help in one direction, in which help in the other is a circle

OrderState = Literal["placed", "paid", "over"]
Verdict = Literal["", "earns", "held", "refused"]
CouponState = Literal["pending", "ready", "used", "void"]


class RewardTerms(Struct, frozen=True):
    """What help with a deal brings. Minor units of `currency`: `reward` for each unit that a link sells,
    `friend_discount` off each unit for who buys by it. The caps are on what one helper, and all of them, may earn.
    """

    currency: str
    reward: int
    friend_discount: int = 0
    cap_per_helper: int | None = None
    cap_per_deal: int | None = None


NOTHING = RewardTerms("", 0)


def grant(terms: RewardTerms, units: int, *, of_helper: int, of_deal: int) -> int:
    """What help with so many units earns, in minor units: whole, or what the caps leave of it.

    `of_helper` and `of_deal` are what the helper has by this deal, and what all have.
    """
    wanted = [terms.reward * units]
    if terms.cap_per_helper is not None:
        wanted.append(terms.cap_per_helper - of_helper)
    if terms.cap_per_deal is not None:
        wanted.append(terms.cap_per_deal - of_deal)
    return max(0, min(wanted))


class RewardCase(Struct, frozen=True):
    """How a reward stands. `coupon` is None as long as none was granted, and where the caps had left nothing."""

    order: OrderState
    verdict: Verdict
    paid_at: datetime | None = None
    is_granted: bool = False
    coupon: CouponState | None = None
    judged_at: datetime | None = None  # the last time, by the rules
    by_staff: bool = False  # who looked has the last word


class Judge(Struct, frozen=True):
    """Ask whether somebody helped themselves."""


class Grant(Struct, frozen=True):
    """Give a coupon, pending."""


class Ripen(Struct, frozen=True):
    """Let the coupon be used, where it is still true that it was earned."""


class TakeBack(Struct, frozen=True):
    """Make the coupon void."""


class Wait(Struct, frozen=True):
    """Nothing to do until then; None: nothing happens by itself any more."""

    until: datetime | None


Step = Judge | Grant | Ripen | TakeBack | Wait


def next_step(case: RewardCase, now: datetime) -> Step:
    """What to do about a reward."""
    if case.order == "over" or case.verdict == "refused":
        return TakeBack() if case.coupon in ("pending", "ready") else Wait(None)
    if case.verdict == "":
        return Judge()
    if case.verdict == "held":
        return Wait(None)
    if not case.is_granted:
        return Grant()
    if case.coupon not in ("pending", None) or case.paid_at is None:
        return Wait(None)
    ripe = case.paid_at + RETURN_WINDOW
    if case.coupon is None and (case.by_staff or (case.judged_at is not None and case.judged_at >= ripe)):
        return Wait(None)
    if now < ripe:
        return Wait(ripe)
    # Without a coupon it counts for the pot all the same.
    return Judge() if case.coupon is None else Ripen()
