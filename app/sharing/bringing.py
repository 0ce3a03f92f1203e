"""Who brought whom, for counting: ids that leave this house only as counts."""

from datetime import datetime

from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.sharing.reward_tables import rewards


class Brought(Struct, frozen=True):
    """An order that stands, which the helper's link brought."""

    helper_id: int
    buyer_id: int
    units: int


async def read_brought(
    connection: AsyncConnection, *, deal_id: int | None, since: datetime | None, most: int
) -> list[Brought]:
    """At most so many, the latest, in the order in which they were placed; without rewards that were refused, since
    nobody was brought there."""
    wanted = [rewards.c.order_state != "over", rewards.c.verdict != "refused"]
    if deal_id is not None:
        wanted.append(rewards.c.deal_id == deal_id)
    if since is not None:
        wanted.append(rewards.c.placed_at >= since)
    query = (
        select(rewards.c.helper_id, rewards.c.shopper_id, rewards.c.units)
        .where(*wanted)
        .order_by(rewards.c.placed_at.desc(), rewards.c.order_id.desc())
        .limit(most)
    )
    rows = (await connection.execute(query)).all()
    return [Brought(row.helper_id, row.shopper_id, row.units) for row in reversed(rows)]
