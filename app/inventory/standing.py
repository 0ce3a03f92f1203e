"""How the show stands, for those who run it."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import case, select
from sqlalchemy.engine import Row, RowMapping
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.inventory.live import Present, read_present, stall
from app.inventory.show import queued
from app.inventory.stall import next_rise, pot_time
from app.inventory.tables import deals
from app.payments import Money
from app.platform.clock import Clock, rfc3339


async def show_document(engine: AsyncEngine, clock: Clock) -> dict[str, Any]:
    """The show as merchandisers see it: how it is set, what is on stage, and what comes next. Times are RFC 3339."""
    now = clock.now()
    async with engine.connect() as plain:
        connection = await plain.execution_options(isolation_level="REPEATABLE READ")
        return await show_facts(connection, await read_present(connection, now), now)


async def show_facts(connection: AsyncConnection, present: Present, now: datetime) -> dict[str, Any]:
    """The same, where the present is read already."""
    following = await _next_up(connection, now)
    show = present.show
    return {
        "mode": show.mode,
        "phase": present.phase,
        "paused": show.paused,
        "started": show.started,
        "stopping": show.stopping,
        "live": None if present.deal is None else present.deal.id,
        "queued": await queued(connection),
        "on_stage": _on_stage(present),
        "next": None if following is None else _following(following),
    }


def _on_stage(present: Present) -> dict[str, Any] | None:
    deal, pace = present.deal, present.pace
    if deal is None or pace is None:
        return None
    return {
        "deal_id": deal.id,
        "title": deal.title,
        "sold": pace.offer.sold,
        "quantity": pace.offer.terms.quantity,
        "left": pace.offer.left,
        "per_minute": pace.per_minute,
        "sells_out_in_seconds": pace.sells_out_in_seconds,
        "started_at": rfc3339(deal.started_at),
        "ends_at": deal.ends_at and rfc3339(deal.ends_at),
        "seconds_left": None if deal.time_left is None else round(deal.time_left.total_seconds()),
        "stall": _stall(present, deal),
    }


def _stall(present: Present, deal: Row[Any]) -> dict[str, Any] | None:
    """What everyone is told of it, and what only those who run the show know."""
    told, case = stall(present), present.stall
    if told is None or case is None:
        return None
    rise = next_rise(case)
    return told | {
        "currency": deal.currency,
        "rises_to": None if rise is None else Money(rise[1], deal.currency).document(),
        "rises_at": None if rise is None or present.show.paused else rfc3339(rise[0]),
        "pot": None if deal.pot is None else Money(deal.pot, deal.currency).document(),
        "pot_minutes": None if deal.pot is None else pot_time(deal.pot_minutes) // timedelta(minutes=1),
        "max_minutes": deal.max_minutes,
    }


def _following(deal: RowMapping) -> dict[str, Any]:
    return {
        "deal_id": deal["id"],
        "title": deal["title"],
        "not_before": deal["not_before"] and rfc3339(deal["not_before"]),
    }


async def _next_up(connection: AsyncConnection, now: datetime) -> RowMapping | None:
    """The deal that would open next: the first that is not held back, else the one that is due soonest."""
    held_until = case((deals.c.not_before > now, deals.c.not_before))
    first = select(deals.c.id, deals.c.title, held_until.label("not_before")).where(deals.c.state == "queued")
    order = held_until.asc().nulls_first(), deals.c.position, deals.c.id
    return (await connection.execute(first.order_by(*order).limit(1))).mappings().one_or_none()
