"""Parcels that leave the house."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from app.sales.desk import mark_parcels


async def mark_shipped(
    connection: AsyncConnection, order_ids: Sequence[str], carrier: str, tracking: str, by: int, now: datetime
) -> list[str]:
    """Mark these orders as shipped, all in one parcel; answers which could be."""
    return await mark_parcels(connection, dict.fromkeys(order_ids, (carrier, tracking)), by, now)
