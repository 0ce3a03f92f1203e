"""Alembic's way in: gathers each room's tables, and runs on the connection that the caller brings.

To write a migration: `breadmaker migrate` on a scratch database, then
`alembic -c migrations/alembic.ini revision --autogenerate -m "what changes"` with DATABASE_URL set.
"""

import asyncio
import os
from pathlib import Path

from alembic import context
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine

import app.identity.tables
import app.inventory.tables
import app.sales.tables
import app.stream.tables
from app.platform.database import metadata

LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('migrations', 0))"

# Functions are replaced as a whole after every upgrade, so that their one source is the room's own file.
FUNCTIONS = [Path(app.sales.tables.__file__).parent / "scripts" / "record_orders.sql"]


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
    for function in FUNCTIONS:
        brought.exec_driver_sql(function.read_text())
else:
    asyncio.run(run_from_the_command_line())
