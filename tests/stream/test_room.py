"""Streams of several processes on one Redis: every viewer sees the newest, and misses nothing that lasts."""

import asyncio
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncEngine

from app.platform.settings import Settings
from app.stream import SHOW, Stream, listener, room
from app.stream.publisher import STATE
from tests.conftest import FrozenClock
from tests.factories.inventory import until
from tests.factories.stream import live_of, open_stream, stock_of, watching


async def test_what_one_process_publishes_the_viewers_of_both_see(stream: Stream, elsewhere: Stream) -> None:
    async with watching(stream, elsewhere) as viewers:
        for number in range(1, 6):
            assert await stream.publish("live", live_of(number), f"{number:04}")
            assert stream.hub.present == live_of(number), "its own process has it at once"
            assert await elsewhere.publish("stock", stock_of(number, 50), f"{number:04}.1")
        for viewer in viewers:
            await until(lambda viewer=viewer: viewer.deals()[-1:] == [5], "the last deal")  # type: ignore[misc]
            await until(lambda viewer=viewer: viewer.percent() == 50, "the last stock")  # type: ignore[misc]
            assert all(before < after for before, after in pairwise(viewer.ids())), "ids grow"


async def test_an_older_version_never_replaces_a_newer_whoever_brings_it(
    stream: Stream, elsewhere: Stream
) -> None:
    async with watching(stream, elsewhere) as viewers:
        assert await stream.publish("live", live_of(2), "0002")
        assert not await elsewhere.publish("live", live_of(1), "0001")
        assert await elsewhere.publish("live", live_of(3), "0003")
        for viewer in viewers:
            await until(lambda viewer=viewer: viewer.deals()[-1:] == [3], "the last deal")  # type: ignore[misc]
            assert 1 not in viewer.deals()
            assert viewer.deals() == sorted(viewer.deals())


async def test_ids_are_never_given_twice_also_after_redis_lost_everything(
    stream: Stream, elsewhere: Stream, redis: Redis
) -> None:
    async with watching(stream, elsewhere) as viewers:
        for number in range(1, 4):
            await stream.publish("live", live_of(number), f"{number:04}")
            await redis.flushall()
        await stream.publish("live", live_of(9), "0009")
        for viewer in viewers:
            await until(lambda viewer=viewer: viewer.deals()[-1:] == [9], "the last deal")  # type: ignore[misc]
            assert all(before < after for before, after in pairwise(viewer.ids()))
            assert viewer.ids()[-1].epoch >= 4
        assert stream.hub.present == elsewhere.hub.present == live_of(9)


async def test_after_redis_went_back_in_time_viewers_still_get_what_is_new(
    stream: Stream, elsewhere: Stream, redis: Redis
) -> None:
    await stream.publish("live", live_of(1), "0001")
    old: Any = await redis.hgetall(STATE)
    async with watching(stream, elsewhere) as viewers:
        for number in range(2, 9):
            await stream.publish("live", live_of(number), f"{number:04}")
        await redis.hset(STATE, mapping=old)
        await elsewhere.publish("live", live_of(9), "0009")
        for viewer in viewers:
            await until(lambda viewer=viewer: viewer.deals()[-1:] == [9], "the last deal")  # type: ignore[misc]
            assert viewer.deals() == sorted(viewer.deals()), "the old state was never shown"
            assert all(before < after for before, after in pairwise(viewer.ids()))


async def test_a_lost_message_is_healed_by_reading_again(
    stream: Stream, elsewhere: Stream, monkeypatch: pytest.MonkeyPatch
) -> None:
    await stream.publish("live", live_of(1), "0001")
    async with watching(elsewhere) as (viewer,):
        await until(lambda: viewer.deals()[-1:] == [1], "the present")
        with monkeypatch.context() as patch:
            patch.setattr(elsewhere.hub, "apply", lambda _: None)
            await stream.publish("live", live_of(2), "0002")
            await stream.publish("stock", stock_of(2, 33), "0002.1")
            await stream.tell(SHOW, "cheer", {"units": 1})
            await until(lambda: viewer.deals()[-1:] == [2], "the deal that was missed")
            await until(lambda: viewer.percent() == 33, "the stock that was missed")
            await until(lambda: viewer.of("cheer"), "what was said meanwhile")
        assert all(before < after for before, after in pairwise(viewer.ids()))


async def read_nothing() -> bool:
    """A look that finds nothing new."""
    return True


async def test_a_gap_is_noticed_and_healed_at_once(
    stream: Stream, elsewhere: Stream, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listener, "RE_READ_SECONDS", 3600.0)
    await stream.publish("live", live_of(1), "0001")
    await until(lambda: elsewhere.hub.present == live_of(1), "the present")
    with monkeypatch.context() as patch:
        lost = asyncio.Event()
        patch.setattr(elsewhere.hub, "apply", lambda _: lost.set())
        patch.setattr(elsewhere._listener, "re_read", read_nothing)  # the last look on time may be under way
        await stream.publish("live", live_of(2), "0002")
        async with asyncio.timeout(60):
            await lost.wait()
    assert elsewhere.hub.present == live_of(1)
    await stream.publish("stock", stock_of(2, 20), "0002.1")
    expected = live_of(2) | {name: stock_of(2, 20)[name] for name in ("stock", "pace", "crowd")}
    await until(lambda: elsewhere.hub.present == expected, "all that was missed")


async def test_a_subscription_that_was_cut_begins_anew_and_the_present_is_read(
    stream: Stream, elsewhere: Stream, redis: Redis
) -> None:
    await stream.publish("live", live_of(1), "0001")
    async with watching(stream, elsewhere) as viewers:
        for number in range(2, 5):
            await redis.execute_command("CLIENT", "KILL", "TYPE", "pubsub")  # type: ignore[no-untyped-call]
            await stream.publish("live", live_of(number), f"{number:04}")
            for viewer in viewers:
                await until(
                    lambda viewer=viewer, number=number: viewer.deals()[-1:] == [number],  # type: ignore[misc]
                    f"deal {number}",
                )

        async def subscribers() -> int:
            ((_, count),) = await redis.pubsub_numsub("stream:news")
            return int(count)

        async with asyncio.timeout(60):
            while await subscribers() < 2:
                await asyncio.sleep(0.01)


async def test_close_ends_all_streams(stream: Stream) -> None:
    await stream.publish("live", live_of(1), "0001")
    async with watching(stream, stream, stream) as viewers:
        await until(lambda: all(viewer.deals() for viewer in viewers), "all watch")
        stream.hub.close()
        await until(lambda: all(viewer.ended for viewer in viewers), "all streams have ended")
        assert not stream.hub.viewers


async def test_pings_have_ids_of_their_own_and_come_to_everybody(
    stream: Stream, elsewhere: Stream, clock: FrozenClock
) -> None:
    await stream.publish("live", live_of(1), "0001")
    async with watching(stream, elsewhere) as viewers:
        await until(lambda: all(viewer.deals() for viewer in viewers), "all watch")
        for number in range(5):
            for one in (stream, elsewhere):
                await one.ping()
            await stream.publish("stock", stock_of(1, number), f"0001.{number}")
        for viewer in viewers:
            await until(lambda viewer=viewer: viewer.percent() == 4, "the last stock")  # type: ignore[misc]
            await until(lambda viewer=viewer: viewer.of("ping"), "a ping")  # type: ignore[misc]
            assert all(event.id for event in viewer.events)
            assert all(before < after for before, after in pairwise(viewer.ids()))
            assert viewer.of("ping")[0] == {"at": "2026-11-22T18:00:00.000Z"}


async def test_a_ping_reaches_viewers_also_while_redis_is_away(
    engine: AsyncEngine,
    settings: Settings,
    clock: FrozenClock,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(room, "PING_SECONDS", 0.01)
    async with (
        open_stream(engine, settings, clock, url=f"unix://{tmp_path}/nobody") as stream,
        watching(stream) as (viewer,),
    ):
        await until(lambda: len(viewer.of("ping")) >= 2, "two pings")
        assert viewer.ids() == []


async def test_viewers_are_counted_over_all_processes(
    engine: AsyncEngine, redis: Redis, settings: Settings, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "COUNT_SECONDS", 0.01)
    async with (
        open_stream(engine, settings, clock) as one,
        open_stream(engine, settings, clock) as other,
    ):
        async with watching(one, one, other):
            await until(lambda: one.watching == other.watching == 3, "three watch")
        await until(lambda: one.watching == other.watching == 0, "nobody watches")


async def test_stop_always_ends_though_a_cancellation_gets_lost_in_a_reply(
    engine: AsyncEngine, redis: Redis, settings: Settings, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "COUNT_SECONDS", 0.0)
    monkeypatch.setattr(room, "PING_SECONDS", 0.0)
    for _ in range(20):
        async with asyncio.timeout(60), open_stream(engine, settings, clock):
            await asyncio.sleep(0)
