"""Numbering: ids grow, none is given twice, and an older state never follows a newer one."""

import asyncio
from itertools import pairwise
from typing import Any

import pytest
from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncEngine

from app.stream import publisher as room
from app.stream.event import EventId, News, read_news
from app.stream.publisher import SAID, STATE, TOLD, Publisher

NOTHING = EventId(0, 0)


@pytest.fixture
def publisher(engine: AsyncEngine, redis: Redis) -> Publisher:
    """One process's."""
    return Publisher(engine, redis)


def given_id(news: News | None) -> EventId:
    assert news is not None
    return news.id


async def kept(redis: Redis, name: str) -> list[News]:
    lines: Any = await redis.lrange(name, 0, -1)
    return [read_news(line) for line in lines]


async def test_every_event_gets_the_next_number(publisher: Publisher) -> None:
    ids = [
        given_id(await publisher.publish(kind, b'{"n":%d}' % number, f"{number}", NOTHING))
        for number, kind in enumerate(["live", "stock", "stock", "live"])
    ]
    for topic, kind in (("show", "chat"), ("shopper:5", "you"), ("process:x", "ping")):
        ids.append(given_id(await publisher.tell(topic, kind, b"{}", NOTHING)))
    assert ids == [EventId(1, seq) for seq in range(1, 8)]


async def test_of_many_processes_at_once_none_is_given_anothers_number(
    engine: AsyncEngine, redis: Redis
) -> None:
    publishers = [Publisher(engine, redis) for _ in range(8)]
    news = await asyncio.gather(
        *(one.tell("show", "chat", b"{}", NOTHING) for one in publishers for _ in range(6))
    )
    ids = [given_id(one) for one in news]
    assert len(set(ids)) == 48
    assert {one.epoch for one in ids} == {min(ids).epoch}, "they agree on one numbering"
    assert sorted(one.seq for one in ids) == list(range(1, 49))


@pytest.mark.parametrize("kind", ["live", "stock"])
async def test_an_older_version_or_the_same_body_is_not_published(publisher: Publisher, kind: str) -> None:
    assert await publisher.publish(kind, b'{"n":2}', "0002", NOTHING)
    assert await publisher.publish(kind, b'{"n":1}', "0001", NOTHING) is None
    assert await publisher.publish(kind, b'{"n":0}', "0002", NOTHING) is None
    assert await publisher.publish(kind, b'{"n":2}', "0003", NOTHING) is None
    assert given_id(await publisher.publish(kind, b'{"n":3}', "0003", NOTHING)).seq == 2


async def test_a_stock_from_before_the_newest_live_is_not_published(
    publisher: Publisher, redis: Redis
) -> None:
    """Its writer was slow: it read before the show moved on, and asks after it."""
    await publisher.publish("live", b'{"deal":1}', "0001.0000", NOTHING)
    await publisher.publish("live", b'{"deal":2}', "0002.0000", NOTHING)
    assert await publisher.publish("stock", b'{"deal":1}', "0001.0007.99", NOTHING) is None
    assert not await redis.hexists(STATE, "stock")
    assert await publisher.publish("stock", b'{"deal":2}', "0002.0000.01", NOTHING)


async def test_a_new_live_lets_the_old_stock_be_forgotten(publisher: Publisher, redis: Redis) -> None:
    await publisher.publish("live", b"{}", "0001", NOTHING)
    await publisher.publish("stock", b'{"n":1}', "0001.5", NOTHING)
    await publisher.publish("live", b'{"n":2}', "0002", NOTHING)
    assert not await redis.hexists(STATE, "stock")


async def test_after_redis_lost_everything_numbers_begin_again_under_a_new_epoch(
    publisher: Publisher, redis: Redis
) -> None:
    ids: list[EventId] = []
    for _ in range(4):
        ids += [given_id(await publisher.publish(kind, b"{}", "1", NOTHING)) for kind in ("live", "stock")]
        ids.append(given_id(await publisher.tell("show", "chat", b"{}", NOTHING)))
        await redis.flushall()
    assert all(before < after for before, after in pairwise(ids))
    assert [one.epoch for one in ids] == [1] * 3 + [2] * 3 + [3] * 3 + [4] * 3


async def test_after_redis_went_back_in_time_no_number_is_given_twice(
    publisher: Publisher, redis: Redis
) -> None:
    """Restored from a file, or failed over to a replica that lagged, it has forgotten the last events."""
    await publisher.publish("live", b'{"n":1}', "0001", NOTHING)
    old: Any = await redis.hgetall(STATE)
    heard = NOTHING
    for number in range(2, 9):
        heard = given_id(await publisher.publish("live", b'{"n":%d}' % number, f"{number:04}", heard))
    await redis.hset(STATE, mapping=old)
    again = given_id(await publisher.tell("show", "chat", b"{}", heard))
    assert again == EventId(2, 1)
    assert not await redis.hexists(STATE, "live"), "what it kept was old"
    newest = given_id(await publisher.publish("live", b'{"n":8}', "0008", again))
    assert newest == EventId(2, 2)


async def test_what_passed_by_is_kept_for_those_who_come_back_but_not_for_ever(
    publisher: Publisher, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "KEPT", 3)
    monkeypatch.setattr(room, "KEPT_PERSONAL", 2)
    for number in range(5):
        await publisher.tell("show", "chat", b"%d" % number, NOTHING)
        await publisher.tell("shopper:5", "you", b"%d" % number, NOTHING)
        await publisher.tell("process:x", "ping", b"%d" % number, NOTHING)
    said, told = [await kept(redis, name) for name in (SAID, TOLD)]
    assert [(news.kind, news.body) for news in said] == [("chat", b"4"), ("chat", b"3"), ("chat", b"2")]
    assert [(news.topic, news.body) for news in told] == [("shopper:5", b"4"), ("shopper:5", b"3")]


async def test_what_was_said_in_an_earlier_epoch_is_forgotten_with_it(
    publisher: Publisher, redis: Redis
) -> None:
    await publisher.tell("show", "chat", b"1", NOTHING)
    await redis.delete(STATE)
    await publisher.tell("show", "chat", b"2", NOTHING)
    assert [news.body for news in await kept(redis, SAID)] == [b"2"]
