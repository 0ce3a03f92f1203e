"""What help with a deal brings, from when on."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from app.sharing.reward_case import NOTHING, RewardTerms
from app.sharing.reward_tables import reward_terms


async def set_terms(connection: AsyncConnection, deal_id: int, terms: RewardTerms, now: datetime) -> None:
    """From now on help with this deal brings that; orders that were placed before keep what held then.

    What is said last holds, also where the clock was put back since what was said before.
    """
    mine = reward_terms.c.deal_id == deal_id
    newest = await connection.scalar(select(func.max(reward_terms.c.since)).where(mine))
    since = now if newest is None or newest <= now else newest + timedelta(microseconds=1)
    said = {
        "currency": terms.currency,
        "reward": terms.reward,
        "friend_discount": terms.friend_discount,
        "cap_per_helper": terms.cap_per_helper,
        "cap_per_deal": terms.cap_per_deal,
    }
    row = insert(reward_terms).values(deal_id=deal_id, since=since, **said)
    await connection.execute(row.on_conflict_do_update(index_elements=["deal_id", "since"], set_=said))


async def terms_of(connection: AsyncConnection, deal_id: int) -> RewardTerms | None:
    """What help with this deal brings as things are; None where nobody has said so yet."""
    return await _newest(connection, deal_id, None)


async def terms_at(connection: AsyncConnection, deal_id: int, placed_at: datetime) -> RewardTerms:
    """What it brought with an order that was placed then: the clocks of two processes are never quite the same, so an
    order from before the first terms has those.
    """
    found = await _newest(connection, deal_id, placed_at)
    if found is not None:
        return found
    first = select(reward_terms).where(reward_terms.c.deal_id == deal_id).order_by(reward_terms.c.since)
    row = (await connection.execute(first.limit(1))).first()
    return NOTHING if row is None else _terms(row)


async def _newest(connection: AsyncConnection, deal_id: int, until: datetime | None) -> RewardTerms | None:
    known = select(reward_terms).where(reward_terms.c.deal_id == deal_id)
    if until is not None:
        known = known.where(reward_terms.c.since <= until)
    row = (await connection.execute(known.order_by(reward_terms.c.since.desc()).limit(1))).first()
    return None if row is None else _terms(row)


def _terms(row: Row[Any]) -> RewardTerms:
    return RewardTerms(row.currency, row.reward, row.friend_discount, row.cap_per_helper, row.cap_per_deal)
