"""Processes that sell, on the tests' own servers."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncEngine

from app.identity import Identity
from app.platform.embedded import EmbeddedServers
from app.sales.gate import Gate
from app.sales.ledger import Ledger
from tests.factories.identity import MovableClock, open_identity
from tests.factories.sales import Process, Wires, process, wires
from tests.factories.storefront import Line, guarded, listening


@pytest.fixture
async def here(
    servers: EmbeddedServers, engine: AsyncEngine, redis: Redis, clock: MovableClock
) -> AsyncIterator[Process]:
    """A process that sells."""
    async with process(servers.database_url, servers.redis_url, clock) as made:
        yield made


@pytest.fixture
async def there(
    servers: EmbeddedServers, engine: AsyncEngine, redis: Redis, clock: MovableClock
) -> AsyncIterator[Process]:
    """Another process that sells, with connections of its own."""
    async with process(servers.database_url, servers.redis_url, clock) as made:
        yield made


@pytest.fixture
async def lines(servers: EmbeddedServers, engine: AsyncEngine, redis: Redis) -> AsyncIterator[Wires]:
    """Wires to both servers, which can be cut."""
    async with wires(servers) as made:
        yield made


@pytest.fixture
async def wired(lines: Wires, clock: MovableClock) -> AsyncIterator[Process]:
    """A process that sells over wires which can be cut."""
    async with process(lines.database_url, lines.redis_url, clock) as made:
        yield made


@pytest.fixture
def gate(redis: Redis) -> Gate:
    """The gates in the tests' Redis."""
    return Gate(redis)


@pytest.fixture
async def ledger(engine: AsyncEngine) -> AsyncIterator[Ledger]:
    """A ledger, empty."""
    made = Ledger(engine)
    yield made
    await made.close()


@pytest.fixture
async def line(engine: AsyncEngine, here: Process, identity: Identity) -> AsyncIterator[Line]:
    """A connection to the till."""
    async with listening(guarded(identity, here.checkout)) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        yield Line(reader, writer)
        writer.close()


@pytest.fixture
async def identity(engine: AsyncEngine, clock: MovableClock) -> AsyncIterator[Identity]:
    """The people room."""
    opened = open_identity(engine, clock)
    yield opened
    opened.passwords.close()
