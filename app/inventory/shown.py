"""A deal that everybody was shown: for those who come by an address that is about it, when it is over."""

from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from app.inventory.live import public_deal, with_photos
from app.inventory.tables import deals


async def read_shown(connection: AsyncConnection, deal_id: int) -> dict[str, Any] | None:
    """The deal as the snapshot had it; None where it was never on stage, or somebody wanted it gone."""
    shown = deals.c.state.in_(("live", "ended")) & deals.c.end_reason.is_distinct_from("withdrawn")
    query = with_photos().where(deals.c.id == deal_id, shown, deals.c.turn.is_not(None))
    row = (await connection.execute(query)).one_or_none()
    return None if row is None else public_deal(row, None)
