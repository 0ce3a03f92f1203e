"""Coupons: what one takes off a price. The claim itself is a statement inside the order's own transaction."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from app.sharing.tables import coupons


@dataclass(frozen=True, slots=True)
class Discount:
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
