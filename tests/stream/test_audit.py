"""The stream's numbering, proved."""

from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncEngine

from app.platform.settings import Settings
from app.stream.audit import NEVER_AHEAD, audit_stream
from app.stream.publisher import STATE
from tests.conftest import FrozenClock
from tests.factories.audit import broken
from tests.factories.stream import live_of, open_stream


async def test_a_numbering_that_is_right_is_found_right(
    engine: AsyncEngine, redis: Redis, settings: Settings, clock: FrozenClock
) -> None:
    assert broken(await audit_stream(engine, redis)) == {}
    async with open_stream(engine, settings, clock) as stream:
        await stream.publish("live", live_of(1), "1")
        assert broken(await audit_stream(engine, redis)) == {}
        await redis.flushall()
        assert broken(await audit_stream(engine, redis)) == {}


async def test_an_epoch_that_nobody_gave_out_is_named(engine: AsyncEngine, redis: Redis) -> None:
    await redis.hset(STATE, mapping={"epoch": 9, "seq": 1, "shown": 1})
    assert broken(await audit_stream(engine, redis, patience=0)) == {NEVER_AHEAD: {None}}


async def test_an_event_beyond_the_numbers_is_named(
    engine: AsyncEngine, redis: Redis, settings: Settings, clock: FrozenClock
) -> None:
    async with open_stream(engine, settings, clock) as stream:
        await stream.publish("live", live_of(1), "1")
        await redis.hset(STATE, "shown", 99)
        assert broken(await audit_stream(engine, redis, patience=0)) == {NEVER_AHEAD: {None}}
