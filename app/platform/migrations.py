"""The schema's versions: bringing a database to the newest, and knowing whether it is."""

from functools import lru_cache
from pathlib import Path

from sqlalchemy import Connection, text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.ext.asyncio import AsyncEngine

MIGRATIONS = Path(__file__).parents[2] / "migrations"


class OldSchemaError(Exception):
    """The database's schema is not the one that this code was written for."""


@lru_cache
def newest_revision() -> str:
    """The revision that this code needs: their files are numbered, and a start can do without loading Alembic."""
    return max(path.name for path in (MIGRATIONS / "versions").glob("*.py")).partition("_")[0]


async def current_revision(engine: AsyncEngine) -> str | None:
    """The revision that the database is at; None where it is empty."""
    try:
        async with engine.connect() as connection:
            found = (await connection.execute(text("SELECT version_num FROM alembic_version"))).scalar()
    except ProgrammingError:  # there is no such table
        return None
    return None if found is None else str(found)


async def check_schema(engine: AsyncEngine) -> None:
    """Raise OldSchemaError where the database is not at the newest revision."""
    current, newest = await current_revision(engine), newest_revision()
    if current != newest:
        raise OldSchemaError(
            f"The database is at revision {current or 'none'}, and this version of Breadmaker needs {newest}. "
            "Run `breadmaker migrate`, then start again."
        )


async def migrate(engine: AsyncEngine) -> bool:
    """Bring the database to the newest revision. False where it was there already."""
    if await current_revision(engine) == newest_revision():
        return False
    async with engine.begin() as connection:
        await connection.run_sync(_upgrade)
    return True


def _upgrade(connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
