"""The fast way in: what it takes, what it hands over, and that both see the same client."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from app.stream import Stream
from app.stream.viewer import Viewer
from tests.factories.inventory import until
from tests.factories.stream import GRACE_SECONDS, STREAM, Served, live_of, request_bytes, ringing, serving


@pytest.fixture
async def served(stream: Stream) -> AsyncIterator[Served]:
    """A server with our door."""
    async with serving("fast", stream, trusted_proxies="127.0.0.1,10.1.0.0/16") as running:
        yield running


async def watches_the_fast_way(served: Served, *parts: bytes) -> bool:
    """Whether somebody who sends this becomes a Viewer; in any case the present has to come."""
    async with ringing(served) as ring:
        line = await ring(parts=list(parts))
        await until(lambda: line.deals() == [7], "the present")
        (viewer,) = served.stream.hub.viewers
        fast = isinstance(viewer, Viewer)
    await until(lambda: served.stream.hub.size == 0, "it is gone")
    return fast


async def test_a_whole_request_takes_the_fast_way_and_all_others_the_ordinary(
    stream: Stream, served: Served
) -> None:
    await stream.publish("live", live_of(7), "0001")
    whole = request_bytes("Accept: text/event-stream")
    assert await watches_the_fast_way(served, whole)
    assert await watches_the_fast_way(served, request_bytes(path=STREAM + "?a=b"))
    assert await watches_the_fast_way(served, request_bytes(version="1.0"))
    assert not await watches_the_fast_way(served, whole[:30], whole[30:])
    assert not await watches_the_fast_way(served, request_bytes(path="/api/v1/%73tream"))
    assert not await watches_the_fast_way(served, request_bytes("X-Long: " + "x" * 20_000))
    assert not await watches_the_fast_way(served, request_bytes("Content-Length: 2") + b"{}")


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"POST " + request_bytes()[4:], 405),
        (request_bytes(path=STREAM + "s"), 404),
        (request_bytes(path="/elsewhere"), 404),
        (b"GET /api/v1/stream HTTP/1.1\r\nno colon\r\n\r\n", 400),
        (b"GET /api/v1/stream HTTP/9.9\r\nHost: x\r\n\r\n", 400),
        (b"\x16\x03\x01 nonsense\r\n\r\n", 400),
    ],
)
async def test_what_is_no_stream_is_answered_by_uvicorns_own_way(
    served: Served, request_: bytes, status: int
) -> None:
    async with ringing(served) as ring:
        assert (await ring(parts=[request_])).status == status


async def test_a_connection_may_ask_for_other_things_first(stream: Stream, served: Served) -> None:
    await stream.publish("live", live_of(7), "0001")
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
    writer.write(request_bytes(path="/elsewhere"))
    assert b"404" in await reader.readuntil(b"\r\n\r\n")
    writer.write(request_bytes())
    async with asyncio.timeout(60):
        await reader.readuntil(b"event: live")
    writer.close()
    await writer.wait_closed()


@pytest.mark.parametrize("parts", [1, 2])
@pytest.mark.parametrize(
    ("forwarded", "address"),
    [
        ([], "127.0.0.1"),
        (["X-Forwarded-For: 203.0.113.9"], "203.0.113.9"),
        (["X-Forwarded-For: 198.51.100.1, 203.0.113.9, 10.1.2.3"], "203.0.113.9"),
        (["X-Forwarded-For: 198.51.100.1", "X-Forwarded-For: 203.0.113.9"], "203.0.113.9"),
        (["X-Forwarded-For: 203.0.113.9:4711"], "203.0.113.9"),
        (["X-Forwarded-For: [2001:db8::1]:80"], "2001:db8::/64"),
        (["X-Forwarded-For: "], "127.0.0.1"),
    ],
)
async def test_a_trusted_proxys_word_is_taken_the_same_in_both_ways(
    stream: Stream, served: Served, forwarded: list[str], address: str, parts: int
) -> None:
    whole = request_bytes(*forwarded)
    async with ringing(served) as ring:
        await ring(parts=[whole] if parts == 1 else [whole[:9], whole[9:]])
        await until(lambda: stream.hub.size == 1, "it watches")
        assert dict(stream.hub.of_address) == {address: 1}


async def test_a_stranger_is_not_believed(stream: Stream) -> None:
    async with serving("fast", stream, trusted_proxies="10.1.0.0/16") as served, ringing(served) as ring:
        await ring("X-Forwarded-For: 203.0.113.9")
        await until(lambda: stream.hub.size == 1, "it watches")
        assert dict(stream.hub.of_address) == {"127.0.0.1": 1}


async def test_uvicorn_ends_streams_that_nobody_else_has_ended(stream: Stream, served: Served) -> None:
    await stream.publish("live", live_of(7), "0001")
    async with ringing(served) as ring:
        lines = [await ring() for _ in range(10)]
        silent = await asyncio.open_connection("127.0.0.1", served.port)
        await until(lambda: stream.hub.size == 10, "all watch")
        served.server.should_exit = True
        async with asyncio.timeout(GRACE_SECONDS / 2):
            await asyncio.shield(served.task)
        await until(lambda: all(line.ended for line in lines), "all streams have ended")
        assert await silent[0].read() == b"", "who has said nothing yet is hung up on"
        silent[1].close()
    assert stream.hub.size == 0
