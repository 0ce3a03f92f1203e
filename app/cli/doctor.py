"""doctor: looks at settings and servers, and says in words what is wrong."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Annotated

import typer
from redis.exceptions import RedisError
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from app.cli.opening import tell
from app.cli.servers import with_servers
from app.pages import site
from app.platform.database import connect_database
from app.platform.migrations import OldSchemaError, check_schema
from app.platform.redis import connect_redis
from app.platform.settings import Settings, load_settings

Finding = dict[str, object]


def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print facts for a program.")] = False,
) -> None:
    """Look at settings and servers; exit 1 where something keeps the shop from being safe."""
    settings = load_settings()  # a wrong one has ended the command here, with its name
    given = settings.database_url is not None
    with with_servers(settings) as complete:
        findings = [_found("settings", True, f"the servers are {'given' if given else 'the embedded ones'}")]
        findings += asyncio.run(_look(complete))
    has_font = site.has_vendored("display.woff2")
    findings.append(
        _found("typeface", True, "the display typeface is here" if has_font else "pages use system fonts")
    )
    lines = [
        f"{'ok ' if finding['ok'] else 'NO '} {finding['what']}: {finding['words']}" for finding in findings
    ]
    tell({"findings": findings}, "\n".join(lines), as_json=as_json)
    raise typer.Exit(0 if all(finding["ok"] for finding in findings) else 1)


async def _look(settings: Settings) -> list[Finding]:
    assert settings.database_url is not None
    assert settings.redis_url is not None
    engine = connect_database(settings.database_url)
    redis = connect_redis(settings.redis_url)

    async def policy() -> str:
        info = await redis.info("memory")
        found = info.get("maxmemory_policy", "unknown")
        if found != "noeviction":
            raise ValueError(
                f"maxmemory-policy is {found}; it must be noeviction, or sold units could be forgotten"
            )
        return f"answers, and forgets nothing ({info.get('used_memory_human')} used)"

    try:
        return [
            await _finding("database", lambda: _durability(engine)),
            await _finding("schema", lambda: _schema(engine)),
            await _finding("redis", policy),
        ]
    finally:
        await engine.dispose()
        await redis.aclose()


async def _durability(engine: AsyncEngine) -> str:
    async with engine.connect() as connection:
        version = (await connection.execute(text("SHOW server_version"))).scalar_one()
        for setting in ("fsync", "synchronous_commit"):
            value = (await connection.execute(text(f"SHOW {setting}"))).scalar_one()
            if value == "off":
                raise ValueError(f"{setting} is off, so a confirmed order could be lost with the machine")
    return f"PostgreSQL {version} answers, and commits are durable"


async def _schema(engine: AsyncEngine) -> str:
    await check_schema(engine)
    return "is the newest"


async def _finding(what: str, look: Callable[[], Awaitable[str]]) -> Finding:
    try:
        return _found(what, True, await look())
    except (ValueError, OldSchemaError) as error:
        return _found(what, False, str(error))
    except (SQLAlchemyError, RedisError, OSError, TimeoutError) as error:
        return _found(what, False, f"does not answer ({error})")


def _found(what: str, ok: bool, words: str) -> Finding:
    return {"what": what, "ok": ok, "words": words}
