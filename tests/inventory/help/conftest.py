"""Helpers and their rewards, beside deals that are over."""

import pytest
from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.factories.identity import MovableClock
from tests.factories.rewards import Crowd


@pytest.fixture
def crowd(engine: AsyncEngine, redis: Redis, clock: MovableClock) -> Crowd:
    """Books in which nobody has helped yet."""
    return Crowd(engine, redis, clock)
