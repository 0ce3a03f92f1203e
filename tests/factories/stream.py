"""Streams of several processes, and viewers who write down what they see."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any, NamedTuple

from sqlalchemy.ext.asyncio import AsyncEngine

from app.platform.clock import Clock
from app.platform.redis import connect_redis
from app.platform.settings import Settings
from app.stream import Stream
from app.stream.event import EventId, News
from app.stream.hub import Hub
from app.stream.viewer import Viewer


class Seen(NamedTuple):
    """An event as a viewer read it."""

    kind: str
    id: EventId | None
    data: Any


def read_events(text: bytes) -> list[Seen]:
    """The events in some bytes of a stream."""
    seen = []
    for block in text.decode().split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines())
        if "event" in fields:
            event_id = EventId(*map(int, fields["id"].split("-"))) if "id" in fields else None
            seen.append(Seen(fields["event"], event_id, json.loads(fields["data"])))
    return seen


class Watching:
    """A viewer who reads all that comes."""

    def __init__(self, hub: Hub) -> None:
        self.events: list[Seen] = []
        self.ended = False
        self._task = asyncio.create_task(self._read(hub))

    async def _read(self, hub: Hub) -> None:
        async for chunk in Viewer(hub).frames():
            self.events += read_events(chunk)
        self.ended = True

    def of(self, kind: str) -> list[Any]:
        """The data of the events of one kind."""
        return [event.data for event in self.events if event.kind == kind]

    def ids(self) -> list[EventId]:
        """The ids that it was given."""
        return [event.id for event in self.events if event.id is not None]

    async def leave(self) -> None:
        """Go away."""
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task


@asynccontextmanager
async def watching(*streams: Stream) -> AsyncIterator[list[Watching]]:
    """One viewer at each of these streams."""
    viewers = [Watching(stream.hub) for stream in streams]
    try:
        yield viewers
    finally:
        for viewer in viewers:
            await viewer.leave()


@asynccontextmanager
async def open_stream(
    engine: AsyncEngine, settings: Settings, clock: Clock, *, url: str | None = None
) -> AsyncIterator[Stream]:
    """The stream of a process of its own."""
    address = url or settings.redis_url
    assert address is not None
    redis, subscription = connect_redis(address, timeout=2.0), connect_redis(address, timeout=None)
    stream = Stream(engine, redis, subscription, clock)
    await stream.start()
    try:
        yield stream
    finally:
        await stream.stop()
        await redis.aclose()
        await subscription.aclose()


def live_of(deal_id: int, **more: Any) -> dict[str, Any]:
    """A snapshot, as far as the stream cares."""
    whole = {"show": {"phase": "live"}, "deal": {"id": deal_id}, "stall": None}
    return whole | {"stock": None, "pace": None, "crowd": {"watching": 0}} | more


def stock_of(deal_id: int, percent: int) -> dict[str, Any]:
    """A `stock` event's data."""
    return {
        "deal_id": deal_id,
        "stock": {"left_percent": percent, "left": None},
        "pace": {"per_minute": 1.0},
        "crowd": {"watching": 1},
    }


def to_news(event_id: EventId, kind: str, data: Any) -> News:
    """An event as the hub hears of it."""
    return News(event_id, kind, json.dumps(data).encode())
