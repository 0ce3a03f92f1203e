"""Streams of several processes, servers that serve them, and viewers who write down what they see."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Any, NamedTuple

import uvicorn
from fastapi import FastAPI
from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.types import Scope

from app.platform.clock import Clock
from app.platform.guards import SecurityHeaders, strict_fields
from app.platform.http import install_error_handlers, problem_response
from app.platform.listening import listen
from app.platform.redis import connect_redis
from app.platform.settings import Settings
from app.stream import Asker, Door, Stream, router
from app.stream.admission import Guest
from app.stream.event import EventId, News
from app.stream.hub import Hub
from app.stream.reader import Reader
from tests.factories.running_shop import free_port

STREAM = "/api/v1/stream"
ANYBODY = Guest(None, None, None, None)
GRACE_SECONDS = 60  # how long uvicorn waits for streams that do not end


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


class Eyes:
    """What somebody saw."""

    def __init__(self) -> None:
        self.events: list[Seen] = []

    def of(self, kind: str) -> list[Any]:
        """The data of the events of one kind."""
        return [event.data for event in self.events if event.kind == kind]

    def ids(self) -> list[EventId]:
        """The ids that it was given."""
        return [event.id for event in self.events if event.id is not None]

    def kinds(self) -> list[str]:
        """What came, in order."""
        return [event.kind for event in self.events]

    def deals(self) -> list[int]:
        """The deals that were shown as a whole."""
        return [snapshot["deal"]["id"] for snapshot in self.of("live")]

    def percents(self) -> list[int]:
        """What the `stock` events said is left."""
        return [update["stock"]["left_percent"] for update in self.of("stock")]

    def percent(self) -> int | None:
        """What the newest state said is left."""
        states = [event.data["stock"] for event in self.events if event.kind in ("live", "stock")]
        percent: int | None = states[-1] and states[-1]["left_percent"]
        return percent

    def said(self) -> list[str]:
        """The texts of the chat."""
        return [post["text"] for post in self.of("chat")]


class Watching(Eyes):
    """A viewer in this very process who reads all that comes."""

    def __init__(self, hub: Hub, guest: Guest = ANYBODY) -> None:
        super().__init__()
        self.ended = False
        self._task = asyncio.create_task(self._read(hub, guest))

    async def _read(self, hub: Hub, guest: Guest) -> None:
        async for chunk in Reader(hub, guest).chunks():
            self.events += read_events(chunk)
        self.ended = True

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
    engine: AsyncEngine, settings: Settings, clock: Clock, *, url: str | None = None, **more: Any
) -> AsyncIterator[Stream]:
    """The stream of a process of its own."""
    address = url or settings.redis_url
    assert address is not None
    redis, subscription = connect_redis(address, timeout=2.0), connect_redis(address, timeout=None)
    stream = Stream(engine, redis, subscription, clock, **more)
    await stream.start()
    try:
        yield stream
    finally:
        await stream.stop()
        await redis.aclose()
        await subscription.aclose()


signed_out: set[str] = set()


def asker_of(scope: Scope) -> Asker | None:
    """Somebody who sends `Authorization: Bearer 7` is shopper 7, until signed out."""
    shown = dict(scope["headers"]).get(b"authorization", b"").decode()
    number = shown.removeprefix("Bearer ")
    return (lambda: None if number in signed_out else int(number)) if number.isdigit() else None


class Served(Struct):
    """A server with nothing but a stream. `http` is uvicorn's own way of seeing connections, or ours."""

    stream: Stream
    port: int
    server: uvicorn.Server
    task: "asyncio.Task[None]"


@asynccontextmanager
async def serving(way: str, stream: Stream, trusted_proxies: str | None = None) -> AsyncIterator[Served]:
    """A real uvicorn on a real socket, `fast` or `asgi`, for a stream that is open."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[dict[str, Any]]:
        app.state.stream = stream
        yield {"stream": stream}

    app = FastAPI(lifespan=lifespan)
    app.include_router(router, prefix="/api/v1")
    app.add_middleware(SecurityHeaders, secure=True)
    install_error_handlers(app, page=lambda _, problem: problem_response(problem))
    listener = listen("127.0.0.1", free_port())
    config = uvicorn.Config(
        app,
        http=Door if way == "fast" else "httptools",
        log_config=None,
        server_header=False,
        proxy_headers=trusted_proxies is not None,
        forwarded_allow_ips=trusted_proxies or "",
        timeout_graceful_shutdown=GRACE_SECONDS,
    )
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve(sockets=[listener]))
    while not server.started:
        await asyncio.sleep(0.001)
    try:
        yield Served(stream, listener.getsockname()[1], server, task)
    finally:
        stream.hub.close()
        server.should_exit = True
        await task


FIELDS = strict_fields(True)


class Line(Eyes):
    """A browser's line to a server, down to its bytes. It reads all that comes, unless it sleeps."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        super().__init__()
        self.status = 0
        self.fields: dict[str, str] = {}
        self.body = b""  # how it began, and what came last
        self.ended = False
        self._reader, self.writer = reader, writer
        self._task: asyncio.Task[None] | None = None

    async def head(self) -> None:
        """Read the response's head, and from then on what comes."""
        text = (await self._reader.readuntil(b"\r\n\r\n")).decode()
        first, *lines = text.strip().split("\r\n")
        self.status = int(first.split()[1])
        self.fields = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
        self._task = asyncio.create_task(self._read())

    async def _read(self) -> None:
        unread = b""
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            async for chunk in self._chunks():
                self.body = self.body[:1000] + chunk
                whole, separator, unread = (unread + chunk).rpartition(b"\n\n")
                self.events += read_events(whole + separator) if self.status == 200 else []
        self.ended = True

    async def _chunks(self) -> AsyncIterator[bytes]:
        if self.fields.get("transfer-encoding") != "chunked":
            while chunk := await self._reader.read(65536):
                yield chunk
            return
        while size := int(await self._reader.readline(), 16):
            yield (await self._reader.readexactly(size + 2))[:-2]

    async def close(self) -> None:
        """Hang up."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        self.writer.close()
        with suppress(ConnectionError):
            await self.writer.wait_closed()


def request_bytes(*lines: str, path: str = STREAM, version: str = "1.1") -> bytes:
    """A request for the stream, with these header lines."""
    return "\r\n".join([f"GET {path} HTTP/{version}", "Host: shop.test", *lines, "", ""]).encode()


@asynccontextmanager
async def ringing(served: Served) -> AsyncIterator[Callable[..., Any]]:
    """Something to call with header lines, or with the request's bytes, that answers a Line."""
    lines: list[Line] = []

    async def ring(*headers: str, parts: list[bytes] | None = None, wait: bool = True) -> Line:
        line = Line(*await asyncio.open_connection("127.0.0.1", served.port, limit=2**24))
        lines.append(line)
        for part in parts or [request_bytes(*headers)]:
            line.writer.write(part)
            await line.writer.drain()
            if parts and part is not parts[-1]:
                await asyncio.sleep(0.05)  # so that it is a packet of its own
        if wait:
            async with asyncio.timeout(60):
                await line.head()
        return line

    try:
        yield ring
    finally:
        for line in lines:
            await line.close()


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


def to_news(event_id: EventId, kind: str, data: Any, topic: str = "show") -> News:
    """An event as the hub hears of it."""
    return News(event_id, topic, kind, json.dumps(data).encode())
