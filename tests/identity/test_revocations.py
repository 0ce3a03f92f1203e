"""Word of ended sessions: pushed, and where a push is lost, read."""

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest
from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncEngine

from app.identity import Identity
from app.identity.revocations import Revocations
from app.identity.sessions import Sessions
from app.platform.embedded import EmbeddedServers
from app.platform.redis import connect_redis
from app.platform.signing import Signer
from tests.factories.identity import SECRET, MovableClock, newcomer

NEVER = 3600.0  # seconds between two readings: whatever is known sooner was pushed


@pytest.fixture
async def wires(servers: EmbeddedServers, redis: Redis) -> AsyncIterator[Callable[[], Revocations]]:
    """Wires between processes."""
    subscription = connect_redis(servers.redis_url, timeout=None)
    yield lambda: Revocations(redis, subscription)
    await subscription.aclose()


async def comes_true(fact: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not fact():
            await asyncio.sleep(0.005)


async def listeners(redis: Redis, least: int) -> None:
    async with asyncio.timeout(60):
        while dict(await redis.pubsub_numsub("identity:ended"))[b"identity:ended"] < least:
            await asyncio.sleep(0.005)


async def test_an_ended_session_is_told_to_other_processes(
    engine: AsyncEngine,
    clock: MovableClock,
    identity: Identity,
    wires: Callable[[], Revocations],
    redis: Redis,
) -> None:
    here = Sessions(engine, Signer(SECRET), clock, wires())
    there = Sessions(engine, Signer(SECRET), clock, wires())
    await there.start_reading(every=NEVER)
    try:
        await listeners(redis, 1)
        ticket = (await identity.shoppers.sign_up(newcomer())).ticket
        found = there.identify(ticket.text, None)
        assert found is not None
        await here.end(found.session_id)
        await comes_true(lambda: there.identify(ticket.text, None) is None)
    finally:
        await there.stop_reading()


async def test_a_push_that_is_lost_is_made_good_by_reading(
    engine: AsyncEngine, clock: MovableClock, identity: Identity, wires: Callable[[], Revocations]
) -> None:
    there = Sessions(engine, Signer(SECRET), clock, wires())
    await there.start_reading(every=0.01)
    try:
        ticket = (await identity.shoppers.sign_up(newcomer())).ticket
        found = there.identify(ticket.text, None)
        assert found is not None
        await identity.sessions.end(found.session_id)  # of a process without a wire
        await comes_true(lambda: there.identify(ticket.text, None) is None)
    finally:
        await there.stop_reading()


async def test_signing_out_works_while_redis_is_away(
    engine: AsyncEngine, clock: MovableClock, identity: Identity, tmp_path: object
) -> None:
    away = connect_redis(f"unix://{tmp_path}/nobody.sock", timeout=0.1)
    here = Sessions(engine, Signer(SECRET), clock, Revocations(away, away))
    await here.start_reading(every=NEVER)
    try:
        ticket = (await identity.shoppers.sign_up(newcomer())).ticket
        found = here.identify(ticket.text, None)
        assert found is not None
        await here.end(found.session_id)
        assert here.identify(ticket.text, None) is None
    finally:
        await here.stop_reading()
        await away.aclose()
