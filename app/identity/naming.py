"""Who may be called by name where others read it."""

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.identity.tables import shoppers


async def names_in_records(connection: AsyncConnection, shopper_ids: Collection[int]) -> dict[int, str]:
    """The names of those among these shoppers who agreed to be named in sales records, as they wish it now."""
    if not shopper_ids:
        return {}
    agreed = select(shoppers.c.id, shoppers.c.name).where(
        shoppers.c.id.in_(shopper_ids), shoppers.c.named_in_records
    )
    return {row.id: row.name for row in await connection.execute(agreed)}
