"""Rewards that are held: somebody of the staff sees why, looks, and decides."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import Row, exists, func, or_, select, tuple_, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.payments import Money
from app.sharing.reward_tables import rewards
from app.sharing.self_dealing import WORDS
from app.sharing.tables import coupons
from app.sharing.terms import terms_at


class HeldReward(Struct, frozen=True):
    """A reward that waits. `why` in words for the staff. `worth` is what it would bring where its caps leave that
    much; None where its deal brings nothing."""

    order_id: str
    deal_id: int
    helper_id: int
    shopper_id: int
    units: int
    placed_at: datetime
    why: str
    worth: Money | None


class HelperSoFar(Struct, frozen=True):
    """All that a helper's links have brought: units to so many buyers in orders that stand, and rewards refused."""

    buyers: int = 0
    units: int = 0
    refused: int = 0


HELD = (rewards.c.verdict == "held", rewards.c.order_state != "over")
OLDEST_FIRST = (rewards.c.placed_at, rewards.c.order_id)


async def held_rewards(
    connection: AsyncConnection, *, most: int, after: str | None = None
) -> list[HeldReward]:
    """At most so many of those that wait, the oldest first: those that come behind the reward for the order `after`,
    which may have been decided since."""
    query = select(rewards, coupons.c.amount.label("given"), coupons.c.currency)
    query = query.outerjoin(coupons, coupons.c.code == rewards.c.coupon).where(*HELD)
    if after is not None:
        mark = select(*OLDEST_FIRST).where(rewards.c.order_id == after)
        query = query.where(tuple_(*OLDEST_FIRST) > mark.scalar_subquery())
    rows = (await connection.execute(query.order_by(*OLDEST_FIRST).limit(most))).all()
    return [await _held(connection, row) for row in rows]


async def _held(connection: AsyncConnection, row: Row[Any]) -> HeldReward:
    if row.given is not None:
        worth: Money | None = Money(row.given, row.currency)
    else:
        terms = await terms_at(connection, row.deal_id, row.placed_at)
        worth = Money(terms.reward * row.units, terms.currency) if terms.reward else None
    return HeldReward(
        row.order_id,
        row.deal_id,
        row.helper_id,
        row.shopper_id,
        row.units,
        row.placed_at,
        in_words(row.why),
        worth,
    )


async def count_held(connection: AsyncConnection) -> int:
    """How many wait."""
    return int((await connection.execute(select(func.count()).where(*HELD))).scalar_one())


async def helpers_so_far(connection: AsyncConnection, ids: Collection[int]) -> dict[int, HelperSoFar]:
    """What each of these helpers has brought, by any deal."""
    counts = (rewards.c.verdict != "refused", rewards.c.order_state != "over")
    query = (
        select(
            rewards.c.helper_id,
            func.count(rewards.c.shopper_id.distinct()).filter(*counts).label("buyers"),
            func.coalesce(func.sum(rewards.c.units).filter(*counts), 0).label("units"),
            func.count().filter(rewards.c.verdict == "refused").label("refused"),
        )
        .where(rewards.c.helper_id.in_(ids))
        .group_by(rewards.c.helper_id)
    )
    rows = await connection.execute(query)
    return {row.helper_id: HelperSoFar(row.buyers, int(row.units), row.refused) for row in rows}


async def is_in_it(connection: AsyncConnection, order_id: str, shopper_id: int) -> bool:
    """Whether a shopper is helper or buyer where a reward is about this order."""
    theirs = or_(rewards.c.helper_id == shopper_id, rewards.c.shopper_id == shopper_id)
    return bool(await connection.scalar(select(exists().where(rewards.c.order_id == order_id, theirs))))


async def decide_held(
    connection: AsyncConnection, order_id: str, *, earns: bool, by: int, now: datetime
) -> bool:
    """Somebody of the staff (a shopper id) has decided; False where it does not wait (any more)."""
    decided = {"verdict": "earns" if earns else "refused", "judged_by": by, "due_at": now}
    mine = update(rewards).where(rewards.c.order_id == order_id, *HELD)
    return bool((await connection.execute(mine.values(**decided))).rowcount)


def in_words(why: str) -> str:
    """The signs that a reward was held or refused for, as sentences."""
    said = set(why.split(","))
    return " ".join(words for sign, words in WORDS.items() if sign in said)
