"""The one recovery: close the gate, count again, open it."""

import asyncio

import pytest
from redis.asyncio import Redis
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

import app.sales.recount
from app.sales.gate import Gate, GateLostError
from app.sales.ledger import Entry, Ledger
from app.sales.offers import read_offer
from app.sales.order import new_order_id
from app.sales.recount import NotOnOffer, Opened, recount
from tests.factories.identity import MovableClock
from tests.factories.sales import (
    DEADLINE,
    DEAL,
    Process,
    Wires,
    close,
    eventually,
    on_offer,
    pause,
    people,
    read_books,
    wish,
)


async def test_the_gate_gives_out_what_the_books_have_left(
    ledger: Ledger, engine: AsyncEngine, gate: Gate, clock: MovableClock
) -> None:
    await on_offer(engine, clock)
    ada, bob = await people(engine, 2)
    group = [Entry(new_order_id(), asked) for asked in (wish(ada, 2, key="a"), wish(bob, 1, key="b"))]
    await ledger.record(DEAL, 1, clock.now(), group)

    assert await recount(engine, gate, DEAL, 1) == Opened(2, orders=2)

    assert await gate.left(DEAL, 2) == 7


async def test_many_recounts_at_once_are_one(engine: AsyncEngine, gate: Gate, clock: MovableClock) -> None:
    await on_offer(engine, clock)
    assert await asyncio.gather(*(recount(engine, gate, DEAL, 1) for _ in range(8))) == [Opened(2)] * 8
    assert (await read_books(engine)).offer.epoch == 2


async def test_whoever_comes_late_adopts_the_gate_that_is_open(
    engine: AsyncEngine, gate: Gate, clock: MovableClock
) -> None:
    await on_offer(engine, clock)
    await recount(engine, gate, DEAL, 1)
    await recount(engine, gate, DEAL, 2)
    assert await recount(engine, gate, DEAL, 1) == Opened(3)
    assert (await read_books(engine)).offer.epoch == 3


async def test_a_recount_waits_for_the_group_that_is_being_recorded_and_counts_it(
    wired: Process, lines: Wires, engine: AsyncEngine, gate: Gate, clock: MovableClock
) -> None:
    await on_offer(engine, clock)
    (ada,) = await people(engine, 1)
    await wired.ledger.find(ada, "warm up")
    async with engine.connect() as holder:
        await holder.execute(text("SELECT FROM offers FOR UPDATE"))
        recording = asyncio.create_task(
            wired.ledger.record(DEAL, 1, clock.now(), [Entry(new_order_id(), wish(ada))])
        )
        await eventually(lambda: waits_for_a_lock(engine, 1))
        counting = asyncio.create_task(recount(engine, gate, DEAL, 1))
        await eventually(lambda: waits_for_a_lock(engine, 2))
    await recording
    assert await counting == Opened(2, orders=1)
    assert await gate.left(DEAL, 2) == 9


async def waits_for_a_lock(engine: AsyncEngine, number: int) -> bool:
    query = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
    async with engine.connect() as connection:
        return int(await connection.scalar(query) or 0) >= number


async def test_a_recounter_that_died_is_taken_over_from(
    engine: AsyncEngine, gate: Gate, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app.sales.recount, "OTHERS_TURN_SECONDS", 0.1)
    await on_offer(engine, clock)
    async with engine.begin() as connection:
        await connection.execute(text("UPDATE offers SET epoch = 2"))  # and then nothing more came of it
    assert await recount(engine, gate, DEAL, 1) == Opened(3)


@pytest.mark.parametrize("paused", [True, False])
async def test_a_deal_that_is_not_sold_now_keeps_its_gate_shut(
    engine: AsyncEngine, gate: Gate, clock: MovableClock, redis: Redis, paused: bool
) -> None:
    await on_offer(engine, clock)
    await recount(engine, gate, DEAL, 1)
    await (pause(engine) if paused else close(engine, clock))
    offer = await read_offer(engine, DEAL)
    assert offer is not None
    assert await recount(engine, gate, DEAL, 2) == NotOnOffer(offer)
    assert not await redis.keys("gate:*")  # nor does it leave the old one lying about


async def test_an_epochs_gate_is_gone_as_soon_as_it_has_a_follower(
    engine: AsyncEngine, gate: Gate, clock: MovableClock, redis: Redis
) -> None:
    """Somebody who has not heard of the recount must not be told by the old gate that nothing is left."""
    await on_offer(engine, clock)
    for epoch in range(1, 6):
        await recount(engine, gate, DEAL, epoch)
    assert await gate.left(DEAL, 5) is None
    assert await redis.keys("gate:*") == [b"gate:37:6"]


async def test_a_recount_without_redis_can_be_repeated_and_then_does_not_wait_for_others(
    wired: Process, lines: Wires, engine: AsyncEngine, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app.sales.recount, "OTHERS_TURN_SECONDS", 2 * DEADLINE)
    await on_offer(engine, clock)
    lines.redis.cut()
    for _ in range(3):
        with pytest.raises(GateLostError):
            await recount(wired.engine, wired.gate, DEAL, 1)
    lines.redis.mend()
    async with asyncio.timeout(DEADLINE):
        assert await recount(wired.engine, wired.gate, DEAL, 1) == Opened(2)


async def test_a_recount_whose_last_reply_was_lost_adopts_what_it_opened(
    wired: Process, lines: Wires, engine: AsyncEngine, clock: MovableClock
) -> None:
    await on_offer(engine, clock)
    lines.redis.lose_reply(b"HSET")
    with pytest.raises(GateLostError):
        await recount(wired.engine, wired.gate, DEAL, 1)
    assert lines.redis.faults == 1
    assert await recount(wired.engine, wired.gate, DEAL, 1) == Opened(2)
    assert await wired.gate.left(DEAL, 2) == 10


async def test_a_gate_that_is_opened_too_late_sells_nothing(
    engine: AsyncEngine, gate: Gate, clock: MovableClock
) -> None:
    await on_offer(engine, clock)
    await recount(engine, gate, DEAL, 1)
    await recount(engine, gate, DEAL, 2)
    await gate.open(DEAL, 2, 10)  # by a process that stood still since its turn
    assert await recount(engine, gate, DEAL, 2) == Opened(3)
