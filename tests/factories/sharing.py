"""What the crowd has earned, for tests."""

from datetime import datetime, timedelta

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncEngine

from app.sharing.tables import coupons


async def coupon(
    engine: AsyncEngine,
    shopper_id: int,
    now: datetime,
    *,
    code: str = "THANKS",
    amount: int = 500,
    currency: str = "USD",
    state: str = "ready",
    days: float = 30,
) -> str:
    """A shopper's coupon; its code. `amount` in minor units, `days` until it expires."""
    values = {
        "code": code,
        "shopper_id": shopper_id,
        "currency": currency,
        "amount": amount,
        "state": state,
        "why": "helped to sell one",
        "created_at": now,
        "expires_at": now + timedelta(days=days),
        "order_id": "an order" if state == "used" else None,
    }
    async with engine.begin() as connection:
        await connection.execute(insert(coupons).values(values))
    return code


async def state_of(engine: AsyncEngine, code: str) -> tuple[str, str | None]:
    """A coupon's state, and the order that used it."""
    async with engine.connect() as connection:
        query = select(coupons.c.state, coupons.c.order_id).where(coupons.c.code == code)
        state, order_id = (await connection.execute(query)).one()
        return state, order_id
