"""Alembic's way in: gathers each room's tables, and runs on the connection that the caller brings.

To write a migration: `breadmaker migrate` on a scratch database, then
`alembic -c migrations/alembic.ini revision --autogenerate -m "what changes"` with DATABASE_URL set.
"""

import asyncio
import os

from alembic import context
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine

from app.platform.database import metadata
from app.platform.migrations import replace_functions

LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('migrations', 0))"


def run(connection: Connection) -> None:
    """What was asked of Alembic, inside the caller's transaction; two processes that start at once take turns."""
    context.configure(connection=connection, target_metadata=metadata, compare_server_default=False)
    with context.begin_transaction():
        connection.execute(text(LOCK))
        context.run_migrations()


async def run_from_the_command_line() -> None:
    """For `alembic revision` itself: on DATABASE_URL."""
    engine = create_async_engine(os.environ["DATABASE_URL"])
    async with engine.begin() as connection:
        await connection.run_sync(run)
    await engine.dispose()


brought: Connection | None = context.config.attributes.get("connection")
if brought is not None:
    run(brought)
    replace_functions(brought)
else:
    asyncio.run(run_from_the_command_line())
