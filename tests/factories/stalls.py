"""A deal that holds up the show."""

from datetime import timedelta
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from app.inventory import Showrunner
from app.inventory.stall import USUAL_TIME
from app.inventory.tables import deals, stalls
from tests.factories.identity import MovableClock
from tests.factories.inventory import new_deal, queue_deals

ALLOWED_MINUTES = 10


async def stalled_deal(
    engine: AsyncEngine, showrunner: Showrunner, clock: MovableClock, **chosen: Any
) -> int:
    """The id of a live deal that has just begun to hold up the Woot-Off: nothing was sold in the time it is allowed.

    The clock moves on by that. `chosen` are the deal's fields; the stage must be empty.
    """
    deal = new_deal(**({"stall_after_minutes": ALLOWED_MINUTES} | chosen))
    (deal_id,) = await queue_deals(engine, clock, deal)
    await showrunner.set_show("woot-off", False)
    clock.advance(60 * (deal.stall_after_minutes or USUAL_TIME.total_seconds() / 60))
    await showrunner.tick()
    assert await is_stalled(engine, deal_id)
    return deal_id


async def let_it_be_late(engine: AsyncEngine, deal_id: int) -> None:
    """A live deal of a running shop has had the time that it is allowed: it stalls with the next tick if it is slow."""
    long_ago = deals.c.started_at - timedelta(days=40)
    async with engine.begin() as connection:
        await connection.execute(update(deals).where(deals.c.id == deal_id).values(selling_since=long_ago))


async def is_stalled(engine: AsyncEngine, deal_id: int) -> bool:
    """Whether it holds up the show."""
    async with engine.connect() as connection:
        since = await connection.scalar(select(deals.c.stalled_since).where(deals.c.id == deal_id))
    return since is not None


async def stalls_of(engine: AsyncEngine, deal_id: int) -> list[tuple[Any, Any]]:
    """When each of its stalls began and ended."""
    query = select(stalls.c.since, stalls.c.until).where(stalls.c.deal_id == deal_id).order_by(stalls.c.since)
    async with engine.connect() as connection:
        return [(row.since, row.until) for row in await connection.execute(query)]
