"""Refused attempts: counted in memory, written down once in a while."""

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from app.platform.database import connect_database
from app.sales import refused as refused_module
from app.sales.desk import read_refusals
from app.sales.refused import MOST_KINDS, RefusedAttempts
from app.sales.verdict import LimitReached, NoSuchDeal, OutcomeUnknown, SoldOut
from tests.factories.identity import MovableClock
from tests.factories.sales import DEAL, Process, Wires, buy, eventually, on_offer, people, wish


async def written(engine: AsyncEngine, deal: int = DEAL) -> dict[str, int]:
    """What the table says."""
    async with engine.connect() as connection:
        return await read_refusals(connection, deal)


async def test_refused_purchases_are_counted_by_kind(
    here: Process, engine: AsyncEngine, clock: MovableClock
) -> None:
    await on_offer(engine, clock, quantity=3, limit=2)
    ada, bob, eve = await people(engine, 3)
    await buy(here.checkout, [wish(ada, 2)])
    await buy(here.checkout, [wish(ada, 2), wish(ada, 1), wish(bob, 5), wish(bob, 2)])
    await buy(here.checkout, [wish(bob, 1), wish(eve, 1), wish(eve, 1)])
    await here.checkout.refused.flush()
    assert await written(engine) == {"limit-reached": 2, "sold-out": 3, "invalid": 1} or await written(
        engine
    ) == {"sold-out": 3, "limit-reached": 2, "invalid": 1}


async def test_sold_out_said_from_memory_is_counted_too(
    here: Process, engine: AsyncEngine, clock: MovableClock
) -> None:
    await on_offer(engine, clock, quantity=1)
    ada, bob = await people(engine, 2)
    await buy(here.checkout, [wish(ada, 1)])
    await here.checkout.follow(DEAL)
    await buy(here.checkout, [wish(bob, 1) for _ in range(5)])
    await here.checkout.refused.flush()
    assert await written(engine) == {"sold-out": 5}


async def test_two_processes_add_up(engine: AsyncEngine, clock: MovableClock) -> None:
    await on_offer(engine, clock)
    one, other = RefusedAttempts(engine), RefusedAttempts(engine)
    for _ in range(3):
        one.settled(DEAL, SoldOut(DEAL))
    other.settled(DEAL, SoldOut(DEAL))
    other.settled(DEAL, LimitReached(3, 3))
    await one.stop()
    await other.stop()
    assert await written(engine) == {"sold-out": 4, "limit-reached": 1}


async def test_it_is_written_by_itself(engine: AsyncEngine, clock: MovableClock) -> None:
    await on_offer(engine, clock)
    attempts = RefusedAttempts(engine, flush_seconds=0.01)
    attempts.count(DEAL, "slow-down")

    async def is_written() -> bool:
        return await written(engine) == {"slow-down": 1}

    await eventually(is_written)
    attempts.count(DEAL, "slow-down")
    await attempts.stop()
    assert await written(engine) == {"slow-down": 2}, "what is left is written at the end"


async def test_no_order_and_no_unknown_outcome_is_a_refusal(engine: AsyncEngine, clock: MovableClock) -> None:
    await on_offer(engine, clock)
    attempts = RefusedAttempts(engine)
    attempts.settled(DEAL, OutcomeUnknown())
    attempts.settled(DEAL, NoSuchDeal())
    await attempts.stop()
    assert await written(engine) == {}


async def test_deals_that_never_were_on_offer_fill_neither_memory_nor_table(
    engine: AsyncEngine, clock: MovableClock
) -> None:
    await on_offer(engine, clock)
    attempts = RefusedAttempts(engine)
    for made_up in range(1000, 1000 + 2 * MOST_KINDS):
        attempts.count(made_up, "gate-closed")
    assert len(attempts._fresh) == MOST_KINDS
    await attempts.stop()
    assert await written(engine, 1000) == {}


async def test_nothing_is_lost_while_postgres_is_away_and_it_is_said_once(
    lines: Wires, engine: AsyncEngine, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setattr(refused_module.log, "warning", lambda words, **_: said.append(words))
    await on_offer(engine, clock)
    wired = connect_database(lines.database_url)
    attempts = RefusedAttempts(wired, flush_seconds=3600)
    lines.postgres.cut()
    for _ in range(3):
        attempts.count(DEAL, "sold-out")
        assert await attempts.flush() is False
    assert said == ["refused attempts wait for PostgreSQL"]
    lines.postgres.mend()
    assert await attempts.flush() is True
    assert await written(engine) == {"sold-out": 3}
    await attempts.stop()
    await wired.dispose()


async def test_a_server_that_is_away_does_not_hold_up_the_end(
    lines: Wires, engine: AsyncEngine, clock: MovableClock
) -> None:
    wired = connect_database(lines.database_url)
    attempts = RefusedAttempts(wired)
    lines.postgres.cut()
    attempts.count(DEAL, "sold-out")
    await attempts.stop()
    await wired.dispose()
