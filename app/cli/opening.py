"""What commands open before they do their work: the servers, the database, the rooms that they need."""

import json
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager

import typer
from msgspec import Struct
from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncEngine

from app.identity import Identity
from app.inventory import Showrunner
from app.platform.clock import Clock, SystemClock
from app.platform.database import connect_database
from app.platform.migrations import check_schema, migrate
from app.platform.redis import connect_redis
from app.platform.settings import Settings
from app.platform.signing import Signer, load_secret
from app.sales import Checkout
from app.stream import Stream

COMMANDS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]")


class CannotError(Exception):
    """The command cannot be done now; the message says why."""


class Shop(Struct, frozen=True):
    """The rooms, opened for a command; nothing runs in the background."""

    settings: Settings
    clock: Clock
    engine: AsyncEngine
    redis: Redis
    signer: Signer
    identity: Identity
    showrunner: Showrunner


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
    typer.echo(harmless(json.dumps(facts, indent=2, ensure_ascii=False) if as_json else words))


def harmless(text: str) -> str:
    """`text` without what a terminal would obey: it may have come from a file."""
    return COMMANDS.sub("\N{REPLACEMENT CHARACTER}", text)
