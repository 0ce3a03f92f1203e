"""The whole shop as an ASGI app: which room answers at which address, and who stands guard before all of them."""

import asyncio
from typing import Any

from fastapi import APIRouter, FastAPI
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import Receive, Scope, Send

from app import inventory, pages, payments, sales, sharing, stream
from app.opening import lifespan
from app.platform import failpoints
from app.platform.clock import Clock, SystemClock
from app.platform.database import check_database
from app.platform.errors import Unavailable
from app.platform.guards import BodyLimit, SameSiteOnly, SecurityHeaders
from app.platform.head import HeadLikeGet
from app.platform.health import Check, health_router
from app.platform.http import install_error_handlers
from app.platform.later import LaterRoutes
from app.platform.logging import configure_logging
from app.platform.metrics import metrics_router
from app.platform.migrations import check_schema
from app.platform.openapi import describe_problems
from app.platform.settings import Settings, load_settings
from app.platform.signing import Signer, load_secret
from app.sales import Till
from app.stream import Door

API = "/api/v1"
DESK = (f"{API}/staff", "/desk", "/static/desk")
ACCOUNT = tuple(f"{API}/{name}" for name in ("me", "passkeys", "session", "shoppers", "tokens"))
FRIENDS = (f"{API}/friends", f"{API}/recommendations")
LATER = pages.LATER + ACCOUNT + FRIENDS


class Shop(FastAPI):
    """The framework, and before it the one way that everyone takes at the same moment."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Buying goes straight to its function; the framework knows the same address, and describes it."""
        if scope["type"] == "http" and scope["path"] == f"{API}/orders" and scope["method"] == "POST":
            await self.state.buying(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)

    def openapi(self) -> dict[str, Any]:
        """What there is to ask, the later part included."""
        for routes in self.state.later:
            routes.load()
        return super().openapi()


def create_app(settings: Settings | None = None, clock: Clock | None = None) -> FastAPI:
    """The ASGI app. Its settings name a database and a Redis that are there; their schema is the newest."""
    settings = settings or load_settings()
    configure_logging(settings.log)
    failpoints.arm(settings.failpoints)
    app = Shop(
        title="Breadmaker",
        summary="One thing at a time.",
        version="0.1.0",
        lifespan=lifespan,
        openapi_url=f"{API}/openapi.json",
        docs_url=None,
        redoc_url=None,
    )
    app.state.settings = settings
    app.state.clock = clock or SystemClock()
    app.state.signer = Signer(settings.secret or load_secret(settings.data))
    _mount_rooms(app)
    _stand_guard(app, settings)
    describe_problems(app)
    return app


class WayIn(Door):
    """Every connection: a stream goes one short way, an order another, everything else the framework's."""

    ordinary = Till


def way_in(settings: Settings) -> type[asyncio.Protocol]:
    """What uvicorn should make for each connection."""
    return WayIn if settings.stream == "fast" else Till


def _mount_rooms(app: FastAPI) -> None:
    # First, because FastAPI makes ready whatever stands before that which is asked for.
    app.include_router(pages.front_router)
    app.include_router(
        pages.landing_router
    )  # a crowd comes by one link: the fewer routes before it, the better
    app.include_router(health_router(_checks(app)))
    app.include_router(metrics_router(app.state.settings.metrics_token))
    for room in (
        inventory.router,
        stream.router,
        sharing.router,
        sharing.coupon_router,
        sales.router,
        sales.line_router,
    ):
        app.include_router(room, prefix=API)
    app.include_router(inventory.photo_router)
    app.include_router(payments.router)
    for page_router in pages.routers:
        app.include_router(page_router)
    app.state.later = (LaterRoutes(LATER, _load_pages), LaterRoutes(DESK, _load_desk))
    for routes in app.state.later:
        routes.hold_place(app)  # before the shoppers' site: the address of the desk's lies below theirs
    payments.site.serve(app)
    pages.site.serve(app)


def _load_pages(router: APIRouter) -> None:
    """What shoppers come to when they have seen the deal."""
    from app.identity.account import routers as account
    from app.pages.later import routers as late_pages
    from app.sharing.friends import routers as friends

    for room in account + friends:
        router.include_router(room, prefix=API)
    for page_router in late_pages:
        router.include_router(page_router)


def _load_desk(router: APIRouter) -> None:
    """Half of all that there is to load, for a few people."""
    from app import admin
    from app.inventory.desk import desk_router

    router.include_router(desk_router, prefix=API)
    router.include_router(admin.router)
    admin.site.serve(router)


def _stand_guard(app: FastAPI, settings: Settings) -> None:
    """Middleware, innermost first."""
    install_error_handlers(app, pages.problem_page)
    app.add_middleware(GZipMiddleware, minimum_size=600)
    app.add_middleware(BodyLimit, limits=inventory.BODY_LIMITS | payments.BODY_LIMITS)
    app.add_middleware(SameSiteOnly, public_url=settings.public_url, keyed=pages.KEYED)
    app.add_middleware(SecurityHeaders, secure=settings.secure)
    app.add_middleware(HeadLikeGet, endless={f"{API}/stream"})


def _checks(app: FastAPI) -> dict[str, Check]:
    async def database() -> None:
        await check_database(app.state.engine)

    async def redis() -> None:
        await app.state.redis.ping()

    async def migrations() -> None:
        await check_schema(app.state.engine)

    async def gate() -> None:
        if not await app.state.checkout.is_ready():
            raise Unavailable("the live deal's gate is not open")

    async def show() -> None:
        if not app.state.showrunner.ticks:
            raise Unavailable("this process does not run the show")

    async def pages() -> None:
        if any(routes.are_broken for routes in app.state.later):
            raise Unavailable("some pages cannot be loaded")

    return {
        "database": database,
        "redis": redis,
        "migrations": migrations,
        "gate": gate,
        "show": show,
        "pages": pages,
    }
