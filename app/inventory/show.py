"""Moving the show on, in PostgreSQL: every function here works inside its caller's transaction.

Exactly one deal is live: a transaction that changes it holds the show's turn, names the deal that it means, and the
partial unique index on live deals has the last word. What is locked in which order, app/inventory/turns.py says.
"""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from msgspec.structs import asdict
from sqlalchemy import func, select, update
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from app.inventory import deadline
from app.inventory.changes import COMMAND_LINE, Who, note_change
from app.inventory.live import (
    Present,
    as_set,
    deadline_of,
    longest,
    on_stage,
    read_present,
    stall_clock,
)
from app.inventory.pot import win_pot
from app.inventory.queue import first_due, show_row
from app.inventory.rotation import (
    Close,
    Decision,
    Keep,
    Mode,
    Open,
    Raise,
    Reason,
    Retime,
    Show,
    Stall,
    Stop,
    Tell,
    decide,
    set_to,
)
from app.inventory.stall_clock import clock_after
from app.inventory.stalling import begin_stall, close_stall, end_stall, raise_reward
from app.inventory.tables import deals, shows
from app.inventory.turns import SHOW
from app.platform.errors import Problem
from app.platform.lease import take_turns
from app.sales import Terms, close_line, close_offer, open_offer, pause_offer
from app.sharing import RewardTerms, set_terms


class NotLive(Problem):
    """The deal that was named is not the live one, so nothing was changed."""

    status = 409
    title = "That deal is not live"


async def take_the_shows_turn(connection: AsyncConnection) -> None:
    """Wait until nobody else changes the show. Whoever asks a clock asks it after this, as the wait may be long."""
    await take_turns(connection, SHOW)


async def next_step(connection: AsyncConnection, now: datetime, zone: ZoneInfo) -> tuple[Present, Decision]:
    """How things stand, and what should be done about it."""
    present = await read_present(connection, now)
    show = as_set(present.show)
    live = on_stage(present, show, zone)
    return present, decide(now, show, live, await first_due(connection, now))


async def advance(connection: AsyncConnection, now: datetime, zone: ZoneInfo) -> list[Decision]:
    """Do whatever is due, until nothing is. Repeating it is harmless."""
    await take_the_shows_turn(connection)
    done: list[Decision] = []
    opened, news = 0, {}
    while True:
        present, decision = await next_step(connection, now, zone)
        match decision:
            case Keep():
                break
            case Close(deal_id, reason):
                await _end(connection, deal_id, reason, now)
            case Open(deal_id):
                turn = present.show.turns + opened + 1
                await _open(connection, deal_id, turn, as_set(present.show), now, zone)
                opened += 1
            case Retime(deal_id, ends_at):
                await _note(connection, deal_id, ends_at=ends_at)
            case Tell(deal_id, sold_out):
                await _note(connection, deal_id, told_sold_out=sold_out)
                await win_pot(connection, deal_id, now)
            case Stall(deal_id, begins):
                await (begin_stall if begins else end_stall)(connection, deal_id, now)
            case Raise(deal_id, reward):
                await raise_reward(connection, deal_id, reward, now)
            case Stop():
                news = {"started": False, "stopping": False}
        done.append(decision)
        if news:
            break
    if done:
        await _change(connection, len(done), turns=shows.c.turns + opened, **news)
    return done


async def set_show(
    connection: AsyncConnection,
    mode: Mode,
    paused: bool,
    now: datetime,
    zone: ZoneInfo,
    *,
    who: Who = COMMAND_LINE,
) -> None:
    """Start the show in `mode`, or change it; pause it or let it go on. A stop that waits is taken back by a start."""
    await take_the_shows_turn(connection)
    before = as_set(await show_row(connection))
    after = set_to(before, mode, paused)
    if after == before:
        return
    live = await live_deal(connection)
    if live is not None:
        await pause_offer(connection, live.id, paused)
        due = deadline.changed(before, after, deadline_of(live), longest(live), now, zone)
        times = asdict(clock_after(stall_clock(live), before, after, now))
        await _note(connection, live.id, mode=mode, ends_at=due.ends_at, time_left=due.time_left, **times)
    await _set(connection, before, after, live and live.id, who, now)


async def skip(connection: AsyncConnection, deal_id: int, now: datetime, *, who: Who = COMMAND_LINE) -> bool:
    """End the live deal, which must be the one that is meant. False where that has happened already.

    Raises NotLive where the deal was never live or does not exist.
    """
    await take_the_shows_turn(connection)
    if not await _is_live(connection, deal_id):
        return False
    await close_deal(connection, deal_id, "skipped", now)
    skipped = {"state": "ended", "end_reason": "skipped"}
    await note_change(
        connection,
        who=who,
        action="skip",
        deal_id=deal_id,
        before={"state": "live", "end_reason": None},
        after=skipped,
        now=now,
    )
    return True


async def stop_show(
    connection: AsyncConnection,
    deal_id: int | None,
    now: datetime,
    *,
    at_once: bool,
    who: Who = COMMAND_LINE,
) -> bool:
    """Stop the show when the live deal is over, or end that deal with it `at_once`. False where it is so already.

    `deal_id` names the deal that is thought to be live; None means whatever is. Raises NotLive as `skip` does.
    """
    await take_the_shows_turn(connection)
    before = as_set(await show_row(connection))
    if deal_id is not None and not await _is_live(connection, deal_id):
        return False
    live = await live_deal(connection)
    waits = live is not None and not at_once
    if not before.started or (waits and before.stopping):
        return False
    if live is not None and at_once:
        await _end(connection, live.id, "stopped", now)
    after = Show(before.mode, started=waits, paused=waits and before.paused, stopping=waits)
    await _set(connection, before, after, live and live.id, who, now)
    return True


async def live_deal(connection: AsyncConnection) -> Row[Any] | None:
    """The live deal's row."""
    return (await connection.execute(select(deals).where(deals.c.state == "live"))).one_or_none()


async def queued(connection: AsyncConnection) -> int:
    """How many deals wait."""
    query = select(func.count()).select_from(deals).where(deals.c.state == "queued")
    return int((await connection.execute(query)).scalar_one())


async def close_deal(connection: AsyncConnection, deal_id: int, reason: Reason, now: datetime) -> None:
    """End a live deal and fence off its gate."""
    await _end(connection, deal_id, reason, now)
    await _change(connection, 1)


async def _is_live(connection: AsyncConnection, deal_id: int) -> bool:
    """Whether this is the live deal; False where it is over. Raises NotLive where it was never live."""
    state = (await connection.execute(select(deals.c.state).where(deals.c.id == deal_id))).scalar()
    if state in ("live", "ended"):
        return bool(state == "live")
    raise NotLive("There is no such deal." if state is None else f"Deal {deal_id} is {state}.")


async def _end(connection: AsyncConnection, deal_id: int, reason: Reason, now: datetime) -> None:
    ended = update(deals).where(deals.c.id == deal_id, deals.c.state == "live")
    await connection.execute(ended.values(state="ended", ended_at=now, end_reason=reason))
    await close_offer(connection, deal_id, now)
    await close_stall(connection, deal_id, now)
    await win_pot(connection, deal_id, now)
    if reason == "withdrawn":
        await close_line(connection, deal_id, now)


async def _open(
    connection: AsyncConnection, deal_id: int, turn: int, show: Show, now: datetime, zone: ZoneInfo
) -> None:
    """Put a queued deal on stage."""
    deal = (await connection.execute(select(deals).where(deals.c.id == deal_id))).one()
    due = deadline.opening(show, longest(deal), now, zone)
    going_live = update(deals).where(deals.c.id == deal_id, deals.c.state == "queued")
    stage = {"state": "live", "turn": turn, "mode": show.mode, "started_at": now, "selling_since": now}
    await connection.execute(going_live.values(**stage, ends_at=due.ends_at, time_left=due.time_left))
    terms = Terms(
        deal_id=deal.id,
        title=deal.title,
        currency=deal.currency,
        unit_price=deal.price,
        shipping=deal.shipping,
        quantity=deal.quantity,
        limit=deal.unit_limit,
        friend_discount=deal.friend_discount or 0,
        friends_discount=deal.friends_discount or 0,
    )
    await open_offer(connection, terms, now)
    await set_terms(connection, deal.id, reward_terms(deal), now)


def reward_terms(deal: Row[Any]) -> RewardTerms:
    """What help with a deal brings, by its row."""
    off = deal.friend_discount or 0
    return RewardTerms(deal.currency, deal.reward or 0, off, deal.reward_cap_each, deal.reward_cap)


def _facts(show: Show) -> dict[str, object]:
    return {"mode": show.mode, "started": show.started, "paused": show.paused, "stopping": show.stopping}


async def _set(
    connection: AsyncConnection, before: Show, after: Show, deal_id: int | None, who: Who, now: datetime
) -> None:
    await _change(connection, 1, **_facts(after))
    await note_change(
        connection,
        who=who,
        action="show",
        deal_id=deal_id,
        before=_facts(before),
        after=_facts(after),
        now=now,
    )


async def _note(connection: AsyncConnection, deal_id: int, **values: object) -> None:
    await connection.execute(update(deals).where(deals.c.id == deal_id).values(**values))


async def _change(connection: AsyncConnection, steps: int, **values: object) -> None:
    """Change the show's row; its revision moves on, so that everyone is shown what is new."""
    await connection.execute(update(shows).values(revision=shows.c.revision + steps, **values))
