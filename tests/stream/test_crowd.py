"""How many people watch."""

import asyncio
from typing import Any

import pytest
from redis.asyncio import Redis

from app.stream import crowd as room
from app.stream.crowd import ANONYMOUS, AT_ONCE, FORGET_SECONDS, SHOPPERS, Crowd


async def test_somebody_who_is_signed_in_counts_once_over_all_processes(redis: Redis) -> None:
    one, other = Crowd(redis, "one"), Crowd(redis, "other")
    assert await one.count(3, [7, 8]) == 5
    assert await other.count(2, [8, 9]) == 8
    assert await one.count(3, [8]) == 7
    assert await one.count(0, []) == 3, "8 watches elsewhere too, and is named again by that one"


async def test_who_watches_elsewhere_too_is_named_again_soon(redis: Redis) -> None:
    one, other = Crowd(redis, "one"), Crowd(redis, "other")
    await one.count(0, [7])
    await other.count(0, [7])
    assert await one.count(0, []) == 0
    counts = [await other.count(0, [7]) for _ in range(room.AGAIN)]
    assert counts[-1] == 1


async def test_many_shoppers_are_told_in_parts_and_all_are_counted(redis: Redis) -> None:
    crowd = Crowd(redis, "one")
    many = range(1, 2 * AT_ONCE + 10)
    assert await crowd.count(1, many) == len(many) + 1
    assert await crowd.count(1, []) == 1


async def test_a_process_that_fell_silent_is_forgotten_with_its_shoppers_in_good_time(redis: Redis) -> None:
    assert FORGET_SECONDS + 2 * room.COUNT_SECONDS < 15
    await Crowd(redis, "killed").count(100, [1, 2, 3])
    seconds: Any = await redis.time()
    long_ago = seconds[0] - FORGET_SECONDS - 1
    await redis.hset(ANONYMOUS, "killed", f"100 {long_ago}")
    await redis.zadd(SHOPPERS, {str(shopper): long_ago for shopper in (1, 2, 3)})
    assert await Crowd(redis, "alive").count(1, [3, 4]) == 3
    assert not await redis.hexists(ANONYMOUS, "killed")


async def test_processes_that_count_at_once_do_not_disturb_each_other(redis: Redis) -> None:
    crowds = [Crowd(redis, str(number)) for number in range(8)]
    for _ in range(3):
        await asyncio.gather(*(crowd.count(2, [1, 2]) for crowd in crowds))
    assert await crowds[0].count(2, [1, 2]) == 18


@pytest.mark.parametrize("beats", [1, 5])
async def test_nobody_is_nobody(redis: Redis, beats: int) -> None:
    crowd = Crowd(redis, "one")
    assert [await crowd.count(0, []) for _ in range(beats)] == [0] * beats
