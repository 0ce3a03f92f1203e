"""The load generator, in its own process, against a server that keeps count itself."""

import asyncio
import re
import sys
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bench.http_load import requests
from bench.load import Load, Report
from bench.measuring import measure

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the benchmarks need Linux")

SECONDS = 0.4
KEY = re.compile(rb"Idempotency-Key: (\S+)")
Answering = Callable[[bytes], Awaitable[int]]  # a request's key; 0 hangs up


class Server:
    """Answers as `answering` says; `sent` counts statuses, `keys` how often each key came."""

    def __init__(self, answering: Answering) -> None:
        self.sent: Counter[str] = Counter()
        self.keys: Counter[bytes] = Counter()
        self.port = 0
        self._answering = answering

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                found = KEY.search(head)
                assert found is not None
                assert b"Authorization: Bearer one" in head or b"Authorization: Bearer two" in head
                await reader.readexactly(2)
                self.keys[found[1]] += 1
                if not (status := await self._answering(found[1])):
                    break
                self.sent[str(status)] += 1
                writer.write(b"HTTP/1.1 %d X\r\ncontent-length: 2\r\n\r\n{}" % status)
        except asyncio.IncompleteReadError:
            pass  # the load is over
        finally:
            writer.close()


@asynccontextmanager
async def serving(answering: Answering) -> AsyncIterator[Server]:
    server = Server(answering)
    listener = await asyncio.start_server(server.handle, "127.0.0.1", 0)
    server.port = listener.sockets[0].getsockname()[1]
    yield server
    listener.close()
    await listener.wait_closed()


async def load(server: Server, tokens: str, connections: int = 4, warm_up: float = 0.1) -> Report:
    asked = Load(server.port, "/orders", connections, SECONDS, warm_up, tokens=tokens, body="{}")
    return (await asyncio.to_thread(measure, asked, {})).report


async def test_every_answer_is_counted_and_every_request_has_a_key_of_its_own(tokens: str) -> None:
    async def now_this_now_that(_: bytes) -> int:
        return 201 if server.sent.total() % 3 else 409

    async with serving(now_this_now_that) as server:
        report = await load(server, tokens)
    assert report.statuses == dict(server.sent)
    assert set(server.keys.values()) == {1}
    assert (report.unanswered, report.reconnects) == (0, 0)
    assert 0 < report.answers <= server.sent.total()


def test_each_request_shows_the_next_token_and_the_next_cookie(tokens: str, tmp_path: Path) -> None:
    cookies = tmp_path / "cookies"
    cookies.write_text("came_by=bea\n\n")
    load = Load(80, "/", 1, 1.0, tokens=tokens, cookies=str(cookies), body="{}")
    next_request = requests(load)
    first, second = next_request(), next_request()
    assert b"Bearer one\r\nCookie: came_by=bea\r\n" in first
    assert b"Bearer two\r\n" in second
    assert b"Cookie" not in second


async def test_what_was_put_off_or_lost_is_asked_again_under_the_same_key(tokens: str) -> None:
    async def at_the_fourth_try(key: bytes) -> int:
        return (503, 202, 0, 201)[server.keys[key] - 1]

    async with serving(at_the_fourth_try) as server:
        report = await load(server, tokens)
    assert report.statuses == dict(server.sent)
    assert set(server.keys.values()) == {4}
    assert report.created == report.reconnects == len(server.keys)


async def test_a_pause_of_the_server_is_a_gap_between_two_sales(tokens: str) -> None:
    paused: list[float] = []

    async def with_one_pause(_: bytes) -> int:
        now = asyncio.get_running_loop().time()
        if server.sent.total() == 50 and not paused:
            paused.append(now)
            await asyncio.sleep(0.2)
            paused.append(asyncio.get_running_loop().time())
        return 201

    async with serving(with_one_pause) as server:
        report = await load(server, tokens, connections=1, warm_up=0)
    begin, end = paused
    assert [gap for gap in report.gaps if gap.begin <= begin and gap.end >= end]
