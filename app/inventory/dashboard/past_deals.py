"""The deals that a deal is compared with."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.inventory.tables import deals

MOST = 50
COMPARABLE = ("sold-out", "time-up")  # any other end was a person's: it cut the deal short


async def comparable_deals(connection: AsyncConnection, deal_id: int) -> list[int]:
    """The last deals before this one that ended by themselves in the same mode, at most `MOST`, the latest first."""
    this = deals.alias("this")
    before = (
        select(deals.c.id)
        .join(this, this.c.id == deal_id)
        .where(
            deals.c.state == "ended",
            deals.c.end_reason.in_(COMPARABLE),
            deals.c.turn < this.c.turn,
            deals.c.mode.is_not_distinct_from(this.c.mode),
        )
        .order_by(deals.c.turn.desc())
        .limit(MOST)
    )
    return list((await connection.execute(before)).scalars())
