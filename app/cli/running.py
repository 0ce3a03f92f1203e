"""serve and migrate, and what `up` does once its servers are there."""

import asyncio
import os
import socket
from urllib.parse import quote

import typer
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from app.cli.opening import CannotError, open_shop
from app.cli.servers import with_servers
from app.cli.up import Host, Port, Workers
from app.inventory import start_sample
from app.main import way_in
from app.platform.database import connect_database
from app.platform.listening import listen
from app.platform.logging import configure_logging
from app.platform.migrations import check_schema
from app.platform.migrations import migrate as bring_to_newest
from app.platform.redis import connect_redis
from app.platform.server import serve as run_server
from app.platform.settings import Settings, SettingsError, load_settings

APP = "app.main:create_app"


def open_the_whole_shop(settings: Settings, listener: socket.socket) -> None:
    """Migrations, a sample queue where nothing was ever queued, and the site until it is told to stop."""
    configure_logging(settings.log)
    welcome = asyncio.run(_prepare(settings))
    _serve(settings, listener, welcome)


def serve(host: Host = None, port: Port = None, workers: Workers = None) -> None:
    """The site only, on the DATABASE_URL and REDIS_URL that are given."""
    settings = load_settings(host=host, port=port, workers=workers)
    configure_logging(settings.log)
    if settings.database_url is None:
        raise SettingsError(
            "DATABASE_URL: serve needs it, and REDIS_URL; `breadmaker up` brings its own servers"
        )
    listener = listen(settings.host, settings.port)
    asyncio.run(_refuse_unfit_servers(settings))
    _serve(settings, listener, None)


def migrate() -> None:
    """Bring the database to the newest schema."""
    with with_servers(load_settings()) as settings:
        assert settings.database_url is not None
        changed = asyncio.run(_migrate(settings.database_url))
    typer.echo("The schema is the newest now." if changed else "The schema was the newest already.")


async def _prepare(settings: Settings) -> str | None:
    """Migrations, the sample, and the first owner's path where the shop has no owner."""
    async with open_shop(settings, may_migrate=True) as shop:
        if settings.sample == "on":
            await start_sample(shop.engine, shop.clock, settings)
        if await shop.identity.staff.has_owner():
            return None
        return f"/welcome/{quote(shop.signer.sign('first-owner', 'welcome'))}"


async def _refuse_unfit_servers(settings: Settings) -> None:
    """Find out before anything is served whether the given servers can. Raises CannotError, OldSchemaError."""
    assert settings.database_url is not None
    assert settings.redis_url is not None
    engine, redis = connect_database(settings.database_url), connect_redis(settings.redis_url)
    try:
        await check_schema(engine)
        await redis.ping()
    except (SQLAlchemyError, OSError) as error:
        reason = str(error).splitlines()[0]
        raise CannotError(f"PostgreSQL does not answer as it should at DATABASE_URL: {reason}") from error
    except RedisError as error:
        raise CannotError(f"Redis does not answer as it should at REDIS_URL: {error}") from error
    finally:
        await engine.dispose()
        await redis.aclose()


async def _migrate(database_url: str) -> bool:
    engine = connect_database(database_url, answer_seconds=None)
    try:
        return await bring_to_newest(engine)
    finally:
        await engine.dispose()


def _serve(settings: Settings, listener: socket.socket, welcome: str | None) -> None:
    address = settings.public_url or f"http://{settings.host}:{listener.getsockname()[1]}"
    typer.echo(f"{settings.shop_name} is open: {address}")
    if welcome is not None:
        typer.echo(f"Become its owner: {address}{welcome}")
    os.environ["DATABASE_URL"] = (
        settings.database_url or ""
    )  # the app, in this process or a worker, reads them
    os.environ["REDIS_URL"] = settings.redis_url or ""
    run_server(
        APP,
        listener,
        workers=settings.workers,
        trusted_proxies=settings.trusted_proxies,
        http=way_in(settings),
    )
