"""Moving the show on, in PostgreSQL: every function here works inside its caller's transaction.

Exactly one deal is live: a transaction that changes it holds the show's turn, names the deal that it means, and the
partial unique index on live deals has the last word.
"""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select, update
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from app.inventory.calendar import next_midnight
from app.inventory.live import Present, on_stage, read_present
from app.inventory.queue import first_due, show_row
from app.inventory.rotation import Close, Decision, Keep, Mode, Open, Reason, Show, decide, ends_at
from app.inventory.tables import deals, shows
from app.platform.errors import Problem
from app.platform.lease import take_turns
from app.sales import Terms, close_offer, open_offer, pause_offer


class NotLive(Problem):
    """The deal that was named is not the live one, so nothing was changed."""

    status = 409
    title = "That deal is not live"


async def next_step(connection: AsyncConnection, now: datetime) -> tuple[Present, Decision]:
    """How things stand, and what should be done about it."""
    present = await read_present(connection, now)
    show = Show(present.show.mode, present.show.started, present.show.paused)
    live = on_stage(present.deal, present.pace)
    return present, decide(now, show, live, await first_due(connection, now))


async def advance(connection: AsyncConnection, now: datetime, zone: ZoneInfo) -> list[Decision]:
    """Do whatever is due, until nothing is. Repeating it is harmless."""
    await take_turns(connection, "show")
    done: list[Decision] = []
    while True:
        _, decision = await next_step(connection, now)
        match decision:
            case Keep():
                return done
            case Close(deal_id, reason):
                await close_deal(connection, deal_id, reason, now)
            case Open(deal_id):
                await open_deal(connection, deal_id, now, zone)
        done.append(decision)


async def set_show(
    connection: AsyncConnection, mode: Mode, paused: bool, now: datetime, zone: ZoneInfo
) -> None:
    """Start the show in `mode`, or change it; pause it or let it go on."""
    await take_turns(connection, "show")
    before = await show_row(connection)
    await connection.execute(
        update(shows).values(mode=mode, started=True, paused=paused, revision=shows.c.revision + 1)
    )
    live = await live_deal(connection)
    if live is None:
        return
    await pause_offer(connection, live.id, paused)
    if before.mode != mode:
        until = ends_at(mode, live.started_at, live.max_minutes, next_midnight(now, zone))
        await connection.execute(update(deals).where(deals.c.id == live.id).values(ends_at=until))


async def skip(connection: AsyncConnection, deal_id: int, now: datetime) -> bool:
    """End the live deal, which must be the one that is meant. False where that has happened already.

    Raises NotLive where the deal was never live or does not exist.
    """
    await take_turns(connection, "show")
    live = await live_deal(connection)
    if live is not None and live.id == deal_id:
        await close_deal(connection, deal_id, "skipped", now)
        return True
    state = (await connection.execute(select(deals.c.state).where(deals.c.id == deal_id))).scalar()
    if state == "ended":
        return False
    raise NotLive("There is no such deal." if state is None else f"Deal {deal_id} is {state}.")


async def live_deal(connection: AsyncConnection) -> Row[Any] | None:
    """The live deal's row."""
    return (await connection.execute(select(deals).where(deals.c.state == "live"))).one_or_none()


async def queued(connection: AsyncConnection) -> int:
    """How many deals wait."""
    query = select(func.count()).select_from(deals).where(deals.c.state == "queued")
    return int((await connection.execute(query)).scalar_one())


async def close_deal(connection: AsyncConnection, deal_id: int, reason: Reason, now: datetime) -> None:
    """End a live deal and fence off its gate."""
    ended = update(deals).where(deals.c.id == deal_id, deals.c.state == "live")
    await connection.execute(ended.values(state="ended", ended_at=now, end_reason=reason))
    await close_offer(connection, deal_id, now)
    await connection.execute(update(shows).values(revision=shows.c.revision + 1))


async def open_deal(connection: AsyncConnection, deal_id: int, now: datetime, zone: ZoneInfo) -> None:
    """Put a queued deal on stage."""
    moved_on = update(shows).values(turns=shows.c.turns + 1, revision=shows.c.revision + 1)
    show = (await connection.execute(moved_on.returning(shows))).one()
    deal = (await connection.execute(select(deals).where(deals.c.id == deal_id))).one()
    until = ends_at(show.mode, now, deal.max_minutes, next_midnight(now, zone))
    going_live = update(deals).where(deals.c.id == deal_id, deals.c.state == "queued")
    await connection.execute(going_live.values(state="live", turn=show.turns, started_at=now, ends_at=until))
    terms = Terms(
        deal_id=deal.id,
        title=deal.title,
        currency=deal.currency,
        unit_price=deal.price,
        shipping=deal.shipping,
        quantity=deal.quantity,
        limit=deal.unit_limit,
    )
    await open_offer(connection, terms, now)
