"""Taking one for the team: who bought of a deal that held up the show only so that it goes on, in their own words."""

from datetime import datetime

from sqlalchemy import delete, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from app.sales.order import OVER
from app.sales.tables import orders, took_one

COUNT_TEAM = text(
    "SELECT count(*) FROM took_one t JOIN orders o ON o.id = t.order_id"
    " WHERE t.deal_id = :deal AND o.status NOT IN ('cancelled', 'refunded')"
)


async def take_one(connection: AsyncConnection, order_id: str, shopper_id: int, now: datetime) -> bool:
    """The shopper says it of this order of theirs; False where it is none, or is no more.

    Whether its deal held up the show at that time is the caller's question. Harmless to repeat; whoever says it of two
    orders of a deal has said it of the later.
    """
    mine = select(orders.c.deal_id).where(
        orders.c.id == order_id, orders.c.shopper_id == shopper_id, orders.c.status.not_in(OVER)
    )
    deal_id = await connection.scalar(mine)
    if deal_id is None:
        return False
    said = insert(took_one).values(deal_id=deal_id, shopper_id=shopper_id, order_id=order_id, at=now)
    newer = said.on_conflict_do_update(
        index_elements=["deal_id", "shopper_id"], set_={"order_id": order_id, "at": now}
    )
    await connection.execute(newer)
    return True


async def unsay(connection: AsyncConnection, order_id: str, shopper_id: int) -> None:
    """They do not say it any more."""
    theirs = (took_one.c.order_id == order_id) & (took_one.c.shopper_id == shopper_id)
    await connection.execute(delete(took_one).where(theirs))


async def has_taken_one(connection: AsyncConnection, order_id: str) -> bool:
    """Whether it was said of this order, which stands."""
    stands = (orders.c.id == took_one.c.order_id) & orders.c.status.not_in(OVER)
    said = select(took_one.c.order_id).join(orders, stands).where(took_one.c.order_id == order_id)
    return await connection.scalar(said) is not None


async def count_team(connection: AsyncConnection, deal_id: int) -> int:
    """How many shoppers have taken one of this deal, and keep it."""
    return int(await connection.scalar(COUNT_TEAM, {"deal": deal_id}) or 0)
