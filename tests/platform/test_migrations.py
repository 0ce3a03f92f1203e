"""The schema's versions."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncEngine

import app.inventory.desk
import app.main  # noqa: F401 - both bring every room's tables
from app.platform.database import metadata
from app.platform.migrations import MIGRATIONS, OldSchemaError, check_schema, migrate, needed_version


def test_the_newest_file_is_alembics_head() -> None:
    assert ScriptDirectory(str(MIGRATIONS)).get_current_head() == needed_version().revision


async def test_the_migrations_make_exactly_the_tables_that_the_rooms_declare(engine: AsyncEngine) -> None:
    def differences(connection: Connection) -> object:
        return compare_metadata(MigrationContext.configure(connection), metadata)

    async with engine.connect() as connection:
        assert await connection.run_sync(differences) == []


async def test_migrating_twice_changes_nothing(engine: AsyncEngine) -> None:
    assert await migrate(engine) is False


async def test_an_old_schema_is_refused_in_plain_words(engine: AsyncEngine) -> None:
    async with engine.begin() as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '0000'"))
    try:
        with pytest.raises(OldSchemaError, match="breadmaker migrate"):
            await check_schema(engine)
    finally:
        async with engine.begin() as connection:
            await connection.execute(
                text("UPDATE alembic_version SET version_num = :new"), {"new": needed_version().revision}
            )
