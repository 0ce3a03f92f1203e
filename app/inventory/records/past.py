"""Past deals and what became of them, read from the books."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.identity import names_in_records
from app.inventory.records.record import UNNAMED, Record
from app.inventory.tables import deals
from app.platform.errors import NotFound
from app.sales import count_closed_offers
from app.sales.desk import SaleRecord, read_curves, read_refusals, read_refused_totals, read_sale_records

KEPT = (
    deals.c.id,
    deals.c.turn,
    deals.c.title,
    deals.c.category,
    deals.c.condition,
    deals.c.mode,
    deals.c.end_reason,
    deals.c.currency,
    deals.c.price,
    deals.c.list_price,
    deals.c.quantity,
    deals.c.unit_limit,
    deals.c.started_at,
    deals.c.ended_at,
)


async def read_records(engine: AsyncEngine, deal_ids: Sequence[int] | None = None) -> list[Record]:
    """The records of all deals that are over, the latest first; or of those among `deal_ids`, in their order.

    Counts first what has ended and is not counted yet, should the showrunner not have come to it.
    """
    await count_closed_offers(engine)
    over = (
        select(*KEPT).where(deals.c.state == "ended", deals.c.turn.is_not(None)).order_by(deals.c.turn.desc())
    )
    if deal_ids is not None:
        over = over.where(deals.c.id.in_(deal_ids))
    async with engine.connect() as connection:
        rows = (await connection.execute(over)).all()
        records = await _with_what_sold(connection, rows)
    if deal_ids is not None:
        records.sort(key=lambda record: deal_ids.index(record.deal_id))
    return records


async def read_record(engine: AsyncEngine, deal_id: int) -> Record:
    """One deal's record. Raises NotFound where it is not over, or does not exist."""
    found = await read_records(engine, [deal_id])
    if not found:
        raise NotFound("There is no record of that deal: it is not over, or was never there.")
    return found[0]


async def read_curves_of(engine: AsyncEngine, deal_ids: Sequence[int]) -> dict[int, list[int]]:
    """Units in each minute of these deals' age, up to the last that sold any."""
    async with engine.connect() as connection:
        return await read_curves(connection, deal_ids)


async def read_refusals_of(engine: AsyncEngine, deal_id: int) -> dict[str, int]:
    """How many attempts at this deal were refused, by the problem's slug, the most frequent first."""
    async with engine.connect() as connection:
        return await read_refusals(connection, deal_id)


async def _with_what_sold(connection: AsyncConnection, rows: Sequence[Any]) -> list[Record]:
    sold = await read_sale_records(connection, [row.id for row in rows])
    firsts = {record.first_shopper_id for record in sold.values() if record.first_shopper_id is not None}
    names = await names_in_records(connection, firsts)
    refused = await read_refused_totals(connection, list(sold))
    # A deal that ended while we read is not counted yet, and comes with the next look.
    return [_record(row, sold[row.id], names, refused.get(row.id, 0)) for row in rows if row.id in sold]


def _record(row: Row[Any], sold: SaleRecord, names: dict[int, str], refused: int) -> Record:
    first = sold.first_shopper_id
    return Record(
        deal_id=row.id,
        turn=row.turn,
        title=row.title,
        category=row.category,
        condition=row.condition,
        mode=row.mode,
        reason=row.end_reason,
        currency=row.currency,
        price=row.price,
        list_price=row.list_price,
        quantity=row.quantity,
        limit=row.unit_limit,
        opened_at=row.started_at,
        ended_at=row.ended_at,
        sold=sold,
        refused=refused,
        first_buyer=None if first is None else names.get(first, UNNAMED),
    )
