"""The hub: one Redis subscription a process, each event encoded once, every viewer of the process told.

Pub/sub is only a wake-up and may lose messages: the hub re-reads the kept state every two seconds and whenever its
subscription begins anew, so that what viewers see is never older than that.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Any, cast

import msgspec
from redis.asyncio import Redis
from redis.exceptions import RedisError

from app.platform.clock import rfc3339
from app.platform.ending import end_tasks
from app.platform.logging import get_logger
from app.stream.event import EventId, Frame, News, frame
from app.stream.publisher import CHANNEL, STATE
from app.stream.viewer import Viewer

log = get_logger(__name__)

RE_READ_SECONDS = 2.0
STOCK_SECONDS = 0.25  # between two `stock` events: four a second, and a fifth where something sells out

Snapshot = dict[str, Any]


class Hub:
    """What this process's viewers see: the whole snapshot, kept up to date by every event."""

    def __init__(self, redis: Redis) -> None:
        self.viewers: set[Viewer] = set()
        self.present: Snapshot | None = None
        self.id = EventId(0, 0)  # of the newest event that is part of `present`
        self.heard = EventId(0, 0)  # of the newest event of any kind: everything up to it is taken in
        self.closed = False
        self._redis = redis
        self._live_frame: Frame | None = None  # made when the first viewer asks
        self._stock: dict[str, Any] | None = None
        self._next_stock_at = 0.0
        self._stock_timer: asyncio.TimerHandle | None = None
        self._beat: Frame | None = None  # a ping that lets the stock before it go first
        self._missed = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Begin to listen. The present is read at once where Redis answers."""
        await self.re_read()
        self._tasks = [asyncio.create_task(self._listen()), asyncio.create_task(self._keep_true())]

    async def stop(self) -> None:
        """Stop listening and end every stream."""
        self.close()
        await end_tasks(self._tasks)

    def close(self) -> None:
        """End every stream cleanly; browsers come back to whoever serves next."""
        self.closed = True
        for viewer in self.viewers:
            viewer.wake()

    def live_frame(self) -> Frame | None:
        """The whole present as a `live` event; None while there is none."""
        if self._live_frame is None and self.present is not None:
            self._live_frame = frame("live", self.present | {"id": str(self.id)}, self.id)
        return self._live_frame

    def apply(self, news: News) -> None:
        """Take in one event, from Redis or from this very process. One that is known already changes nothing.

        Where something went before it that was not heard, the present is read again instead: an id stands for all
        that happened up to it.
        """
        if news.id <= self.heard:
            return
        if news.id != (self.heard.epoch, self.heard.seq + 1):
            self._missed.set()
            return
        self.heard = news.id
        if news.kind == "live":
            self._show(news.id, news.body, None)
        elif news.kind == "stock" and self._take_stock(news.body):
            self._changed(news.id)
            self._cast_stock_soon()

    def ping(self, event_id: EventId | None, now: datetime) -> None:
        """Let every viewer hear that the line is alive."""
        self._beat = frame("ping", {"at": rfc3339(now)}, event_id)
        if self._stock_timer is None:
            self._cast_beat()

    def stock_frame(self) -> Frame:
        """The newest `stock` event."""
        return frame("stock", self._stock, self.id)

    def _show(self, event_id: EventId, live: bytes, stock: bytes | None) -> None:
        self.present, self._stock = msgspec.json.decode(live), None
        if stock is not None:
            self._take_stock(stock)
        self._changed(event_id)
        self._cast_beat()
        self._cast(lambda viewer: viewer.show_live())

    def _changed(self, event_id: EventId) -> None:
        self.id = event_id
        self._live_frame = None

    def _take_stock(self, body: bytes) -> bool:
        stock: dict[str, Any] = msgspec.json.decode(body)
        deal = self.present and self.present.get("deal")
        if self.present is None or not deal or deal["id"] != stock["deal_id"]:
            return False
        self._stock = stock
        self.present = self.present | {name: stock[name] for name in ("stock", "pace", "crowd")}
        return True

    def _cast(self, show: Callable[[Viewer], None]) -> None:
        for viewer in self.viewers:
            show(viewer)

    def _cast_stock_soon(self) -> None:
        """At most five a second, and never without the last. A shelf that is empty now is shown at once."""
        if self._stock is not None and self._stock["stock"]["left_percent"] == 0:
            if self._stock_timer is not None:
                self._stock_timer.cancel()
            self._cast_stock()
        elif self._stock_timer is None:
            loop = asyncio.get_running_loop()
            self._stock_timer = loop.call_at(max(loop.time(), self._next_stock_at), self._cast_stock)

    def _cast_stock(self) -> None:
        self._stock_timer = None
        self._next_stock_at = asyncio.get_running_loop().time() + STOCK_SECONDS
        if self._stock is not None:  # else the whole present went out meanwhile
            self._cast(lambda viewer: viewer.show_stock())
        self._cast_beat()

    def _cast_beat(self) -> None:
        beat, self._beat = self._beat, None
        if beat is not None:
            self._cast(lambda viewer: viewer.show_ping(beat))

    async def _listen(self) -> None:
        while True:
            with suppress(RedisError, OSError):
                async with self._redis.pubsub() as subscription:
                    await subscription.subscribe(CHANNEL)
                    await self.re_read()
                    async for message in subscription.listen():
                        if message["type"] == "message":
                            self.apply(_news(message["data"]))
            await asyncio.sleep(RE_READ_SECONDS / 4)

    async def _keep_true(self) -> None:
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(RE_READ_SECONDS):
                    await self._missed.wait()
            self._missed.clear()
            await self.re_read()

    async def re_read(self) -> None:
        """See whether what is kept is what we show, and show it where Redis answers."""
        try:
            async with asyncio.timeout(RE_READ_SECONDS):  # this client itself waits for ever
                fields = await self._redis.hmget(STATE, ["epoch", "seq", "shown", "live", "stock"])
        except (RedisError, OSError) as error:
            log.warning("cannot read the stream's state", error=repr(error))
            return
        epoch, seq, shown, live, stock = cast("list[bytes | None]", fields)
        if epoch is None or seq is None or shown is None or live is None:
            return  # nothing has been published since Redis came back: what we show stays
        now, shown_id = EventId(int(epoch), int(seq)), EventId(int(epoch), int(shown))
        if now < self.heard:
            return  # we heard of something newer while we read
        self.heard = now
        if self._differs(live, stock):
            self._show(shown_id, live, stock)
        elif shown_id > self.id:
            self._changed(shown_id)

    def _differs(self, live: bytes, stock: bytes | None) -> bool:
        """Whether what is kept is not what we show: a message was lost."""
        kept: Snapshot = msgspec.json.decode(live)
        if stock is not None:
            kept |= {name: value for name, value in msgspec.json.decode(stock).items() if name in kept}
        return kept != self.present


def _news(data: bytes) -> News:
    epoch, seq, kind, body = data.split(b" ", 3)
    return News(EventId(int(epoch), int(seq)), kind.decode(), body)
