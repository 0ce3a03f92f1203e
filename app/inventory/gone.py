"""Deals that were live and are over: what everybody has seen, for those who come later."""

from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from app.inventory.story import story_html
from app.inventory.tables import deals
from app.payments import Money
from app.platform.clock import rfc3339


class GoneDeal(Struct, frozen=True):
    """One of them. Times are RFC 3339; `price` is ready text."""

    deal_id: int
    title: str
    tagline: str
    story_html: str
    price: str
    started_at: str
    ended_at: str


async def read_gone(engine: AsyncEngine, limit: int) -> list[GoneDeal]:
    """The last `limit` of them, the newest first. Not those that were withdrawn: somebody wanted them gone."""
    query = (
        select(deals)
        .where(deals.c.state == "ended", deals.c.turn.is_not(None), deals.c.end_reason != "withdrawn")
        .order_by(deals.c.turn.desc())
        .limit(limit)
    )
    async with engine.connect() as connection:
        rows = (await connection.execute(query)).all()
    return [
        GoneDeal(
            row.id,
            row.title,
            row.tagline,
            story_html(row.story),
            str(Money(row.price, row.currency)),
            rfc3339(row.started_at),
            rfc3339(row.ended_at),
        )
        for row in rows
    ]
