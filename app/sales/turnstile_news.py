"""Word of those who ask to buy much, from every process to every process: off the way of a purchase, once a second.

In calm nothing is said. What is lost is lost: then each process counts alone, and lets in a little more.
"""

import asyncio
import secrets
import time

import msgspec
from redis.asyncio import Redis
from redis.exceptions import RedisError

from app.platform.ending import end_tasks
from app.sales.turnstile import Turnstile

CHANNEL = "sales:asked"
TELL_SECONDS = 1.0
ANEW_SECONDS = 0.5  # before another attempt where Redis did not answer


class News(msgspec.Struct):
    """What one process has counted of busy accounts and addresses in a second. Nobody keeps it."""

    teller: str
    accounts: dict[int, float]
    addresses: dict[str, float]


_encode, _decode = msgspec.msgpack.Encoder().encode, msgspec.msgpack.Decoder(News).decode


class TurnstileNews:
    """Tells by `redis`, and hears by `subscription`, a client without a reply timeout."""

    def __init__(self, turnstile: Turnstile, redis: Redis, subscription: Redis) -> None:
        self._turnstile, self._redis, self._subscription = turnstile, redis, subscription
        self._me = secrets.token_hex(8)
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Begin to tell and to hear."""
        self._tasks = [
            asyncio.create_task(self._tell_for_ever(), name="who asks much"),
            asyncio.create_task(self._hear_for_ever(), name="who asks much elsewhere"),
        ]

    async def stop(self) -> None:
        """Stop."""
        await end_tasks(self._tasks)

    async def tell(self) -> None:
        """Tell what has come since the last time, where there is anything."""
        news = News(self._me, self._turnstile.accounts.take_news(), self._turnstile.addresses.take_news())
        if news.accounts or news.addresses:
            await self._redis.publish(CHANNEL, _encode(news))

    def hear(self, told: bytes) -> None:
        """Count what another process has counted."""
        try:
            news = _decode(told)
        except msgspec.MsgspecError:
            return  # a newer or an older shop's
        if news.teller == self._me:
            return
        now = time.monotonic()
        self._turnstile.accounts.hear(news.accounts.items(), now)
        self._turnstile.addresses.hear(news.addresses.items(), now)

    async def _tell_for_ever(self) -> None:
        while True:
            await asyncio.sleep(TELL_SECONDS)
            try:
                await self.tell()
            except (RedisError, OSError):
                continue

    async def _hear_for_ever(self) -> None:
        while True:
            try:
                async with self._subscription.pubsub() as pubsub:
                    await pubsub.subscribe(CHANNEL)
                    async for message in pubsub.listen():
                        if message["type"] == "message":
                            self.hear(message["data"])
            except (RedisError, OSError):
                await asyncio.sleep(ANEW_SECONDS)
