"""One process of the shop, whose showrunner does nothing by itself."""

from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncEngine

from app.platform.clock import Clock
from app.platform.settings import Settings
from tests.factories.inventory import Process, process


@pytest.fixture
async def shop(engine: AsyncEngine, redis: Redis, settings: Settings, clock: Clock) -> AsyncIterator[Process]:
    """The process."""
    async with process(settings, clock) as one:
        yield one
