"""Coupons: what one takes off a price, and how they come and go. One is claimed inside the order's own transaction.

A coupon is `pending`, then `ready`, then `used` by one order; an order that is cancelled or refunded gives it back.
What was earned by an order that is no more is `void`. One that has expired is worth nothing, and is shown as `void`.
"""

import hashlib
from base64 import b32encode
from datetime import datetime, timedelta

from msgspec import Struct
from sqlalchemy import select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.payments import Money
from app.sharing.reward_case import COUPON_LIFE, CouponState
from app.sharing.tables import coupons

BACK_FOR = timedelta(days=7)  # at least, for a coupon that comes back from an order
UNTIL_READY = timedelta(days=365)  # how long one may wait for its order: a bound, no promise
TAKEN_BACK = "The order that earned it was cancelled or sent back."
NOT_EARNED = "It was not earned: helper and buyer belong together."


class Discount(Struct, frozen=True):
    """What a coupon takes off, in minor units of the deal's currency; never more than the goods cost."""

    coupon: str
    amount: int


async def quote(
    engine: AsyncEngine, coupon: str, shopper_id: int, *, goods: int, currency: str, now: datetime
) -> Discount | None:
    """What `coupon` takes off `goods` (minor units) for this shopper; None where it is not theirs to use now."""
    if "\0" in coupon:
        return None
    usable = select(coupons.c.amount).where(
        coupons.c.code == coupon,
        coupons.c.shopper_id == shopper_id,
        coupons.c.currency == currency,
        coupons.c.state == "ready",
        coupons.c.expires_at > now,
    )
    async with engine.connect() as connection:
        amount = (await connection.execute(usable)).scalar()
    return None if amount is None else Discount(coupon, min(amount, goods))


def coupon_code(earned_by: str) -> str:
    """The code of the one coupon that is given for `earned_by`, such as "help ORDER": to give it twice makes one.

    It is bound to its owner, so that knowing it is of no use to anybody else.
    """
    return b32encode(hashlib.blake2b(earned_by.encode(), digest_size=10).digest()).decode()


async def issue(
    connection: AsyncConnection,
    earned_by: str,
    shopper_id: int,
    amount: Money,
    why: str,
    now: datetime,
    *,
    state: CouponState = "pending",
) -> str:
    """Give a coupon, worth more than nothing; its code. What was given for the same is that coupon, unchanged."""
    code = coupon_code(earned_by)
    values = {
        "code": code,
        "shopper_id": shopper_id,
        "currency": amount.currency,
        "amount": amount.amount,
        "state": state,
        "why": why,
        "created_at": now,
        "expires_at": now + (COUPON_LIFE if state == "ready" else UNTIL_READY),
    }
    await connection.execute(insert(coupons).values(values).on_conflict_do_nothing())
    return code


async def lock_coupon(connection: AsyncConnection, code: str) -> CouponState:
    """How a coupon stands, to the end of the transaction."""
    query = select(coupons.c.state).where(coupons.c.code == code).with_for_update()
    state: CouponState = (await connection.execute(query)).scalar_one()
    return state


async def make_ready(connection: AsyncConnection, code: str, now: datetime) -> None:
    """Let a pending coupon, which is locked, be used."""
    pending = update(coupons).where(coupons.c.code == code, coupons.c.state == "pending")
    await connection.execute(pending.values(state="ready", expires_at=now + COUPON_LIFE))


async def make_void(connection: AsyncConnection, code: str, why: str) -> bool:
    """Take a coupon back; False where it is used, and stays so."""
    mine = update(coupons).where(coupons.c.code == code, coupons.c.state.in_(("pending", "ready")))
    return bool((await connection.execute(mine.values(state="void", why=why))).rowcount)


# First the reward that the coupon was given for: whoever ends that order comes before us, and is seen, or after us, and
# finds the coupon come back.
LOCK_ITS_REWARD = text(
    "SELECT FROM rewards r JOIN coupons c ON c.code = r.coupon WHERE c.order_id = :order FOR UPDATE OF r"
)
# A coupon that was earned by an order which is itself no more does not come back.
GIVE_BACK = text(
    """
    WITH back AS (
        UPDATE coupons c SET order_id = NULL, expires_at = greatest(c.expires_at, :until),
            state = CASE WHEN r.order_id IS NULL THEN 'ready' ELSE 'void' END,
            why = CASE WHEN r.order_id IS NULL THEN c.why ELSE :taken_back END
        FROM (SELECT code FROM coupons WHERE order_id = :order) mine
        LEFT JOIN rewards r ON r.coupon = mine.code AND (r.order_state = 'over' OR r.verdict = 'refused')
        WHERE c.code = mine.code AND c.state = 'used' RETURNING c.code, c.state
    ), lost AS (
        UPDATE rewards r SET amount = 0 FROM back WHERE r.coupon = back.code AND back.state = 'void'
    )
    INSERT INTO coupon_returns (order_id, code, at) SELECT :order, code, :now FROM back ON CONFLICT DO NOTHING
    """
)


async def give_back(connection: AsyncConnection, order_id: str, now: datetime) -> None:
    """The coupon that this order used can be used again; nothing happens where it used none."""
    await connection.execute(LOCK_ITS_REWARD, {"order": order_id})
    given = {"order": order_id, "now": now, "until": now + BACK_FOR, "taken_back": TAKEN_BACK}
    await connection.execute(GIVE_BACK, given)
