"""The sales room over HTTP: people and orders only, and somebody who sends requests."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Literal

import uvicorn
from fastapi import FastAPI
from httpx import ASGITransport, AsyncClient
from sqlalchemy.ext.asyncio import AsyncEngine

from app.identity import Identity
from app.identity.account import routers as identity_routers
from app.identity.tables import Kind
from app.platform.clock import SystemClock
from app.platform.crowding import Crowding
from app.platform.guards import BodyLimit, SameSiteOnly
from app.platform.http import install_error_handlers, problem_response
from app.platform.puzzles import Puzzles
from app.platform.signing import Signer
from app.sales import Buying, Checkout, Till, Turnstile, router
from tests.factories.sales import people

Way = Literal["framework", "till"]
API = "/api/v1"
BODY = b'{"deal_id": 37}'  # an order


@asynccontextmanager
async def storefront(
    identity: Identity, checkout: Checkout, way: Way = "framework", turnstile_: Turnstile | None = None
) -> AsyncIterator[AsyncClient]:
    """Somebody whose requests go through the framework, or over a real socket to the till."""
    app = guarded(identity, checkout, turnstile_)
    if way == "framework":
        transport = ASGITransport(app, raise_app_exceptions=False)
        async with AsyncClient(transport=transport, base_url=f"http://shop.test{API}") as client:
            yield client
        return
    async with listening(app) as port, AsyncClient(base_url=f"http://127.0.0.1:{port}{API}") as client:
        yield client


def turnstile() -> Turnstile:
    """One that has counted nobody."""
    return Turnstile(Puzzles(Signer("a secret for tests, long enough to be one"), SystemClock()))


def guarded(
    identity: Identity,
    checkout: Checkout,
    turnstile_: Turnstile | None = None,
    crowding: Crowding | None = None,
) -> FastAPI:
    """An app with people and sales only, guarded as the shop is."""
    buying = Buying(identity, checkout, turnstile_ or turnstile(), public_host=None)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[dict[str, Any]]:
        yield {"buying": buying, "crowding": crowding}

    app = FastAPI(lifespan=lifespan)
    app.state.identity, app.state.checkout, app.state.buying = identity, checkout, buying
    for room in identity_routers:
        app.include_router(room, prefix=API)
    app.include_router(router, prefix=API)
    app.add_middleware(BodyLimit)
    app.add_middleware(SameSiteOnly, public_url=None)
    install_error_handlers(app, page=lambda _, problem: problem_response(problem))
    return app


@asynccontextmanager
async def listening(app: FastAPI, *, proxies: str | None = None) -> AsyncIterator[int]:
    """The port at which uvicorn serves the app, behind a till; it believes these proxies."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        config = uvicorn.Config(
            app,
            http=Till,
            ws="none",
            lifespan="on",
            log_config=None,
            access_log=False,
            proxy_headers=proxies is not None,
            forwarded_allow_ips=proxies or "",
        )
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        while not server.started:
            await asyncio.sleep(0.01)
        yield listener.getsockname()[1]
        server.should_exit = True
        await serving


async def token(identity: Identity, engine: AsyncEngine, shopper_id: int) -> dict[str, str]:
    """The header field that a shopper's requests carry."""
    async with engine.begin() as connection:
        ticket = await identity.sessions.start(connection, shopper_id, Kind.TOKEN)
    return {"Authorization": f"Bearer {ticket.text}"}


def request(*fields: bytes, body: bytes = BODY, line: bytes = b"POST /api/v1/orders HTTP/1.1") -> bytes:
    """A whole request with these header fields, byte by byte."""
    length = b"Content-Length: %d" % len(body)
    return b"\r\n".join([line, b"Host: shop.test", length, *fields, b"", body])


async def order_of(identity: Identity, engine: AsyncEngine, *fields: bytes, key: str = "a") -> bytes:
    """An order of somebody's."""
    held = await token(identity, engine, (await people(engine, 1))[0])
    return request(
        b"Authorization: " + held["Authorization"].encode(), b"Idempotency-Key: " + key.encode(), *fields
    )


WHO = request(body=b"", line=b"GET /api/v1/me HTTP/1.1")  # somebody who is not signed in asks who that is


class Line:
    """A connection, byte by byte."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    def say(self, data: bytes) -> None:
        """Send."""
        self.writer.write(data)

    async def hear(self) -> tuple[int, bytes]:
        """One answer: status and body."""
        async with asyncio.timeout(60):
            head = (await self.reader.readuntil(b"\r\n\r\n")).lower()
            length = int(head.partition(b"content-length: ")[2].partition(b"\r\n")[0])
            return int(head.split(b" ")[1]), await self.reader.readexactly(length)
