"""The identity room, opened for a test, and people to put into it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from typing import Annotated, Protocol

from fastapi import Depends, FastAPI
from httpx import ASGITransport, AsyncClient
from pwdlib.hashers.argon2 import Argon2Hasher
from sqlalchemy.ext.asyncio import AsyncEngine

from app.identity import (
    Identity,
    Newcomer,
    Person,
    Site,
    desk,
)
from app.identity.account import routers
from app.identity.passwords import Hasher, Passwords
from app.platform.clock import Clock
from app.platform.guards import SameSiteOnly
from app.platform.http import install_error_handlers, problem_response
from app.platform.signing import Signer

SECRET = "a secret for tests, long enough to be one"
PASSWORD = "correct horse battery"
_numbers = count(1)


class MovableClock(Clock, Protocol):
    """A clock that stands still until it is told to move."""

    def advance(self, seconds: float) -> None:
        """Move on."""
        ...


def cheap_hasher() -> Argon2Hasher:
    """Argon2 at its least: for tests only."""
    return Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1)


class CountingHasher:
    """A cheap hasher that remembers how often it was asked."""

    def __init__(self) -> None:
        self._hasher = cheap_hasher()
        self.hashed = 0
        self.verified = 0

    def hash(self, password: str) -> str:
        """Make a hash, and count it."""
        self.hashed += 1
        return self._hasher.hash(password)

    def verify(self, password: str, hash: str) -> bool:  # noqa: A002 - pwdlib's word
        """Check a password, and count it."""
        self.verified += 1
        return self._hasher.verify(password, hash)


def open_identity(
    engine: AsyncEngine, clock: Clock, *, secure: bool = False, hasher: Hasher | None = None
) -> Identity:
    """The room with cheap passwords, nothing running. Opened twice it stands for two processes of one shop."""
    passwords = Passwords(hasher or cheap_hasher())
    site = Site(public_url="https://shop.test" if secure else None)
    return Identity.open(engine, Signer(SECRET), clock, secure=secure, passwords=passwords, site=site)


def newcomer(**chosen: str) -> Newcomer:
    """Somebody who was never here."""
    ordinary = {"name": "Ada", "email": f"shopper{next(_numbers)}@example.com", "password": PASSWORD}
    return Newcomer.model_validate(ordinary | chosen)


@asynccontextmanager
async def browser(identity: Identity) -> AsyncIterator[AsyncClient]:
    """A browser, with cookies of its own, on an app that has this room only, and `/desk` behind its door."""
    app = FastAPI()
    app.state.identity = identity
    for room in routers:
        app.include_router(room, prefix="/api/v1")
    app.add_middleware(SameSiteOnly, public_url=None)
    install_error_handlers(app, page=lambda _, problem: problem_response(problem))

    @app.get("/desk")
    async def behind_the_desk(person: Annotated[Person, Depends(desk)]) -> dict[str, str]:
        return {"name": person.name, "role": person.role}

    scheme = "https" if identity.secure else "http"
    async with AsyncClient(transport=ASGITransport(app), base_url=f"{scheme}://shop.test") as client:
        yield client
