"""One's own coupons, to look at and to choose from; how they come and go is in coupons.py."""

from datetime import datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import Row, func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.payments import Money
from app.sharing.reward_case import CouponState
from app.sharing.reward_tables import coupon_returns
from app.sharing.tables import coupons


class Coupon(Struct, frozen=True):
    """A coupon as its owner sees it. `order_id` is the order that used it."""

    code: str
    amount: Money
    state: CouponState
    why: str
    expires_at: datetime
    order_id: str | None = None


async def coupons_of(
    engine: AsyncEngine, shopper_id: int, now: datetime, *, after: str | None = None, most: int | None
) -> list[Coupon]:
    """At most so many of a shopper's coupons, newest first, those that come behind the coupon `after`."""
    if after is not None and "\0" in after:
        return []
    newest_first = tuple_(coupons.c.created_at, coupons.c.code)
    mine = select(coupons).where(coupons.c.shopper_id == shopper_id)
    if after is not None:
        mark = select(coupons.c.created_at, coupons.c.code).where(
            coupons.c.code == after, coupons.c.shopper_id == shopper_id
        )
        mine = mine.where(newest_first < mark.scalar_subquery())
    query = mine.order_by(coupons.c.created_at.desc(), coupons.c.code.desc()).limit(most)
    async with engine.connect() as connection:
        return [_coupon(row, now) for row in await connection.execute(query)]


async def usable_coupons(
    connection: AsyncConnection, shopper_id: int, currency: str, now: datetime, *, most: int
) -> list[Coupon]:
    """Those that a shopper may use now for what costs `currency`, the most valuable first."""
    usable = select(coupons).where(
        coupons.c.shopper_id == shopper_id,
        coupons.c.currency == currency,
        coupons.c.state == "ready",
        coupons.c.expires_at > now,
    )
    order = coupons.c.amount.desc(), coupons.c.expires_at, coupons.c.code
    return [_coupon(row, now) for row in await connection.execute(usable.order_by(*order).limit(most))]


async def worth_of(
    connection: AsyncConnection, shopper_id: int, now: datetime
) -> dict[CouponState, list[Money]]:
    """What a shopper's coupons come to, by state; one that has expired is in none."""
    query = (
        select(coupons.c.state, coupons.c.currency, func.sum(coupons.c.amount).label("amount"))
        .where(coupons.c.shopper_id == shopper_id)
        .where((coupons.c.state == "used") | (coupons.c.expires_at > now))
        .group_by(coupons.c.state, coupons.c.currency)
        .order_by(coupons.c.currency)
    )
    found: dict[CouponState, list[Money]] = {}
    for row in await connection.execute(query):
        found.setdefault(row.state, []).append(Money(int(row.amount), row.currency))
    return found


async def coupon_for(connection: AsyncConnection, order_id: str) -> int:
    """What the coupon was worth that an order was bought with, in minor units; 0 where it had none.

    An order that is cancelled keeps what it had off, and its coupon goes back.
    """
    gone_back = select(coupon_returns.c.code).where(coupon_returns.c.order_id == order_id)
    theirs = (coupons.c.order_id == order_id) | coupons.c.code.in_(gone_back)
    found = await connection.scalar(select(coupons.c.amount).where(theirs).limit(1))
    return found or 0


def _coupon(row: Row[Any], now: datetime) -> Coupon:
    is_over = row.state in ("pending", "ready") and row.expires_at <= now
    state: CouponState = "void" if is_over else row.state
    return Coupon(
        row.code, Money(row.amount, row.currency), state, row.why, row.expires_at, order_id=row.order_id
    )
