"""A stall in the books: how the live deal stands, and what is written when it begins to hold up the show, and no more.

What is written is written in the show's turn, so that one process does it.
"""

from datetime import datetime
from typing import Any

from msgspec.structs import replace
from sqlalchemy import func, insert, or_, select, update
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from app.inventory.stall import StallCase, allowed_time, is_of_age, look_back, pot_time
from app.inventory.tables import deals, stalls
from app.sales import Pace, read_units_since
from app.sharing import set_terms, terms_of


async def read_stall(connection: AsyncConnection, deal: Row[Any], pace: Pace, now: datetime) -> StallCase:
    """How the live deal stands. Nothing is counted for one that can not hold up anything yet."""
    allowed, lately, reward = allowed_time(deal.stall_after_minutes), 0, 0
    if deal.stalled_since is not None or is_of_age(deal.selling_since, allowed, now):
        lately = await read_units_since(connection, deal.id, now - look_back(allowed))
    if deal.stalled_since is not None:
        terms = await terms_of(connection, deal.id)
        reward = 0 if terms is None else terms.reward
    return StallCase(
        allowed,
        deal.selling_since,
        pace.offer.left,
        lately,
        deal.stalled_since,
        deal.pot_until,
        reward,
        deal.reward_steps,
    )


async def begin_stall(connection: AsyncConnection, deal_id: int, now: datetime) -> None:
    """From now on this deal holds up the show. Its first stall is when the crowd's time for the pot begins."""
    deal = (await connection.execute(select(deals).where(deals.c.id == deal_id))).one()
    times = {"stalled_since": now}
    if deal.pot is not None and deal.pot_until is None:
        times["pot_until"] = now + pot_time(deal.pot_minutes)
    await connection.execute(update(deals).where(deals.c.id == deal_id).values(**times))
    await connection.execute(insert(stalls).values(deal_id=deal_id, since=now))


async def end_stall(connection: AsyncConnection, deal_id: int, now: datetime) -> None:
    """It holds up nothing any more. What was raised stays; so does the time for the pot."""
    await connection.execute(update(deals).where(deals.c.id == deal_id).values(stalled_since=None))
    await close_stall(connection, deal_id, now)


async def close_stall(connection: AsyncConnection, deal_id: int, now: datetime) -> None:
    """Note until when the deal was stalled, where it was. A clock may be behind the one that saw it begin."""
    lasts = update(stalls).where(stalls.c.deal_id == deal_id, stalls.c.until.is_(None))
    await connection.execute(lasts.values(until=func.greatest(stalls.c.since, now)))


async def raise_reward(connection: AsyncConnection, deal_id: int, reward: int, now: datetime) -> None:
    """From now on help with the live deal brings so much for each unit, in minor units. Caps stay as they are."""
    terms = await terms_of(connection, deal_id)
    assert terms is not None, "they are set when a deal goes live"
    await set_terms(connection, deal_id, replace(terms, reward=reward), now)


async def was_stalled(connection: AsyncConnection, deal_id: int, at: datetime) -> bool:
    """Whether this deal held up the show at that moment."""
    over = or_(stalls.c.until.is_(None), stalls.c.until > at)
    lasted = select(stalls.c.since).where(stalls.c.deal_id == deal_id, stalls.c.since <= at, over)
    return (await connection.execute(lasted.limit(1))).first() is not None
