"""The whole shop, put together: every room is opened here, in order, and reads as a table of contents."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from fastapi import FastAPI
from starlette.middleware.gzip import GZipMiddleware

from app import identity, inventory, pages, sales, stream
from app.identity import Identity
from app.inventory import Showrunner
from app.platform.clock import Clock, SystemClock
from app.platform.database import check_database, connect_database
from app.platform.errors import Unavailable
from app.platform.guards import BodyLimit, SameSiteOnly, SecurityHeaders
from app.platform.health import Check, health_router
from app.platform.http import install_error_handlers
from app.platform.logging import configure_logging
from app.platform.migrations import check_schema
from app.platform.openapi import describe_problems
from app.platform.redis import connect_redis
from app.platform.server import at_stop_signal
from app.platform.settings import Settings, load_settings
from app.platform.signing import Signer, load_secret
from app.sales import Checkout
from app.stream import Stream

API = "/api/v1"


def create_app(settings: Settings | None = None, clock: Clock | None = None) -> FastAPI:
    """The ASGI app. Its settings name a database and a Redis that are there; their schema is the newest."""
    settings = settings or load_settings()
    configure_logging(settings.log)
    app = FastAPI(
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
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Open every room from the ground up, and close them the other way round."""
    settings, clock, signer = app.state.settings, app.state.clock, app.state.signer
    async with AsyncExitStack() as house:
        engine = app.state.engine = connect_database(settings.database_url)
        house.push_async_callback(engine.dispose)
        redis = app.state.redis = connect_redis(settings.redis_url, timeout=2.0)
        house.push_async_callback(redis.aclose)
        subscription = connect_redis(settings.redis_url, timeout=None)
        house.push_async_callback(subscription.aclose)

        people = app.state.identity = Identity.open(engine, signer, clock, secure=settings.secure)
        await people.start()
        house.push_async_callback(people.stop)

        events = app.state.stream = Stream(engine, redis, subscription, clock)
        await events.start()
        house.push_async_callback(events.stop)
        house.enter_context(at_stop_signal(events.hub.close))

        checkout = app.state.checkout = Checkout(engine, redis, clock)
        house.push_async_callback(checkout.stop)

        showrunner = app.state.showrunner = Showrunner(engine, checkout, events, clock, settings)
        await showrunner.start()
        house.push_async_callback(showrunner.stop)
        yield


def _mount_rooms(app: FastAPI) -> None:
    app.include_router(health_router(_checks(app)))
    for room in (identity.router, inventory.router, stream.router, sales.router, inventory.desk_router):
        app.include_router(room, prefix=API)
    app.include_router(inventory.photo_router)
    app.include_router(pages.accounts_router)
    app.include_router(pages.router)
    app.mount(pages.RELEASE, pages.StaticAssets(for_ever=True))
    app.mount("/static", pages.StaticAssets(for_ever=False))


def _stand_guard(app: FastAPI, settings: Settings) -> None:
    """Middleware, innermost first."""
    install_error_handlers(app, pages.problem_page)
    app.add_middleware(GZipMiddleware, minimum_size=600)
    app.add_middleware(BodyLimit)
    app.add_middleware(SameSiteOnly, public_url=settings.public_url)
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

    return {"database": database, "redis": redis, "migrations": migrations, "gate": gate}
