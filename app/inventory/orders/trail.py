"""What staff did to orders: a change at the desk like any other, and never undone."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from app.inventory.changes import Who, note_change
from app.inventory.tables import changes
from app.sales import Order

MOST_SHOWN = 100


async def note_orders(
    connection: AsyncConnection,
    action: str,
    orders: Iterable[Order],
    said: Mapping[str, Any],
    *,
    who: Who,
    now: datetime,
) -> None:
    """Keep that `who` did `action` (ship, refund, resend, review) to these orders: a change for each of their deals."""
    numbers: dict[int, list[str]] = defaultdict(list)
    for order in orders:
        numbers[order.deal_id].append(order.number)
    for deal_id, some in sorted(numbers.items()):
        after = {"orders": some, **said}
        await note_change(
            connection, who=who, action=action, deal_id=deal_id, before={}, after=after, now=now
        )


async def changes_of_order(connection: AsyncConnection, order: Order) -> Sequence[Row[Any]]:
    """What staff did to an order, the latest first."""
    among = changes.c.after.cast(JSONB).contains({"orders": [order.number]})
    query = select(changes).where(changes.c.deal_id == order.deal_id, among)
    return (await connection.execute(query.order_by(changes.c.id.desc()).limit(MOST_SHOWN))).all()
