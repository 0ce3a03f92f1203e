"""The stream over HTTP, from a real server."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from httpx_sse import ServerSentEvent, aconnect_sse
from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncEngine

from app.inventory.show import set_show
from app.platform.embedded import EmbeddedServers
from app.platform.settings import Settings
from tests.conftest import FrozenClock
from tests.factories.inventory import new_deal, queue_deals
from tests.factories.running_shop import GRACE_IS_OVER, running_shop

STREAM = "/api/v1/stream"


@pytest.fixture
async def address(
    servers: EmbeddedServers,
    engine: AsyncEngine,
    redis: Redis,
    settings: Settings,
    clock: FrozenClock,
    tmp_path: Path,
) -> AsyncIterator[str]:
    """Where a shop with one deal on stage answers, and ends when it is told to."""
    await queue_deals(engine, clock, new_deal(title="Loaf"))
    async with engine.begin() as connection:
        await set_show(connection, "woot-off", False, clock.now(), settings.zone)
    shop = running_shop(servers, tmp_path, "serve")
    opened = await asyncio.to_thread(shop.__enter__)
    try:
        yield opened.address
    finally:
        await asyncio.to_thread(shop.__exit__, None, None, None)


async def first_event(client: httpx.AsyncClient, headers: dict[str, str]) -> ServerSentEvent:
    async with aconnect_sse(client, "GET", STREAM, headers=headers) as source:
        assert source.response.status_code == 200
        return await anext(event async for event in source.aiter_sse() if event.data)


async def test_the_stream_begins_with_the_whole_present_whatever_was_seen_before(address: str) -> None:
    async with httpx.AsyncClient(base_url=address, timeout=15) as client:
        async with aconnect_sse(client, "GET", STREAM, headers={"Accept-Encoding": "gzip"}) as source:
            headers = source.response.headers
            assert headers["content-type"].startswith("text/event-stream")
            assert headers["cache-control"] == "no-store"
            assert headers["x-accel-buffering"] == "no"
            assert "content-encoding" not in headers
            assert "set-cookie" not in headers
            events = source.aiter_sse()
            greeting = await anext(events)
            assert greeting.data == ""
            assert greeting.retry is not None
            assert 1500 <= greeting.retry <= 4000
            event = await anext(events)
            assert event.event == "live"
            snapshot = event.json()
            assert (snapshot["id"], snapshot["deal"]["title"]) == (event.id, "Loaf")
            live = (await client.get("/api/v1/live")).json()
            assert live["deal"] == snapshot["deal"]
            later = await anext(events)  # somebody watches now
            assert (later.event, later.json()["deal_id"]) == ("stock", snapshot["deal"]["id"])
            assert later.json()["crowd"]["watching"] == 1
            assert tuple(map(int, later.id.split("-"))) > tuple(map(int, event.id.split("-")))
        for known in (later.id, "9-9", "garbage", "-", "x" * 8000):
            again = await first_event(client, {"Last-Event-ID": known})
            assert (again.event, again.json()["deal"]) == ("live", snapshot["deal"])


@pytest.mark.parametrize(("way", "workers"), [("fast", 1), ("fast", 2), ("asgi", 1)])
async def test_a_shop_that_is_told_to_stop_ends_hundreds_of_streams_cleanly_and_in_time(
    servers: EmbeddedServers,
    engine: AsyncEngine,
    redis: Redis,
    tmp_path: Path,
    way: str,
    workers: int,
) -> None:
    shop = running_shop(servers, tmp_path, "serve", "--workers", str(workers), STREAM=way, LIMITS="off")
    opened = await asyncio.to_thread(shop.__enter__)
    port = int(opened.address.rpartition(":")[2])
    lines = [await asyncio.open_connection("127.0.0.1", port) for _ in range(300)]
    try:
        for reader, writer in lines:
            writer.write(b"GET /api/v1/stream HTTP/1.1\r\nHost: shop.test\r\n\r\n")
            async with asyncio.timeout(60):
                await reader.readuntil(b"event: live")
        opened.process.terminate()
        async with asyncio.timeout(60):
            rests = await asyncio.gather(*(reader.read() for reader, _ in lines))
            await asyncio.to_thread(opened.process.wait)
        chunked = way == "asgi"
        assert all(rest.endswith(b"0\r\n\r\n" if chunked else b"\n\n") for rest in rests), "to the last byte"
        assert GRACE_IS_OVER not in (tmp_path / "shop.log").read_text(), "nobody was waited for"
    finally:
        for _, writer in lines:
            writer.close()
        await asyncio.to_thread(shop.__exit__, None, None, None)
