"""Promises are looked at together, as of one moment, without changing anything."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.platform.proof import Breach, Promise, no_row, prove


async def test_all_promises_see_the_same_moment(engine: AsyncEngine) -> None:
    async def sells_meanwhile(_: AsyncConnection) -> list[Breach]:
        async with engine.begin() as other:
            await other.execute(text("INSERT INTO shows DEFAULT VALUES"))
        return []

    rows = "SELECT NULL AS deal_id, 'is there' AS words FROM shows"
    before, after = no_row("Nothing is there.", rows), no_row("Still nothing is there.", rows)
    found = await prove(engine, [before, Promise("Something happens.", sells_meanwhile), after])
    assert [what.breaches for what in found] == [[], [], []]
    (found_now,) = await prove(engine, [before])
    assert found_now.breaches == [Breach(None, "is there")]


async def test_nobody_can_change_anything_by_looking(engine: AsyncEngine) -> None:
    touching = no_row(
        "A query that writes.", "INSERT INTO shows DEFAULT VALUES RETURNING NULL AS deal_id, '' AS words"
    )
    with pytest.raises(DBAPIError, match="read-only transaction"):
        await prove(engine, [touching])


async def test_what_is_promised_at_rest_only_is_looked_at_until_it_is_so(engine: AsyncEngine) -> None:
    looks = 0

    async def settles(_: AsyncConnection) -> list[Breach]:
        nonlocal looks
        looks += 1
        return [] if looks == 3 else [Breach(1, "moves")]

    (found,) = await prove(engine, [Promise("It settles.", settles, at_rest=True)], patience=30)
    assert (found.breaches, looks) == ([], 3)
    (found,) = await prove(engine, [Promise("It does not wait.", settles)], patience=30)
    assert (found.breaches, looks) == ([Breach(1, "moves")], 4)
