"""What the stream's tests share: processes, and a server that serves them in each of the two ways."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncEngine

from app.platform.settings import Settings
from app.stream import Stream
from tests.conftest import FrozenClock
from tests.factories.stream import FIELDS, Served, asker_of, open_stream, ringing, serving, signed_out


@pytest.fixture
async def stream(
    engine: AsyncEngine, redis: Redis, settings: Settings, clock: FrozenClock
) -> AsyncIterator[Stream]:
    """One process's."""
    signed_out.clear()
    async with open_stream(engine, settings, clock, asker_of=asker_of, fields=FIELDS) as one:
        yield one


@pytest.fixture
async def elsewhere(
    stream: Stream, engine: AsyncEngine, settings: Settings, clock: FrozenClock
) -> AsyncIterator[Stream]:
    """Another process's."""
    async with open_stream(engine, settings, clock) as other:
        yield other


@pytest.fixture(params=["fast", "asgi"])
async def served(request: pytest.FixtureRequest, stream: Stream) -> AsyncIterator[Served]:
    """A server in front of `stream`, once in each way."""
    async with serving(request.param, stream) as running:
        yield running


@pytest.fixture
async def ring(served: Served) -> AsyncIterator[Callable[..., Any]]:
    """Opens lines to it."""
    async with ringing(served) as ring:
        yield ring
