"""Helpers and their rewards, without sales."""

from collections.abc import AsyncIterator

import pytest
from httpx import AsyncClient
from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncEngine

from app.notices import Postman
from tests.factories.house import API, House, somebody
from tests.factories.identity import PASSWORD, MovableClock
from tests.factories.rewards import Crowd


@pytest.fixture
def crowd(engine: AsyncEngine, redis: Redis, clock: MovableClock) -> Crowd:
    """Books in which nobody has helped yet."""
    return Crowd(engine, redis, clock)


@pytest.fixture
def nobody_mails(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is in the outbox stays there."""

    async def stay(*_: object, **__: object) -> None:
        return

    monkeypatch.setattr(Postman, "start", stay)


@pytest.fixture
async def bea(house: House) -> AsyncIterator[AsyncClient]:
    """Somebody else, signed in."""
    async with somebody(house.app) as client:
        body = {"name": "Bea", "email": "bea@example.com", "password": PASSWORD}
        assert (await client.post(f"{API}/shoppers", json=body)).status_code == 201
        yield client
