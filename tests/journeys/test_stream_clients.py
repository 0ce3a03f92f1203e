"""Other clients than a browser's page: curl, httpx-sse, and npm's eventsource."""

import asyncio
import json
import shutil
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, aclosing, asynccontextmanager
from pathlib import Path
from typing import Any, NamedTuple

import httpx
import pytest
from httpx_sse import aconnect_sse

from tests.factories.running_shop import RunningShop
from tests.factories.wire import STREAM, Wire, wired

LISTEN = Path(__file__).with_name("listen.mjs")
PACKAGE = Path(__file__).parents[2] / "node_modules" / "eventsource"
RETRY_MS = range(1500, 4001)
PING_SECONDS = 15


class Seen(NamedTuple):
    """An event, or a word to come back after so many ms."""

    kind: str
    id: str = ""
    data: Any = None
    retry: int | None = None


@asynccontextmanager
async def lines_of(*words: str) -> AsyncIterator[asyncio.StreamReader]:
    """What a program prints, line by line; it is ended afterwards."""
    program = await asyncio.create_subprocess_exec(*words, stdout=PIPE, stderr=DEVNULL, limit=2**20)
    assert program.stdout is not None
    try:
        yield program.stdout
    finally:
        program.kill()
        await program.wait()


async def curl(address: str, last_id: str | None) -> AsyncIterator[Seen]:
    resuming = [] if last_id is None else ["-H", f"Last-Event-ID: {last_id}"]
    async with lines_of("curl", "-sN", *resuming, address) as lines:
        fields: dict[str, str] = {}
        async for line in lines:
            if line.strip():
                name, _, value = line.decode().rstrip("\n").partition(": ")
                fields[name] = value
            elif fields.keys() == {"retry"}:
                yield Seen("retry", retry=int(fields.pop("retry")))
            else:
                yield Seen(fields["event"], fields["id"], json.loads(fields["data"]))
                fields = {}


async def httpx_sse(address: str, last_id: str | None) -> AsyncIterator[Seen]:
    headers = {} if last_id is None else {"Last-Event-ID": last_id}
    async with (
        httpx.AsyncClient(timeout=PING_SECONDS + 60) as client,
        aconnect_sse(client, "GET", address, headers=headers) as source,
    ):
        async for event in source.aiter_sse():
            if event.retry is not None:
                yield Seen("retry", retry=event.retry)
            if event.data:
                yield Seen(event.event, event.id, event.json())


async def eventsource(address: str, last_id: str | None) -> AsyncIterator[Seen]:
    assert last_id is None, "it remembers the last id itself"
    async with lines_of("node", str(LISTEN), address) as lines:
        async for line in lines:
            yield Seen(**json.loads(line))


CLIENTS: dict[str, Callable[[str, str | None], AsyncIterator[Seen]]] = {
    "curl": curl,
    "httpx-sse": httpx_sse,
    "eventsource": eventsource,
}


def missing(name: str) -> str | None:
    """Why this client can not be tried here."""
    if name == "curl" and shutil.which("curl") is None:
        return "curl is not on this machine"
    if name == "eventsource" and shutil.which("node") is None:
        return "node is not on this machine"
    if name == "eventsource" and not PACKAGE.is_dir():
        return "npm's package eventsource is not there (npm ci fetches it)"
    return None


def through(events: AsyncIterator[Seen]) -> AbstractAsyncContextManager[AsyncIterator[Seen]]:
    return aclosing(events)  # type: ignore[type-var]


async def up_to(kind: str, events: AsyncIterator[Seen]) -> list[Seen]:
    """What is heard up to the first event of this kind."""
    seen = []
    async with asyncio.timeout(PING_SECONDS + 60):
        async for event in events:
            seen.append(event)
            if event.kind == kind:
                return seen
    raise AssertionError(f"it ended before {kind}: {seen}")


async def visit(name: str, wire: Wire) -> tuple[list[Seen], list[Seen]]:
    """What a client hears up to a ping, and when it has come back after its line broke."""
    address = wire.address + STREAM
    async with through(CLIENTS[name](address, None)) as events:
        first = await up_to("ping", events)
        if name == "eventsource":
            wire.cut()
            *before_it_broke, live = await up_to("live", events)
            return [*first, *before_it_broke], [live]
    async with through(CLIENTS[name](address, first[-1].id)) as events:
        return first, await up_to("live", events)


@pytest.fixture(scope="module")
async def visits(standing_shop: RunningShop) -> AsyncIterator[dict[str, Any]]:
    """All of them wait for the same ping, which comes every 15 s."""
    tried = [name for name in CLIENTS if missing(name) is None]

    async def over_a_wire(name: str) -> tuple[Wire, list[Seen], list[Seen]]:
        async with wired(standing_shop.address) as wire:
            return wire, *await visit(name, wire)

    tasks = {name: asyncio.create_task(over_a_wire(name)) for name in tried}
    yield tasks
    await asyncio.gather(*tasks.values(), return_exceptions=True)


@pytest.mark.parametrize("name", list(CLIENTS))
async def test_a_client_hears_the_present_first_a_ping_and_comes_back_to_where_it_was(
    visits: dict[str, "asyncio.Task[tuple[Wire, list[Seen], list[Seen]]]"], name: str
) -> None:
    if (reason := missing(name)) is not None:
        pytest.skip(reason)
    wire, first, again = await visits[name]
    for seen in (first, again):
        retries = [event.retry for event in seen if event.kind == "retry"]
        if name != "eventsource":  # which keeps it to itself
            assert [retry in RETRY_MS for retry in retries] == [True]
        events = [event for event in seen if event.kind != "retry"]
        assert events[0].kind == "live"
        assert events[0].data["deal"]["title"]
        assert events[0].data["id"] == events[0].id
    assert next(event.data["at"] for event in first if event.kind == "ping").endswith("Z")
    numbers = [tuple(map(int, event.id.split("-"))) for event in first if event.kind != "retry"]
    assert numbers == sorted(set(numbers))
    assert again[-1].id.split("-")[0] == first[-1].id.split("-")[0]  # the shop counts on in the same epoch
    assert [asked.headers.get("last-event-id") for asked in wire.opened] == [None, first[-1].id]
