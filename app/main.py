"""The whole shop, put together: every room is opened here, in order, and reads as a table of contents."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from fastapi import APIRouter, FastAPI
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import Receive, Scope, Send

from app import identity, inventory, pages, payments, sales, stream
from app.identity import Identity, shown_in
from app.inventory import PhotoErrands, Showrunner
from app.notices import Postman, carrier_for
from app.payments import Payments
from app.platform import failpoints
from app.platform.clock import Clock, SystemClock
from app.platform.crowding import Crowding
from app.platform.database import check_database, connect_database
from app.platform.errors import Unavailable
from app.platform.guards import BodyLimit, SameSiteOnly, SecurityHeaders, host_of, strict_fields
from app.platform.health import Check, health_router
from app.platform.http import install_error_handlers
from app.platform.later import LaterRoutes
from app.platform.logging import configure_logging
from app.platform.metrics import Pulse, metrics_router
from app.platform.migrations import check_schema
from app.platform.openapi import describe_problems
from app.platform.puzzles import Puzzles
from app.platform.redis import connect_redis
from app.platform.rush import Rush
from app.platform.server import at_stop_signal
from app.platform.settings import Settings, load_settings
from app.platform.signing import Signer, load_secret
from app.sales import (
    Buying,
    Checkout,
    Forgetting,
    Line,
    PastDeals,
    Settlement,
    SiteWords,
    Till,
    Turnstile,
    TurnstileNews,
)
from app.stream import Asker, Door, Stream

API = "/api/v1"
DESK = (f"{API}/staff", "/desk", "/static/desk")


class Shop(FastAPI):
    """The framework, and before it the one way that everyone takes at the same moment."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Buying goes straight to its function; the framework knows the same address, and describes it."""
        if scope["type"] == "http" and scope["path"] == f"{API}/orders" and scope["method"] == "POST":
            await self.state.buying(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)

    def openapi(self) -> dict[str, Any]:
        """What there is to ask, the desk's part included."""
        self.state.desk.load()
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


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[dict[str, Any]]:
    """Open every room from the ground up, and close them the other way round."""
    settings, clock, signer = app.state.settings, app.state.clock, app.state.signer
    async with AsyncExitStack() as house:
        engine = app.state.engine = connect_database(settings.database_url)
        house.push_async_callback(engine.dispose)
        redis = app.state.redis = connect_redis(settings.redis_url, timeout=2.0)
        house.push_async_callback(redis.aclose)
        subscription = connect_redis(settings.redis_url, timeout=None)
        house.push_async_callback(subscription.aclose)

        postman = Postman(engine, clock, *carrier_for(settings))
        await postman.start()
        house.push_async_callback(postman.stop)

        money = app.state.payments = Payments.open(settings, engine, clock, signer)
        await money.start()
        house.push_async_callback(money.stop)

        puzzles = app.state.puzzles = Puzzles(signer, clock, redis)
        rush = Rush(settings.proof_of_work)

        people = app.state.identity = Identity.open(
            engine,
            signer,
            clock,
            secure=settings.secure,
            site=identity.Site(settings.shop_name, settings.public_url),
            redis=redis,
            subscription=subscription,
            limits_by_address=settings.limits == "on",
            puzzles=puzzles,
            rush=rush,
        )
        await people.start()
        house.push_async_callback(people.stop)

        forgetting = app.state.forgetting = Forgetting(engine, money)
        await forgetting.start()
        house.push_async_callback(forgetting.stop)

        events = app.state.stream = Stream(
            engine,
            redis,
            subscription,
            clock,
            asker_of=_asker_of(app),
            limits=settings.limits == "on",
            fields=strict_fields(settings.secure),
        )
        await events.start()
        house.push_async_callback(events.stop)
        house.enter_context(at_stop_signal(events.hub.close))

        checkout = app.state.checkout = Checkout(engine, redis, clock)
        house.push_async_callback(checkout.stop)
        turnstile = app.state.turnstile = Turnstile(puzzles, by_address=settings.limits == "on", rush=rush)
        asked = TurnstileNews(turnstile, redis, subscription)
        await asked.start()
        house.push_async_callback(asked.stop)
        app.state.buying = Buying(people, checkout, turnstile, host_of(settings.public_url))

        words = _site_words(settings)
        line = app.state.line = Line(engine, events, clock, words)
        await line.start()
        house.push_async_callback(line.stop)

        settlement = Settlement.open(engine, redis, checkout, money, events, clock, words)
        app.state.settlement = settlement
        await settlement.start()
        house.push_async_callback(settlement.stop)

        app.state.past_deals = PastDeals()
        showrunner = app.state.showrunner = Showrunner(engine, checkout, events, clock, settings)
        await showrunner.start()
        house.push_async_callback(showrunner.stop)

        errands = PhotoErrands(engine, showrunner, clock)
        await errands.start()
        house.push_async_callback(errands.stop)

        app.state.feeds = pages.Feeds(engine, clock, settings.shop_name)

        pulse = app.state.pulse = Pulse()
        pulse.follow("breadmaker_viewers", "Open streams.", lambda: events.hub.size)
        pulse.follow(
            "breadmaker_purchases_waiting",
            "Purchases whose outcome is not known yet.",
            lambda: checkout.waiting,
        )
        await pulse.start()
        house.push_async_callback(pulse.stop)
        await house.enter_async_context(app.state.desk.soon())
        # Where the ways in, which see connections before the app does, find them.
        yield {
            "stream": events,
            "buying": app.state.buying,
            "crowding": Crowding(by_address=settings.limits == "on"),
        }


def _site_words(settings: Settings) -> SiteWords:
    """Without an address that is set, links and ways back from a bank lead to where the shop listens."""
    address = settings.public_url or f"http://{settings.host}:{settings.port or 8000}"
    return SiteWords(address, settings.zone)


class WayIn(Door):
    """Every connection: a stream goes one short way, an order another, everything else the framework's."""

    ordinary = Till


def way_in(settings: Settings) -> type[asyncio.Protocol]:
    """What uvicorn should make for each connection."""
    return WayIn if settings.stream == "fast" else Till


def _asker_of(app: FastAPI) -> Callable[[Scope], Asker | None]:
    """Whose stream it is: decided as for every other request, and again before something private is sent."""

    def asker_of(scope: Scope) -> Asker | None:
        shown = shown_in(dict(scope["headers"]), app.state.identity.secure)
        if shown == (None, None):
            return None

        def asker() -> int | None:
            found = app.state.identity.sessions.identify(*shown)
            return None if found is None else found.shopper_id

        return asker

    return asker_of


def _mount_rooms(app: FastAPI) -> None:
    # First, because FastAPI makes ready whatever stands before that which is asked for.
    app.include_router(pages.front_router)
    app.include_router(health_router(_checks(app)))
    app.include_router(metrics_router(app.state.settings.metrics_token))
    for room in (
        identity.router,
        identity.account_router,
        identity.address_router,
        identity.passkey_router,
        inventory.router,
        stream.router,
        sales.router,
        sales.line_router,
    ):
        app.include_router(room, prefix=API)
    app.include_router(inventory.photo_router)
    app.include_router(payments.router)
    for page_router in pages.routers:
        app.include_router(page_router)
    desk = app.state.desk = LaterRoutes(DESK, _load_desk)
    desk.hold_place(app)  # before the shoppers' site: the address of the desk's lies below theirs
    payments.site.serve(app)
    pages.site.serve(app)


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

    return {"database": database, "redis": redis, "migrations": migrations, "gate": gate, "show": show}
