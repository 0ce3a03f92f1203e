"""Proving the books: promises, and where one of them is broken.

Each promise looks for what breaks it. A room's promises are looked at together, in one read-only snapshot, so that
they can be proved while the shop sells.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

from msgspec import Struct
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

SETTLE_SECONDS = 5.0  # how long something that is only promised at rest may take to come true
LOOK_AGAIN_SECONDS = 0.25


class Breach(Struct, frozen=True):
    """Where a promise is broken: the deal, where it is one deal's matter, and what was found."""

    deal_id: int | None
    words: str


Look = Callable[[AsyncConnection], Awaitable[list[Breach]]]


class Promise(Struct, frozen=True):
    """A sentence, and how to find what breaks it. `at_rest`: for a moment it may be so."""

    sentence: str
    look: Look
    at_rest: bool = False


class Examined(Struct, frozen=True):
    """A promise that was looked at. `note` says what could not be seen, or is worth knowing."""

    sentence: str
    breaches: list[Breach]
    note: str = ""


def no_row(sentence: str, query: str, *, at_rest: bool = False) -> Promise:
    """The promise that `query`, which answers `deal_id` and `words`, finds nothing."""

    async def look(connection: AsyncConnection) -> list[Breach]:
        return [Breach(row.deal_id, row.words) for row in await connection.execute(text(query))]

    return Promise(sentence, look, at_rest)


async def prove(
    engine: AsyncEngine, promises: Sequence[Promise], *, patience: float = SETTLE_SECONDS
) -> list[Examined]:
    """Look at each promise; at what is only promised at rest again, for `patience` seconds, until it is so.

    Raises what PostgreSQL raises.
    """
    found = await _look(engine, promises)
    loop = asyncio.get_running_loop()
    deadline = loop.time() + patience
    while loop.time() < deadline:
        unsettled = [promise for promise in promises if promise.at_rest and found[promise.sentence].breaches]
        if not unsettled:
            break
        await asyncio.sleep(LOOK_AGAIN_SECONDS)
        again = await _look(engine, unsettled)
        found |= again
    return [found[promise.sentence] for promise in promises]


async def _look(engine: AsyncEngine, promises: Sequence[Promise]) -> dict[str, Examined]:
    async with engine.connect() as plain:
        snapshot = await plain.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        return {promise.sentence: promise for promise in await examine(snapshot, promises)}


async def examine(connection: AsyncConnection, promises: Sequence[Promise]) -> list[Examined]:
    """Look at each promise once, as this connection sees things."""
    return [Examined(promise.sentence, await promise.look(connection)) for promise in promises]
