"""Keeps the hub true to what Redis holds.

Pub/sub is only a wake-up and may lose messages: what is kept is read again every other second, and whenever a message
is missing or the subscription begins anew. A subscription that stays silent about what was published is given up for a
new one.
"""

import asyncio
from contextlib import suppress
from typing import cast

from redis.asyncio import Redis
from redis.exceptions import RedisError

from app.platform.ending import end_tasks
from app.platform.logging import get_logger
from app.stream.event import EventId, read_news
from app.stream.hub import Hub
from app.stream.publisher import CHANNEL, SAID, STATE, TOLD

log = get_logger(__name__)

RE_READ_SECONDS = 1.5
ANEW_SECONDS = 0.5  # before another attempt where Redis did not answer

Kept = tuple[EventId, EventId, tuple[bytes, bytes | None]]


class Listener:
    """One subscription a process. `redis` is a client without a reply timeout, `topic` the process's own."""

    def __init__(self, redis: Redis, topic: str) -> None:
        self.hub = Hub(topic, on_gap=self._look_again)
        self._redis = redis
        self._gap = asyncio.Event()
        self._told = EventId(0, 0)  # the newest that the subscription brought
        self._untold = (EventId(0, 0), 0.0)  # what it has not brought yet, and since when that is so
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Begin to listen. The present is read at once where Redis answers."""
        await self.re_read()
        self._tasks = [
            asyncio.create_task(self._subscribe_for_ever()),
            asyncio.create_task(self._keep_true()),
        ]

    async def stop(self) -> None:
        """Stop listening."""
        await end_tasks(self._tasks)

    async def re_read(self) -> bool:
        """Have the hub show what is kept. False where Redis does not answer."""
        try:
            async with asyncio.timeout(RE_READ_SECONDS):  # this client itself waits for ever
                await self._read()
        except (RedisError, OSError) as error:
            log.warning("cannot read the stream's state", error=repr(error))
            return False
        except Exception:  # were this to end, nothing would be healed any more
            log.exception("the stream's state cannot be understood")
            return False
        return True

    async def _read(self) -> None:
        epoch, seq = cast("list[bytes | None]", await self._redis.hmget(STATE, ["epoch", "seq"]))
        if epoch is None or seq is None or EventId(int(epoch), int(seq)) <= self.hub.heard:
            return  # nothing new; or nothing has been published since Redis came back, and what we show stays
        async with self._redis.pipeline(transaction=True) as pipe:
            pipe.hmget(STATE, ["epoch", "seq", "shown", "live", "stock"])
            pipe.lrange(SAID, 0, -1)
            pipe.lrange(TOLD, 0, -1)
            state, said, told = await pipe.execute()
        kept = _kept(state)
        if kept is not None:
            news = sorted(map(read_news, [*said, *told]), key=lambda one: one.id)
            self.hub.correct(*kept, news)

    async def _keep_true(self) -> None:
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(RE_READ_SECONDS):
                    await self._gap.wait()
            self._gap.clear()
            if not await self.re_read():
                await asyncio.sleep(ANEW_SECONDS)
            elif self._is_deaf():
                self._resubscribe()

    def _is_deaf(self) -> bool:
        """Whether something that we know has been published did not come over the subscription, and in good time."""
        now = asyncio.get_running_loop().time()
        missing, since = self._untold
        if self._told >= missing:
            self._untold = self.hub.heard, now
            return False
        return now - since >= RE_READ_SECONDS

    def _look_again(self) -> None:
        self._gap.set()

    def _resubscribe(self) -> None:
        log.warning("the stream's subscription is silent, beginning another")
        self._untold = self._told, 0.0
        given_up, *others = self._tasks
        given_up.cancel()  # to close a dead line may take long; `stop` waits for it, we do not
        anew = asyncio.create_task(self._subscribe_for_ever())
        self._tasks = [anew, *(task for task in (*others, given_up) if not task.done())]

    async def _subscribe_for_ever(self) -> None:
        while True:
            try:
                await self._subscribe()
            except (RedisError, OSError):
                pass  # it begins anew
            except Exception:
                log.exception("news of the stream cannot be understood")
            await asyncio.sleep(ANEW_SECONDS)

    async def _subscribe(self) -> None:
        async with self._redis.pubsub() as subscription:
            await subscription.subscribe(CHANNEL)
            self._told = max(self._told, self.hub.heard)
            self._gap.set()  # whatever came before
            async for message in subscription.listen():
                if message["type"] == "message":
                    news = read_news(message["data"])
                    self._told = max(self._told, news.id)
                    self.hub.apply(news)


def _kept(fields: object) -> Kept | None:
    epoch, seq, shown, live, stock = cast("list[bytes | None]", fields)
    if epoch is None or seq is None:
        return None
    number = int(epoch)
    return EventId(number, int(seq)), EventId(number, int(shown or 0)), (live or b"", stock)
