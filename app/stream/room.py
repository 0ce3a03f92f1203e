"""The stream of one process: publish down into it, and every viewer everywhere hears."""

import asyncio
import os
from contextlib import suppress
from pathlib import Path
from typing import cast

import msgspec
from redis.asyncio import Redis
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from app.platform.clock import Clock
from app.platform.ending import end_tasks
from app.platform.redis import Script
from app.stream.event import News
from app.stream.hub import Hub, Snapshot
from app.stream.publisher import Publisher

PING_SECONDS = 15.0
COUNT_SECONDS = 2.0
FORGET_SECONDS = 12  # a process that is silent for so long no longer counts

_encode = msgspec.json.Encoder().encode


class Stream:
    """Publisher and hub of one process. `subscription` is a client without a reply timeout."""

    def __init__(self, engine: AsyncEngine, redis: Redis, subscription: Redis, clock: Clock) -> None:
        self.hub = Hub(subscription)
        self.watching = 0  # viewers over all processes
        self._redis, self._clock = redis, clock
        self._publisher = Publisher(engine, redis)
        self._count = Script(Path(__file__).parent / "scripts" / "watching.lua")
        self._process = f"{os.uname().nodename}:{os.getpid()}:{id(self)}"
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Begin to listen, to count and to ping."""
        await self.hub.start()
        self._tasks = [asyncio.create_task(self._ping_for_ever()), asyncio.create_task(self._count_viewers())]

    async def stop(self) -> None:
        """End every stream."""
        await end_tasks(self._tasks)
        await self.hub.stop()

    async def publish(self, kind: str, body: Snapshot, version: str) -> bool:
        """Tell everyone: `live` or `stock`. False where the same or a later `version` has been told already.

        When it returns, this process's own viewers and readers have it. Raises what Redis and PostgreSQL raise.
        """
        news = await self._publisher.publish(kind, _encode(body), version, self.hub.heard)
        if news is not None:
            await self._take_in(news)
        return news is not None

    async def ping(self) -> None:
        """Let this process's viewers hear that the line is alive. Where Redis is away the ping has no id."""
        event_id = None
        with suppress(RedisError, SQLAlchemyError, OSError):
            news = await self._publisher.publish("ping", b"{}", "", self.hub.heard)
            if news is not None and await self._take_in(news):
                event_id = news.id
        self.hub.ping(event_id, self._clock.now())

    async def _ping_for_ever(self) -> None:
        while True:
            await asyncio.sleep(PING_SECONDS)
            await self.ping()

    async def _take_in(self, news: News) -> bool:
        """Have the hub show it, after all that went before it. False where that could not be learnt just now."""
        self.hub.apply(news)
        if self.hub.heard < news.id:
            await self.hub.re_read()
        return self.hub.heard >= news.id

    async def _count_viewers(self) -> None:
        while True:
            with suppress(RedisError, OSError):
                mine: list[str | int] = [self._process, len(self.hub.viewers), FORGET_SECONDS]
                self.watching = cast(int, await self._count.run(self._redis, ["stream:watching"], mine))
            await asyncio.sleep(COUNT_SECONDS)
