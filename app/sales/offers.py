"""A deal on offer: opened and closed by inventory inside its own transaction, read by whoever sells."""

from collections.abc import Collection
from datetime import datetime

from msgspec import Struct
from sqlalchemy import insert, select, update
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.sales.order import Terms
from app.sales.tables import offers


class Offer(Struct, frozen=True):
    """A deal's terms and count as PostgreSQL has them. `revision` grows with every change."""

    terms: Terms
    epoch: int
    sold: int
    orders: int
    revision: int
    paused: bool
    opened_at: datetime
    first_order_at: datetime | None
    closed_at: datetime | None

    @property
    def left(self) -> int:
        """Units that are not sold."""
        return self.terms.quantity - self.sold


async def open_offer(connection: AsyncConnection, terms: Terms, now: datetime) -> None:
    """Put a deal on offer. Its gate opens with the first recount."""
    values = {
        "deal_id": terms.deal_id,
        "title": terms.title,
        "currency": terms.currency,
        "unit_price": terms.unit_price,
        "shipping": terms.shipping,
        "quantity": terms.quantity,
        "unit_limit": terms.limit,
        "friend_discount": terms.friend_discount,
        "friends_discount": terms.friends_discount,
        "opened_at": now,
    }
    await connection.execute(insert(offers).values(values))


async def close_offer(connection: AsyncConnection, deal_id: int, now: datetime) -> None:
    """Take a deal off offer. The new epoch fences off whatever its gate admitted and nobody recorded yet."""
    await connection.execute(
        update(offers)
        .where(offers.c.deal_id == deal_id, offers.c.closed_at.is_(None))
        .values(closed_at=now, epoch=offers.c.epoch + 1, revision=offers.c.revision + 1)
    )


async def pause_offer(connection: AsyncConnection, deal_id: int, paused: bool) -> None:
    """Stop selling for a while, or go on. Either way a new epoch begins."""
    await connection.execute(
        update(offers)
        .where(offers.c.deal_id == deal_id, offers.c.closed_at.is_(None), offers.c.paused.is_(not paused))
        .values(paused=paused, epoch=offers.c.epoch + 1, revision=offers.c.revision + 1)
    )


async def read_offer(source: AsyncEngine | AsyncConnection, deal_id: int) -> Offer | None:
    """The offer of this deal, open or closed; None where it never was on offer."""
    query = select(offers).where(offers.c.deal_id == deal_id)
    if isinstance(source, AsyncEngine):
        async with source.connect() as connection:
            row = (await connection.execute(query)).one_or_none()
    else:
        row = (await source.execute(query)).one_or_none()
    return None if row is None else _offer(row)


async def read_sold(connection: AsyncConnection, deal_ids: Collection[int]) -> dict[int, int]:
    """How many units of these deals were sold, by deal; one that never was on offer is not among them."""
    if not deal_ids:
        return {}
    query = select(offers.c.deal_id, offers.c.sold).where(offers.c.deal_id.in_(deal_ids))
    return {row.deal_id: row.sold for row in await connection.execute(query)}


async def read_terms(connection: AsyncConnection, deal_ids: Collection[int]) -> dict[int, Terms]:
    """What these deals are or were sold on, by deal; one that never was on offer is not among them."""
    if not deal_ids:
        return {}
    found = await connection.execute(select(offers).where(offers.c.deal_id.in_(deal_ids)))
    return {row.deal_id: _offer(row).terms for row in found}


async def lock_offer(connection: AsyncConnection, deal_id: int) -> Offer | None:
    """The offer as it stays until the transaction ends: whoever sells, gives back or keeps units of it waits."""
    held = select(offers.c.deal_id).where(offers.c.deal_id == deal_id).with_for_update(key_share=True)
    await connection.execute(held)
    return await read_offer(connection, deal_id)


async def read_offers(connection: AsyncConnection) -> list[Offer]:
    """Every offer there was, by deal."""
    return [_offer(row) for row in await connection.execute(select(offers).order_by(offers.c.deal_id))]


async def open_deal_id(connection: AsyncConnection) -> int | None:
    """The deal whose offer is open, also while it is paused."""
    return (await connection.execute(select(offers.c.deal_id).where(offers.c.closed_at.is_(None)))).scalar()


def _offer(row: Row[tuple[object, ...]]) -> Offer:
    terms = Terms(
        row.deal_id,
        row.title,
        row.currency,
        row.unit_price,
        row.shipping,
        row.quantity,
        row.unit_limit,
        row.friend_discount,
        row.friends_discount,
    )
    return Offer(
        terms,
        row.epoch,
        row.sold,
        row.orders,
        row.revision,
        row.paused,
        row.opened_at,
        row.first_order_at,
        row.closed_at,
    )
