"""The schema's versions: bringing a database to the newest, and knowing whether it is."""

import hashlib
from functools import lru_cache
from pathlib import Path

from msgspec import Struct
from sqlalchemy import Connection, text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.ext.asyncio import AsyncEngine

MIGRATIONS = Path(__file__).parents[2] / "migrations"

# A room's stored functions have one source, its .sql file; they are replaced as a whole after every upgrade.
FUNCTIONS = sorted(Path(__file__).parents[1].glob("*/scripts/*.sql"))


class OldSchemaError(Exception):
    """The database's schema is not the one that this code was written for."""


class Version(Struct, frozen=True):
    """What a schema is at: the newest revision that was run, and a digest of the stored functions."""

    revision: str
    functions: str


@lru_cache
def needed_version() -> Version:
    """What this code needs. The revisions' files are numbered, and a start can do without loading Alembic."""
    newest = max(path.name for path in (MIGRATIONS / "versions").glob("*.py")).partition("_")[0]
    sources = b"\0".join(path.read_bytes() for path in FUNCTIONS)
    return Version(newest, hashlib.sha256(sources).hexdigest()[:16])


async def current_version(engine: AsyncEngine) -> Version | None:
    """What the database is at; None where it is empty."""
    query = text("SELECT version_num, obj_description('alembic_version'::regclass) FROM alembic_version")
    try:
        async with engine.connect() as connection:
            row = (await connection.execute(query)).one_or_none()
    except ProgrammingError:  # there is no such table
        return None
    return None if row is None else Version(row[0], row[1] or "")


async def check_schema(engine: AsyncEngine) -> None:
    """Raise OldSchemaError where the database is not what this code needs."""
    current, needed = await current_version(engine), needed_version()
    if current == needed:
        return
    revision = "none" if current is None else current.revision
    what = f"revision {needed.revision}" if revision != needed.revision else "other stored functions"
    raise OldSchemaError(
        f"The database is at revision {revision}, and this version of Breadmaker needs {what}. "
        "Run `breadmaker migrate`, then start again."
    )


async def migrate(engine: AsyncEngine) -> bool:
    """Bring the database to what this code needs. False where it was there already."""
    if await current_version(engine) == needed_version():
        return False
    async with engine.begin() as connection:
        await connection.execute(text("SET LOCAL statement_timeout = 0"))  # a large table takes its time
        await connection.run_sync(_upgrade)
    return True


def replace_functions(connection: Connection) -> None:
    """Make every stored function anew, and note which they are. Its file bears a function's name."""
    for function in FUNCTIONS:
        connection.exec_driver_sql(
            f"DROP FUNCTION IF EXISTS {function.stem}"
        )  # an answer's columns cannot be replaced
        connection.exec_driver_sql(function.read_text())
    connection.exec_driver_sql(f"COMMENT ON TABLE alembic_version IS '{needed_version().functions}'")


def _upgrade(connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
