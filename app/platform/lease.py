"""Taking turns: a lock that PostgreSQL holds for as long as a transaction lasts."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection


async def take_turns(connection: AsyncConnection, name: str) -> None:
    """Wait until no other transaction, in whatever process, holds the turn called `name`; hold it to the end."""
    await connection.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))"), {"name": name})
