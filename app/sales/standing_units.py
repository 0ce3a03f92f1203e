"""How much of a deal is sold for good, for what hangs on that."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

STANDING = text(
    """
    SELECT f.quantity, coalesce((
        SELECT sum(o.quantity) FROM orders o WHERE o.deal_id = f.deal_id AND o.status IN ('paid', 'shipped')
    ), 0) AS units FROM offers f WHERE f.deal_id = :deal
    """
)


async def standing_units(connection: AsyncConnection, deal_id: int) -> tuple[int, int]:
    """A deal's units in orders that are paid or shipped now, and how many it had; (0, 0) where it was not on offer."""
    row = (await connection.execute(STANDING, {"deal": deal_id})).one_or_none()
    return (0, 0) if row is None else (int(row.units), int(row.quantity))
