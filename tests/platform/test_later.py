"""Routes that are loaded after the app has begun to answer."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from fastapi import APIRouter, FastAPI
from httpx import ASGITransport, AsyncClient

from app.platform import later
from app.platform.later import LaterRoutes

DEADLINE = 30


class Loading:
    """A slow import: it waits to be let go on, and may fail."""

    def __init__(self) -> None:
        self.begun = threading.Event()
        self.may_end = threading.Event()
        self.may_end.set()
        self.times = 0
        self.fails = False

    def __call__(self, router: APIRouter) -> None:
        """Put the one late route there."""
        self.times += 1
        self.begun.set()
        assert self.may_end.wait(DEADLINE)
        if self.fails:
            raise ImportError("not today")

        @router.get("/late/{name}")
        async def late(name: str) -> str:
            return name


def an_app(load: Callable[[APIRouter], None]) -> tuple[FastAPI, LaterRoutes]:
    """An app with an early route, and a late one before a third."""
    app = FastAPI()

    @app.get("/early")
    async def early() -> str:
        return "early"

    routes = LaterRoutes(("/late",), load)
    routes.hold_place(app)

    @app.get("/{anything:path}")
    async def anything(anything: str) -> str:
        return "something else"

    return app, routes


@asynccontextmanager
async def asking(app: FastAPI) -> AsyncIterator[AsyncClient]:
    """Somebody who asks it."""
    async with AsyncClient(transport=ASGITransport(app), base_url="http://shop.test") as client:
        yield client


async def test_others_do_not_wait_for_the_late_routes_and_do_not_have_them_loaded() -> None:
    load = Loading()
    app, _ = an_app(load)
    async with asking(app) as client:
        assert (await client.get("/early")).json() == "early"
        assert (await client.get("/other")).json() == "something else"
    assert load.times == 0


async def test_whoever_asks_early_waits_and_nobody_else_does() -> None:
    load = Loading()
    load.may_end.clear()
    app, _ = an_app(load)
    async with asking(app) as client:
        first, second = (asyncio.create_task(client.get(f"/late/{name}")) for name in "ab")
        assert await asyncio.to_thread(load.begun.wait, DEADLINE)
        assert (await client.get("/early")).json() == "early"
        assert not first.done()
        load.may_end.set()
        assert [(await first).json(), (await second).json()] == ["a", "b"]
        assert (await client.get("/late/c")).json() == "c"
    assert load.times == 1


async def test_they_keep_their_place_among_the_routes() -> None:
    """A later route that takes every address does not take theirs."""
    app, routes = an_app(Loading())
    routes.load()
    async with asking(app) as client:
        assert (await client.get("/late/a")).json() == "a"
        assert (await client.get("/late/a/b")).json() == "something else"
    assert "/late/{name}" in app.openapi()["paths"]


async def test_they_are_loaded_in_the_background_after_a_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(later, "A_MOMENT", 0.0)
    load = Loading()
    _, routes = an_app(load)
    async with routes.soon():
        assert await asyncio.to_thread(load.begun.wait, DEADLINE)
    routes.load()
    assert (load.times, routes.are_there) == (1, True)


async def test_a_shop_that_closes_at_once_does_not_load_them() -> None:
    load = Loading()
    _, routes = an_app(load)
    async with routes.soon():
        pass
    assert load.times == 0


async def test_after_a_failure_the_next_who_asks_tries_again() -> None:
    load = Loading()
    load.fails = True
    app, routes = an_app(load)
    async with asking(app) as client:
        with pytest.raises(ImportError):
            await client.get("/late/a")
        assert routes.are_broken
        load.fails = False
        assert (await client.get("/late/a")).json() == "a"
    assert load.times == 2
    assert not routes.are_broken
