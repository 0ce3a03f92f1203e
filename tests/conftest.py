"""What every test can ask for: a real PostgreSQL and a real Valkey, emptied between tests, and a clock that waits."""

import os
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncEngine

from app.identity import opening
from app.identity.passwords import Passwords
from app.platform.database import connect_database
from app.platform.embedded import EmbeddedServers
from app.platform.migrations import migrate
from app.platform.redis import connect_redis
from app.platform.settings import Settings
from tests.factories.database import empty
from tests.factories.house import House, opened
from tests.factories.identity import cheap_hasher

for name in [name for name in os.environ if name.startswith("BREADMAKER_")]:
    del os.environ[name]  # a developer's own settings are none of the tests' business


class FrozenClock:
    """A clock that stands still until it is told to move."""

    def __init__(self) -> None:
        self.moment = datetime(2026, 11, 22, 18, 0, tzinfo=UTC)

    def now(self) -> datetime:
        """Where it stands."""
        return self.moment

    def advance(self, seconds: float) -> None:
        """Move on."""
        self.moment += timedelta(seconds=seconds)


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServers]:
    """A PostgreSQL and a Valkey of the tests' own."""
    servers = EmbeddedServers(tmp_path_factory.mktemp("servers"))
    servers.start()
    yield servers
    servers.stop()


@pytest.fixture(scope="session")
async def migrated(servers: EmbeddedServers) -> AsyncIterator[AsyncEngine]:
    """The database, with the schema that the migrations make."""
    engine = connect_database(servers.database_url)
    await migrate(engine)
    yield engine
    await engine.dispose()


@pytest.fixture
async def engine(migrated: AsyncEngine) -> AsyncEngine:
    """The database, empty."""
    async with migrated.begin() as connection:
        await empty(connection)
    return migrated


@pytest.fixture
async def redis(servers: EmbeddedServers) -> AsyncIterator[Redis]:
    """Redis, empty."""
    client = connect_redis(servers.redis_url, timeout=2.0)
    await client.flushall()
    yield client
    await client.aclose()


@pytest.fixture
def clock() -> FrozenClock:
    """A clock that waits to be moved."""
    return FrozenClock()


@pytest.fixture
def settings(servers: EmbeddedServers, tmp_path: Path) -> Settings:
    """The shop's settings on the tests' servers."""
    return Settings(database_url=servers.database_url, redis_url=servers.redis_url, data=tmp_path)


@pytest.fixture
async def house(
    engine: AsyncEngine, redis: Redis, settings: Settings, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[House]:
    """The whole app, opened, with a visitor, a shopper (Ada) and a merchandiser (Mia) in front of it."""
    monkeypatch.setattr(opening, "Passwords", lambda: Passwords(cheap_hasher()))
    async with opened(settings.model_copy(update={"secret": "s" * 40}), clock) as house:
        yield house
