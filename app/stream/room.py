"""The stream of one process: publish down into it, and every viewer everywhere hears."""

import asyncio
import os
from collections.abc import Callable, Mapping
from contextlib import suppress

from redis.asyncio import Redis
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.types import Scope

from app.platform.clock import Clock, rfc3339
from app.platform.ending import end_tasks
from app.platform.errors import Problem
from app.platform.logging import get_logger
from app.stream.admission import Admission, Asker
from app.stream.crowd import COUNT_SECONDS, Crowd
from app.stream.event import News, encode
from app.stream.listener import Listener
from app.stream.publisher import Publisher
from app.stream.timeline import Snapshot

log = get_logger(__name__)

PING_SECONDS = 15.0
STUCK_LOOK_SECONDS = 5.0


def nobody(_: Scope) -> Asker | None:
    """Who is asking, where there are no shoppers."""
    return None


class Stream:
    """Publisher and hub of one process. `subscription` is a client without a reply timeout.

    `asker_of` tells by a request's scope whose session it is, `limits` whether one address may have only so many
    viewers; `fields` are header fields that every response gets.
    """

    def __init__(
        self,
        engine: AsyncEngine,
        redis: Redis,
        subscription: Redis,
        clock: Clock,
        *,
        asker_of: Callable[[Scope], Asker | None] = nobody,
        limits: bool = True,
        fields: Mapping[str, str] | None = None,
    ) -> None:
        self._process = f"{os.uname().nodename}:{os.getpid()}:{id(self)}"
        self._listener = Listener(subscription, f"process:{self._process}")
        self.hub = self._listener.hub
        self.admission = Admission(self.hub, asker_of, by_address=limits)
        self.fields = dict(fields or {})
        self._clock = clock
        self._publisher = Publisher(engine, redis)
        self._crowd = Crowd(redis, self._process)
        self._refused_at = -PING_SECONDS
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def watching(self) -> int:
        """How many people watch, over all processes; as of a moment ago."""
        return self._crowd.watching

    async def start(self) -> None:
        """Begin to listen, to count and to ping."""
        await self._listener.start()
        jobs = (self._ping_for_ever(), self._count_viewers(), self._drop_stuck())
        self._tasks = [asyncio.create_task(job) for job in jobs]

    async def stop(self) -> None:
        """End every stream."""
        self.hub.close()
        await end_tasks(self._tasks)
        with suppress(RedisError, OSError):
            await self._crowd.count(0, {})  # whoever watched here is counted where they come back
        await self._listener.stop()

    async def publish(self, kind: str, body: Snapshot, version: str) -> bool:
        """Tell everyone how things stand: `live` or `stock`. False where the same or a later `version` has been told.

        When it returns, this process's own viewers and readers have it. Raises what Redis and PostgreSQL raise.
        """
        news = await self._publisher.publish(kind, encode(body), version, self.hub.heard)
        if news is not None:
            await self._take_in(news)
        return news is not None

    async def tell(self, topic: str, kind: str, body: Snapshot) -> None:
        """Tell what happened once: `chat` or `cheer` to SHOW, `you` to a `shopper_topic`. Raises as `publish` does.

        Who is away for a moment still gets `chat` and `you` when it comes back.
        """
        await self._take_in(await self._publisher.tell(topic, kind, encode(body), self.hub.heard))

    async def ping(self) -> None:
        """Let this process's viewers hear that the line is alive. Where Redis is away the ping has no id."""
        body = encode({"at": rfc3339(self._clock.now())})
        event_id = None
        with suppress(RedisError, SQLAlchemyError, OSError):
            news = await self._publisher.tell(self.hub.topic, "ping", body, self.hub.heard)
            await self._take_in(news)
            if self.hub.pinged >= news.id:
                return
            if self.hub.heard == news.id:
                event_id = news.id  # else something newer went out already
        self.hub.ping(event_id, body)

    def count_refusal(self, problem: Problem) -> None:
        """Somebody was turned away. Logged now and then, since a crowd would drown the log."""
        self.hub.counted["refused"] += 1
        now = asyncio.get_running_loop().time()
        if now - self._refused_at >= PING_SECONDS:
            self._refused_at = now
            log.warning("streams are refused", why=problem.slug(), viewers=self.hub.size)

    def counts(self) -> dict[str, int]:
        """Of this process: `viewers`, those of them who are `lagging`; and since its start `joined`, `sent`, `refused`,
        `dropped`."""
        return {
            "viewers": self.hub.size,
            "lagging": len(self.hub.lagging),
            **{name: self.hub.counted[name] for name in ("joined", "sent", "refused", "dropped")},
        }

    async def _take_in(self, news: News) -> None:
        """Have the hub show it, after all that went before it, unless that can not be learnt just now."""
        self.hub.apply(news)
        if self.hub.heard < news.id:
            await self._listener.re_read()

    async def _ping_for_ever(self) -> None:
        while True:
            await asyncio.sleep(PING_SECONDS)
            try:
                await self.ping()
            except (
                Exception
            ):  # such as asyncpg's own, raised while PostgreSQL starts: the next one may go through
                log.exception("a ping failed")

    async def _count_viewers(self) -> None:
        while True:
            shoppers = self.hub.of_shopper
            anonymous = self.hub.size - sum(map(len, shoppers.values()))
            with suppress(RedisError, OSError):
                await self._crowd.count(anonymous, shoppers)
            await asyncio.sleep(COUNT_SECONDS)

    async def _drop_stuck(self) -> None:
        while True:
            await asyncio.sleep(STUCK_LOOK_SECONDS)
            self.hub.drop_stuck(asyncio.get_running_loop().time())
