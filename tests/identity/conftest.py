"""The room, opened, and a browser in front of it."""

from collections.abc import AsyncIterator, Iterator

import pytest
from httpx import AsyncClient
from sqlalchemy.ext.asyncio import AsyncEngine

from app.identity import Identity
from tests.factories.identity import CountingHasher, MovableClock, browser, open_identity


@pytest.fixture
def hasher() -> CountingHasher:
    """What hashes in `identity`."""
    return CountingHasher()


@pytest.fixture
def identity(engine: AsyncEngine, clock: MovableClock, hasher: CountingHasher) -> Iterator[Identity]:
    """The room; nothing runs in the background."""
    opened = open_identity(engine, clock, hasher=hasher)
    yield opened
    opened.passwords.close()


@pytest.fixture
def elsewhere(engine: AsyncEngine, clock: MovableClock) -> Iterator[Identity]:
    """The same room in another process of the shop."""
    opened = open_identity(engine, clock)
    yield opened
    opened.passwords.close()


@pytest.fixture
async def client(identity: Identity) -> AsyncIterator[AsyncClient]:
    """A browser that has never been here."""
    async with browser(identity) as one:
        yield one
