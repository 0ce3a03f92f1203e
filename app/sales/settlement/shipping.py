"""Marking what has left the house, and where it goes."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.identity import Address
from app.sales.settlement.docket import say_news
from app.sales.settlement.tables import order_addresses, refund_orders, settlements, shipments
from app.sales.tables import orders


async def mark_parcels(
    connection: AsyncConnection, parcels: Mapping[str, tuple[str, str]], by: int, now: datetime
) -> list[str]:
    """Mark those of these orders that are paid, have an address, and nobody wants back; answers which those were.

    `parcels` has a carrier and a tracking number for each order. The letters follow within moments, from whoever
    settles, who also tells open pages.
    """
    known = [order_id for order_id in parcels if "\0" not in order_id]
    marked = await _to_be_shipped(connection, known)
    if not marked:
        return []
    left = {"shipped_at": now, "marked_by": by, "told": False}
    rows = [
        {"order_id": order_id, "carrier": parcels[order_id][0], "tracking": parcels[order_id][1], **left}
        for order_id in marked
    ]
    await connection.execute(insert(shipments), rows)
    await connection.execute(update(orders).where(orders.c.id.in_(marked)).values(status="shipped"))
    for order_id in marked:
        await say_news(connection, order_id, now)
    return marked


async def _to_be_shipped(connection: AsyncConnection, order_ids: Sequence[str]) -> list[str]:
    """First all are locked, as by everybody who changes an order; then it is true what they are."""
    mine = select(settlements.c.order_id).where(settlements.c.order_id.in_(order_ids))
    await connection.execute(mine.order_by(settlements.c.order_id).with_for_update())
    going_back = select(refund_orders.c.id).where(
        refund_orders.c.order_id == orders.c.id, refund_orders.c.state == "due"
    )
    ready = (
        select(orders.c.id)
        .join(settlements, settlements.c.order_id == orders.c.id)
        .join(order_addresses, order_addresses.c.order_id == orders.c.id)
        .where(orders.c.id.in_(order_ids), orders.c.status == "paid")
        .where(settlements.c.ending == "", ~going_back.exists())
    )
    found = set((await connection.execute(ready)).scalars())
    return [order_id for order_id in dict.fromkeys(order_ids) if order_id in found]


async def address_of(connection: AsyncConnection, order_id: str) -> Address | None:
    """Where an order goes, or went; None where nobody has said so, or it is forgotten."""
    goes_to = [order_addresses.c[name] for name in Address.__struct_fields__]
    row = (
        await connection.execute(select(*goes_to).where(order_addresses.c.order_id == order_id))
    ).one_or_none()
    return None if row is None else Address(*row)
