"""Pub/sub is only a wake-up: whatever happens to it, viewers have the true present within five seconds."""

import asyncio
from collections.abc import AsyncIterator
from itertools import pairwise

import pytest
from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncEngine

from app.platform.embedded import EmbeddedServers
from app.platform.settings import Settings
from app.stream import SHOW, Stream
from app.stream.listener import ANEW_SECONDS, RE_READ_SECONDS
from tests.conftest import FrozenClock
from tests.factories.deaf_wire import DeafWire, deaf_wire
from tests.factories.inventory import until
from tests.factories.sales import wires
from tests.factories.stream import Watching, live_of, open_stream, stock_of, watching

PROMISED_SECONDS = 5.0
DEADLINE_SECONDS = 60  # a busy machine may need longer than its clocks say


@pytest.fixture
async def wire(settings: Settings) -> AsyncIterator[DeafWire]:
    """Between `far` and Redis."""
    assert settings.redis_url is not None
    async with deaf_wire(settings.redis_url) as wire:
        yield wire


@pytest.fixture
async def far(
    wire: DeafWire, engine: AsyncEngine, redis: Redis, settings: Settings, clock: FrozenClock
) -> AsyncIterator[Stream]:
    """A process that reaches Redis over `wire`."""
    async with open_stream(engine, settings, clock, url=wire.url) as stream:
        await until(lambda: wire.subscriptions == 1, "its subscription")
        yield stream


def test_the_longest_wait_for_the_truth_is_within_the_promise() -> None:
    """A connection that has just gone silent is read over, given up, and another is tried."""
    assert RE_READ_SECONDS + RE_READ_SECONDS + ANEW_SECONDS + RE_READ_SECONDS <= PROMISED_SECONDS


async def in_time(viewer: Watching, deal_id: int) -> None:
    async with asyncio.timeout(DEADLINE_SECONDS):
        while viewer.deals()[-1:] != [deal_id]:
            await asyncio.sleep(0.01)
    assert all(before < after for before, after in pairwise(viewer.ids()))


async def test_a_subscription_that_falls_silent_delays_the_truth_a_little_and_is_replaced(
    stream: Stream, far: Stream, wire: DeafWire
) -> None:
    await stream.publish("live", live_of(1), "0001")
    async with watching(far) as (viewer,):
        await in_time(viewer, 1)
        wire.silence_subscriptions()
        await stream.tell(SHOW, "chat", {"text": "while it was silent"})
        await stream.publish("live", live_of(2), "0002")
        await in_time(viewer, 2)
        assert viewer.said() == ["while it was silent"]
        await until(lambda: wire.subscriptions == 2, "another subscription")
        await until(lambda: far._listener._told >= far.hub.heard, "it listens")
        await stream.publish("live", live_of(3), "0003")
        await in_time(viewer, 3)


async def test_connections_that_are_all_half_open_are_given_up_for_new_ones(
    stream: Stream, far: Stream, wire: DeafWire
) -> None:
    await stream.publish("live", live_of(1), "0001")
    async with watching(far) as (viewer,):
        await in_time(viewer, 1)
        wire.silence_everything()
        await stream.publish("live", live_of(2), "0002")
        await asyncio.sleep(0.1)  # long enough for the message to be swallowed
        wire.speak()
        await in_time(viewer, 2)


async def test_a_line_that_is_cut_and_mended_brings_the_truth_with_it(
    stream: Stream,
    servers: EmbeddedServers,
    engine: AsyncEngine,
    settings: Settings,
    clock: FrozenClock,
) -> None:
    await stream.publish("live", live_of(1), "0001")
    async with (
        wires(servers) as cables,
        open_stream(engine, settings, clock, url=cables.redis_url) as far,
        watching(far) as (viewer,),
    ):
        await in_time(viewer, 1)
        cables.redis.cut()
        await stream.publish("live", live_of(2), "0002")
        await stream.tell(SHOW, "chat", {"text": "while it was cut"})
        assert viewer.deals() == [1]
        cables.redis.mend()
        await in_time(viewer, 2)
        await until(lambda: viewer.said() == ["while it was cut"], "the chat")


async def test_a_redis_that_comes_back_empty_changes_nothing_until_there_is_news(
    stream: Stream, elsewhere: Stream, redis: Redis
) -> None:
    await stream.publish("live", live_of(1), "0001")
    async with watching(stream, elsewhere) as viewers:
        for viewer in viewers:
            await in_time(viewer, 1)
        await redis.flushall()
        await redis.execute_command("CLIENT", "KILL", "TYPE", "pubsub")  # type: ignore[no-untyped-call]
        await elsewhere.publish("live", live_of(2), "0002")
        for viewer in viewers:
            await in_time(viewer, 2)
            assert viewer.ids()[-1].epoch > viewer.ids()[0].epoch


async def test_whatever_comes_first_after_redis_was_emptied_the_truth_is_still_followed(
    stream: Stream, elsewhere: Stream, redis: Redis
) -> None:
    await stream.publish("live", live_of(1), "0001")
    async with watching(stream, elsewhere) as viewers:
        for viewer in viewers:
            await in_time(viewer, 1)
        await redis.flushall()
        await elsewhere.ping()
        await elsewhere.tell(SHOW, "chat", {"text": "first"})
        for viewer in viewers:
            await until(lambda viewer=viewer: viewer.said() == ["first"], "the chat")  # type: ignore[misc]
        await elsewhere.publish("live", live_of(2), "0002")
        for viewer in viewers:
            await in_time(viewer, 2)


async def test_where_nothing_is_wrong_the_subscription_is_kept(
    stream: Stream, far: Stream, wire: DeafWire
) -> None:
    async with watching(far) as (viewer,):
        for number in range(1, 30):
            await stream.publish("live", live_of(number), f"{number:04}")
            await far.publish("stock", stock_of(number, 50), f"{number:04}.1")
            await in_time(viewer, number)
            await asyncio.sleep(0.1)  # three seconds in all: twice as long as it takes to be given up
        assert wire.subscriptions == 1


async def test_a_process_that_begins_knows_the_past_for_those_who_come_back(
    stream: Stream, engine: AsyncEngine, settings: Settings, clock: FrozenClock
) -> None:
    await stream.publish("live", live_of(1), "0001")
    await stream.tell(SHOW, "chat", {"text": "missed"})
    async with open_stream(engine, settings, clock) as fresh, watching(fresh) as (viewer,):
        await in_time(viewer, 1)
        assert viewer.said() == []
        assert b"missed" in fresh.hub._line.welcome(None, viewer.ids()[-1])
