"""Books that somebody has tampered with, for as long as a test looks."""

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.platform.proof import Examined, Promise, examine


@asynccontextmanager
async def tampered(engine: AsyncEngine, *statements: str) -> AsyncIterator[AsyncConnection]:
    """A transaction in which these statements were carried out; it is rolled back, constraints and all."""
    async with engine.connect() as connection:
        for statement in statements:
            await connection.execute(text(statement))
        yield connection
        await connection.rollback()


def broken(examined: Iterable[Examined]) -> dict[str, set[int | None]]:
    """The promises that are broken, each with the deals that it is broken for."""
    return {what.sentence: {breach.deal_id for breach in what.breaches} for what in examined if what.breaches}


async def broken_by(
    engine: AsyncEngine, promises: Sequence[Promise], *statements: str
) -> dict[str, set[int | None]]:
    """What is broken after these statements."""
    async with tampered(engine, *statements) as connection:
        return broken(await examine(connection, promises))
