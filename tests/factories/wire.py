"""A wire between browsers and a shop, which a test can listen in on, hush, cut and speak into."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

from msgspec import Struct, field

from tests.factories.inventory import until

STREAM = "/api/v1/stream"
FULL = b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 2\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class Asked(Struct, frozen=True):
    """One request as it went over the wire; the names of its headers are in small letters."""

    path: str
    headers: dict[str, str]


class _Call(Struct, eq=False):
    """One connection of a browser."""

    writer: asyncio.StreamWriter
    is_stream: bool = False
    is_answered: bool = False  # nothing may be put in ahead of the answer's head
    is_chunked: bool = False


class Wire(Struct):
    """`address` is where browsers find the shop."""

    address: str = ""
    requests: list[Asked] = field(default_factory=list)
    refused: int = 0
    hushed: bool = False  # what a stream says is swallowed, and the line stays open
    refusing: bool = False  # a stream is answered with 503
    _calls: set[_Call] = field(default_factory=set)

    @property
    def open(self) -> int:
        """Streams that are open now and have been answered."""
        return len(self._streams())

    @property
    def opened(self) -> list[Asked]:
        """The requests for a stream, from the beginning."""
        return [asked for asked in self.requests if asked.path == STREAM]

    def cut(self) -> None:
        """Break every stream."""
        for call in self._streams():
            call.writer.transport.abort()

    def say(self, kind: str, data: Any, event_id: str | None = None) -> None:
        """Put one event into every open stream."""
        named = "" if event_id is None else f"id: {event_id}\n"
        self.put(f"{named}event: {kind}\ndata: {json.dumps(data)}\n\n".encode())

    def put(self, lines: bytes) -> None:
        """Put these lines into every open stream."""
        for call in self._streams():
            call.writer.write(b"%x\r\n%s\r\n" % (len(lines), lines) if call.is_chunked else lines)

    async def until_open(self, count: int) -> None:
        """Wait until exactly so many streams are open."""
        await until(lambda: self.open == count, f"{count} open streams")

    async def until_asked(self, count: int) -> None:
        """Wait until so many streams have been asked for."""
        await until(lambda: len(self.opened) >= count, f"{count} requests for a stream")

    def _streams(self) -> list[_Call]:
        return [call for call in self._calls if call.is_answered]

    async def carry(self, shop: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry one connection to the shop at this address and back, to its end."""
        call = _Call(writer)
        self._calls.add(call)
        there: asyncio.StreamWriter | None = None
        asking: asyncio.Task[None] | None = None
        try:
            to = urlsplit(shop)
            answers, there = await asyncio.open_connection(to.hostname, to.port)
            asking = asyncio.create_task(self._ask(reader, there, call))
            await self._answer(answers, call)
        except OSError:
            pass  # cut: that is what the wire is for
        finally:
            self._calls.discard(call)
            if asking is not None:
                asking.cancel()
            if there is not None:
                there.transport.abort()
            writer.close()

    async def _ask(self, reader: asyncio.StreamReader, there: asyncio.StreamWriter, call: _Call) -> None:
        wants_stream = False
        while data := await _read(reader):
            if (asked := _asked(data)) is not None:
                self.requests.append(asked)
                wants_stream = asked.path == STREAM
            if wants_stream and self.refusing:
                self.refused += 1
                call.writer.write(FULL)
                await call.writer.drain()
                break
            call.is_stream |= wants_stream
            there.write(data)
        there.transport.abort()

    async def _answer(self, answers: asyncio.StreamReader, call: _Call) -> None:
        while data := await _read(answers):
            if call.is_stream and data.startswith(b"HTTP/"):
                call.is_answered = True
                call.is_chunked = b"transfer-encoding: chunked" in data.partition(b"\r\n\r\n")[0].lower()
            if call.is_stream and self.hushed:
                continue
            call.writer.write(data)
            await call.writer.drain()


@asynccontextmanager
async def wired(shop: str) -> AsyncIterator[Wire]:
    """A wire to the shop at this address."""
    wire = Wire()
    server = await asyncio.start_server(lambda *ends: wire.carry(shop, *ends), "127.0.0.1", 0)
    wire.address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield wire
    finally:
        server.close()
        for call in list(wire._calls):
            call.writer.transport.abort()
        await until(lambda: not wire._calls, "the end of all calls")
        await server.wait_closed()


async def _read(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.read(65536)
    except OSError:
        return b""


def _asked(data: bytes) -> Asked | None:
    """The request that begins here: a browser sends each in one piece."""
    head, found, _ = data.partition(b"\r\n\r\n")
    first, *lines = head.decode("latin-1").split("\r\n")
    words = first.split(" ")
    if not found or len(words) != 3 or not words[2].startswith("HTTP/"):
        return None
    fields = (line.partition(":") for line in lines)
    return Asked(words[1], {name.lower(): value.strip() for name, _, value in fields})
