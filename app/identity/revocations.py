"""Word of ended sessions, from every process to every process.

A push only: one that is lost is made good by the reading of `Sessions`, within a second.
"""

import asyncio
from collections.abc import Callable, Iterable

from redis.asyncio import Redis
from redis.exceptions import RedisError

from app.platform.ending import end_tasks

CHANNEL = "identity:ended"
ANEW_SECONDS = 0.5  # before another attempt where Redis did not answer
TELL_SECONDS = 0.5  # nobody's signing out waits longer for Redis


class Revocations:
    """Tells by `redis`, and hears by `subscription`, a client without a reply timeout."""

    def __init__(self, redis: Redis, subscription: Redis) -> None:
        self._redis = redis
        self._subscription = subscription
        self._listening: asyncio.Task[None] | None = None

    async def tell(self, session_ids: Iterable[str]) -> None:
        """Tell every process; where Redis is away, they read it."""
        try:
            async with asyncio.timeout(TELL_SECONDS):
                await self._redis.publish(CHANNEL, " ".join(session_ids))
        except (RedisError, OSError):
            return

    async def start(self, hear: Callable[[list[str]], None]) -> None:
        """Begin to call `hear` with the ids that any process tells."""
        self._listening = asyncio.create_task(self._listen_for_ever(hear), name="ended sessions")

    async def stop(self) -> None:
        """Stop listening."""
        if self._listening:
            await end_tasks([self._listening])
            self._listening = None

    async def _listen_for_ever(self, hear: Callable[[list[str]], None]) -> None:
        while True:
            try:
                await self._listen(hear)
            except (RedisError, OSError):
                await asyncio.sleep(ANEW_SECONDS)

    async def _listen(self, hear: Callable[[list[str]], None]) -> None:
        async with self._subscription.pubsub() as pubsub:
            await pubsub.subscribe(CHANNEL)
            async for message in pubsub.listen():
                if message["type"] == "message":
                    hear(message["data"].decode("ascii", "replace").split())
