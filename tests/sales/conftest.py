"""Processes that sell, on the tests' own servers."""

from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncEngine

from app.platform.embedded import EmbeddedServers
from app.sales.gate import Gate
from tests.factories.identity import MovableClock
from tests.factories.sales import Process, Wires, process, wires


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
