"""The load generator, a process of its own: raw protocols on uvloop, requests made of ready bytes.

Reads a `Load` as JSON on standard input. Says `measuring` and `measured` on standard output when each begins, then
the `Report` as JSON.
"""

import asyncio
import gc
import resource
import sys
import time
from collections.abc import Callable
from itertools import count, cycle
from pathlib import Path
from typing import cast

import msgspec
import uvloop

from bench.load import Load, Report
from bench.tally import ASK_AGAIN, Tally

HOST = "127.0.0.1"
AGAIN_SECONDS = 0.05  # before a request is repeated that was put off, or a lost connection is made anew
LAST_ANSWERS_SECONDS = 20.0

NextRequest = Callable[[], bytes]


class NotUnderstoodError(Exception):
    """An answer that is not plain HTTP/1.1 with a Content-Length."""


def main() -> None:
    """Run the load that standard input describes."""
    load = msgspec.json.decode(sys.stdin.buffer.read(), type=Load)
    gc.disable()  # nothing here makes circles, and a pause would look like one of the server's
    report = uvloop.run(_run(load))
    print(msgspec.json.encode(report).decode(), flush=True)


async def _run(load: Load) -> Report:
    tally = Tally()
    next_request = requests(load)
    connections = [Connection(load.port, next_request, tally) for _ in range(load.connections)]
    await asyncio.gather(*(connection.open() for connection in connections))
    await asyncio.sleep(load.warm_up)

    tally.begin(time.monotonic())
    cpu_before = _cpu_seconds()
    print("measuring", flush=True)
    await asyncio.sleep(load.seconds)
    tally.end(time.monotonic())
    cpu = _cpu_seconds() - cpu_before
    print("measured", flush=True)

    last = [connection.finish() for connection in connections]
    _, unanswered = await asyncio.wait(last, timeout=LAST_ANSWERS_SECONDS)
    return tally.report(unanswered=len(unanswered), cpu_seconds=cpu)


def requests(load: Load) -> NextRequest:
    """Gives the bytes of one request after the other."""
    method, body = ("GET", b"") if load.body is None else ("POST", load.body.encode())
    head = f"{method} {load.path} HTTP/1.1\r\nHost: {HOST}:{load.port}\r\nAccept: application/json\r\n"
    if load.body is not None:
        head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    heads = [head.encode()]
    if load.tokens is not None:
        tokens = Path(load.tokens).read_text().split()
        heads = [f"{head}Authorization: Bearer {token}\r\n".encode() for token in tokens]
    if load.cookies is not None:
        lines = Path(load.cookies).read_text().splitlines()
        cookies = [f"Cookie: {line}\r\n".encode() if line else b"" for line in lines]
        heads = [head + cookie for head, cookie in zip(heads, cycle(cookies), strict=False)]
    next_head = cycle(heads).__next__
    if load.body is None:
        return lambda: next_head() + b"\r\n"
    next_key = count(time.time_ns()).__next__
    return lambda: b"%bIdempotency-Key: %x\r\n\r\n%b" % (next_head(), next_key(), body)


class Connection(asyncio.Protocol):
    """One client: it never has more than one request under way."""

    def __init__(self, port: int, next_request: NextRequest, tally: Tally) -> None:
        self._port, self._next_request, self._tally = port, next_request, tally
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._received = b""
        self._request: bytes | None = None
        self._asked = 0.0
        self._finished: asyncio.Future[None] | None = None

    async def open(self) -> None:
        """Connect, as often as it takes; the first request follows by itself."""
        while True:
            try:
                await self._loop.create_connection(lambda: self, HOST, self._port)
            except OSError:
                await asyncio.sleep(AGAIN_SECONDS)
            else:
                return

    def finish(self) -> "asyncio.Future[None]":
        """Done when the request that is under way has its answer; no other follows."""
        self._finished = self._loop.create_future()
        return self._finished

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = stream = cast(asyncio.Transport, transport)  # uvloop's is one in all but name
        self._received = b""
        if self._request is None:
            self._ask(time.monotonic())
        else:
            stream.write(self._request)  # its answer was lost with the connection

    def data_received(self, data: bytes) -> None:
        self._received = received = self._received + data if self._received else data
        status = read_status(received)
        if status is None:
            return  # the rest is still to come
        now = time.monotonic()
        self._received = b""
        self._tally.take(status, self._asked, now)
        if status in ASK_AGAIN:
            self._loop.call_later(AGAIN_SECONDS, self._ask_again)
        elif self._finished is None:
            self._ask(now)
        else:
            self._finished.set_result(None)

    def connection_lost(self, _: Exception | None) -> None:
        self._transport = None
        if self._finished is None or not self._finished.done():
            self._tally.reconnects += 1
            self._loop.create_task(self.open())

    def _ask(self, now: float) -> None:
        assert self._transport is not None
        self._asked, self._request = now, self._next_request()
        self._transport.write(self._request)

    def _ask_again(self) -> None:
        if self._transport is not None and self._request is not None:  # else it is repeated on connecting
            self._transport.write(self._request)


def read_status(data: bytes) -> int | None:
    """The status of the answer that `data` is; None where it is not all there. Raises NotUnderstoodError."""
    end = data.find(b"\r\n\r\n")
    if end < 0:
        return None
    head = data[:end].lower() + b"\r\n"
    at = head.find(b"\r\ncontent-length: ")
    if not head.startswith(b"http/1.1 ") or at < 0:
        raise NotUnderstoodError(head.decode(errors="replace"))
    length = int(head[at + 18 : head.find(b"\r\n", at + 18)])
    return int(head[9:12]) if len(data) >= end + 4 + length else None


def _cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
