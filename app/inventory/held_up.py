"""Deals that were on stage, for those who ask afterwards whether they held up the show."""

from datetime import datetime

from msgspec import Struct
from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.inventory.tables import deals, stalls


class PastStage(Struct, frozen=True):
    """A deal that everybody was shown. `over_at` is None while it is live; `held_up` that it did hold up the show."""

    deal_id: int
    title: str
    over_at: datetime | None
    held_up: bool


async def read_past_stage(connection: AsyncConnection, deal_id: int) -> PastStage | None:
    """That deal; None where it was never on stage, or somebody wanted it gone."""
    held_up = exists().where(stalls.c.deal_id == deals.c.id).label("held_up")
    shown = deals.c.state.in_(("live", "ended")) & deals.c.end_reason.is_distinct_from("withdrawn")
    query = select(deals.c.id, deals.c.title, deals.c.ended_at, held_up)
    row = (await connection.execute(query.where(deals.c.id == deal_id, shown))).one_or_none()
    return None if row is None else PastStage(row.id, row.title, row.ended_at, row.held_up)
