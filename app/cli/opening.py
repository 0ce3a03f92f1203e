"""What commands open before they do their work: the servers, the database, the rooms that they need."""

import json
import threading
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass

import typer
from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncEngine

from app.identity import Identity
from app.inventory import Showrunner
from app.platform.clock import Clock, SystemClock
from app.platform.database import connect_database
from app.platform.embedded import EmbeddedServers, EmbeddedServersError
from app.platform.logging import get_logger
from app.platform.migrations import check_schema, migrate
from app.platform.redis import connect_redis
from app.platform.settings import Settings
from app.platform.signing import Signer, load_secret
from app.sales import Checkout
from app.stream import Stream

log = get_logger(__name__)

HEAL_SECONDS = 2.0


class CannotError(Exception):
    """The command cannot be done now; the message says why."""


@dataclass(frozen=True, slots=True)
class Shop:
    """The rooms, opened for a command; nothing runs in the background."""

    settings: Settings
    clock: Clock
    engine: AsyncEngine
    redis: Redis
    signer: Signer
    identity: Identity
    showrunner: Showrunner


@contextmanager
def with_servers(settings: Settings) -> Iterator[Settings]:
    """The settings with a database and a Redis in them: those that were given, else the embedded ones."""
    if settings.database_url is not None:
        yield settings
        return
    servers = EmbeddedServers(settings.data).start()
    over = threading.Event()
    keeper = threading.Thread(target=_keep_up, args=(servers, over), name="servers", daemon=True)
    keeper.start()
    try:
        urls = {"database_url": servers.database_url, "redis_url": servers.redis_url}
        yield settings.model_copy(update=urls)
    finally:
        over.set()
        keeper.join()
        servers.stop()


def _keep_up(servers: EmbeddedServers, over: threading.Event) -> None:
    """A killed server is healed by its supervisor; a killed supervisor, with which both servers end, by this."""
    while not over.wait(HEAL_SECONDS):
        try:
            servers.start()
        except EmbeddedServersError as error:
            log.warning("the embedded servers are down", error=str(error))


@asynccontextmanager
async def open_shop(settings: Settings, *, may_migrate: bool = False) -> AsyncIterator[Shop]:
    """Open the rooms for one command. Raises OldSchemaError, unless it may bring the database to the newest schema."""
    assert settings.database_url is not None
    assert settings.redis_url is not None
    clock = SystemClock()
    async with AsyncExitStack() as house:
        engine = connect_database(settings.database_url, answer_seconds=None)
        house.push_async_callback(engine.dispose)
        redis = connect_redis(settings.redis_url)
        house.push_async_callback(redis.aclose)
        signer = Signer(settings.secret or load_secret(settings.data))
        identity = Identity.open(engine, signer, clock, secure=settings.secure)
        house.push_async_callback(identity.stop)
        checkout = Checkout(engine, redis, clock)
        house.push_async_callback(checkout.stop)
        showrunner = Showrunner(engine, checkout, Stream(engine, redis, redis, clock), clock, settings)
        await (migrate(engine) if may_migrate else check_schema(engine))
        yield Shop(settings, clock, engine, redis, signer, identity, showrunner)


def tell(facts: Mapping[str, object], words: str, *, as_json: bool) -> None:
    """Print `facts` for a program or `words` for a person."""
    typer.echo(json.dumps(facts, indent=2, ensure_ascii=False) if as_json else words)
