"""A terminal on an empty shop."""

from pathlib import Path

import pytest
from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncEngine

from app.platform.embedded import EmbeddedServers
from tests.factories.terminal import Terminal


@pytest.fixture
def terminal(servers: EmbeddedServers, engine: AsyncEngine, redis: Redis, tmp_path: Path) -> Terminal:
    """The terminal."""
    return Terminal(servers, tmp_path)
