"""The whole app, asked without a socket, and people in front of it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient, Response
from msgspec import Struct

from app.identity import Role
from app.main import create_app
from app.platform.clock import Clock
from app.platform.settings import Settings
from tests.factories.identity import PASSWORD, newcomer

API = "/api/v1"


class House(Struct, frozen=True):
    """The whole app, and people in front of it."""

    app: FastAPI
    visitor: AsyncClient
    shopper: AsyncClient
    merchandiser: AsyncClient


@asynccontextmanager
async def somebody(app: FastAPI, token: str | None = None) -> AsyncIterator[AsyncClient]:
    """Somebody who asks, with a token or without."""
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    transport = ASGITransport(app)
    async with AsyncClient(transport=transport, base_url="http://shop.test", headers=headers) as client:
        yield client


@asynccontextmanager
async def opened(settings: Settings, clock: Clock) -> AsyncIterator[House]:
    """The house on these servers. Passwords cost little only where the caller has seen to that."""
    app = create_app(settings.model_copy(update={"secret": "s" * 40}), clock)
    async with app.router.lifespan_context(app), somebody(app) as visitor:
        await app.state.identity.staff.add("mia@example.com", Role.MERCHANDISER, PASSWORD)
        ada = newcomer(email="ada@example.com")
        await visitor.post(f"{API}/shoppers", json=ada.model_dump(mode="json") | {"password": PASSWORD})
        tokens = {}
        for email in ("ada@example.com", "mia@example.com"):
            answer = await visitor.post(f"{API}/tokens", json={"email": email, "password": PASSWORD})
            tokens[email] = answer.json()["token"]
        visitor.cookies.clear()
        async with (
            somebody(app, tokens["ada@example.com"]) as shopper,
            somebody(app, tokens["mia@example.com"]) as merchandiser,
        ):
            yield House(app, visitor, shopper, merchandiser)


def problem(response: Response) -> str:
    """The slug of the problem that an answer tells of."""
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["status"] == response.status_code
    slug: str = response.json()["type"].removeprefix("/problems/")
    return slug


def wrong_fields(response: Response) -> list[str]:
    """The fields that a validation problem names."""
    assert (response.status_code, problem(response)) == (422, "invalid")
    return [error["field"] for error in response.json()["errors"]]
