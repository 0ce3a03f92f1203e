"""The deal queue: what waits, in which order."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

from msgspec import Struct
from sqlalchemy import exists, func, insert, or_, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from app.inventory.deal import NewDeal
from app.inventory.tables import deals, photos, pictures, shows
from app.inventory.turns import add_in_turn

State = Literal["queued", "live", "ended"]


class Page(Struct, frozen=True):
    """Some deals in order, the id to ask for more after (None at the end), and the queue's version."""

    rows: Sequence[Row[Any]]
    next: int | None
    version: int


class Stretch(Struct, frozen=True):
    """A part of the queue: its rows, the place of the first of them (from 1), how many wait in all, the version."""

    rows: Sequence[Row[Any]]
    first: int
    total: int
    version: int


async def show_row(connection: AsyncConnection) -> Row[Any]:
    """The one row of `shows`, made where it is not there yet."""
    row = (await connection.execute(select(shows))).one_or_none()
    if row is None:
        await connection.execute(upsert(shows).values(singleton=True).on_conflict_do_nothing())
        row = (await connection.execute(select(shows))).one()
    return row


async def add_deals(
    connection: AsyncConnection,
    added: Sequence[tuple[NewDeal, str | None]],
    *,
    currency: str,
    now: datetime,
) -> list[int]:
    """Put deals, each with its photo's token or None, at the end of the queue; answers their ids in order."""
    await add_in_turn(connection)
    last = (await connection.execute(select(func.coalesce(func.max(deals.c.position), 0)))).scalar_one()
    rows = [
        deal.model_dump(exclude={"limit", "currency"})
        | {
            "unit_limit": deal.limit,
            "currency": deal.currency or currency,
            "position": position,
            "photo": photo,
            "created_at": now,
        }
        for position, (deal, photo) in enumerate(added, start=last + 1)
    ]
    returning_ids = insert(deals).returning(deals.c.id, sort_by_parameter_order=True)
    ids = (await connection.execute(returning_ids, rows)).scalars().all()
    await move_on(connection)
    return list(ids)


async def move_on(connection: AsyncConnection) -> int:
    """Say that the queue is another now; answers its new version. Do it late: the show waits for this row."""
    await show_row(connection)
    grown = update(shows).values(queue_version=shows.c.queue_version + 1)
    return int((await connection.execute(grown.returning(shows.c.queue_version))).scalar_one())


async def one_deal(connection: AsyncConnection, deal_id: int) -> Row[Any]:
    """A deal that is known to be there."""
    return (await connection.execute(select(deals).where(deals.c.id == deal_id))).one()


async def first_due(connection: AsyncConnection, now: datetime) -> int | None:
    """The first deal in the queue that is not held back."""
    is_due = or_(deals.c.not_before.is_(None), deals.c.not_before <= now)
    query = select(deals.c.id).where(deals.c.state == "queued", is_due)
    return (await connection.execute(query.order_by(deals.c.position, deals.c.id).limit(1))).scalar()


async def list_deals(connection: AsyncConnection, state: State, after: int | None, limit: int) -> Page:
    """Deals in `state`: the queue in its order, those that ended with the latest first."""
    query = select(deals).where(deals.c.state == state)
    key = deals.c.turn if state == "ended" else deals.c.position
    if after is not None:
        mark = select(key).where(deals.c.id == after).scalar_subquery()
        query = query.where(key < mark if state == "ended" else key > mark)
    query = query.order_by(key.desc() if state == "ended" else key.asc()).limit(limit + 1)
    rows = (await connection.execute(query)).all()
    version = (await show_row(connection)).queue_version
    return Page(rows[:limit], rows[limit - 1].id if len(rows) > limit else None, version)


async def queue_version(connection: AsyncConnection) -> int:
    """The version of the queue's order."""
    return int((await show_row(connection)).queue_version)


async def waiting_ids(connection: AsyncConnection) -> list[int]:
    """Every deal that waits, in order."""
    query = select(deals.c.id).where(deals.c.state == "queued").order_by(deals.c.position, deals.c.id)
    return list((await connection.execute(query)).scalars().all())


async def look_at_queue(connection: AsyncConnection, first: int, limit: int) -> Stretch:
    """The deals from place `first` (from 1) on, at most `limit`, with the photo's `largest` and `alt` beside each."""
    query = select(deals, pictures.c.largest, photos.c.alt).outerjoin(photos, photos.c.token == deals.c.photo)
    query = query.outerjoin(pictures, pictures.c.digest == photos.c.digest)
    query = query.where(deals.c.state == "queued").order_by(deals.c.position, deals.c.id)
    rows = (await connection.execute(query.offset(first - 1).limit(limit))).all()
    counting = select(func.count()).select_from(deals).where(deals.c.state == "queued")
    total = int((await connection.execute(counting)).scalar_one())
    return Stretch(rows, first, total, (await show_row(connection)).queue_version)


async def was_anything_ever_queued(connection: AsyncConnection) -> bool:
    """Whether this shop has had a deal at all."""
    return bool((await connection.execute(select(exists(select(deals.c.id))))).scalar_one())
