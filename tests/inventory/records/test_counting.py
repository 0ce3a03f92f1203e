"""Counting in the background what has ended."""

import asyncio

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from app.inventory.records.counting import count_what_ended
from app.platform.database import connect_database
from app.platform.ending import end_tasks
from app.sales.tables import sale_records
from tests.factories.records import past_deal


async def counted(engine: AsyncEngine) -> list[int]:
    async with engine.connect() as connection:
        return list((await connection.execute(select(sale_records.c.deal_id))).scalars())


async def test_what_has_ended_is_counted_before_anybody_asks(engine: AsyncEngine) -> None:
    ended = asyncio.Event()
    task = asyncio.create_task(count_what_ended(engine, ended))
    try:
        deal_id = await past_deal(engine, [(1.0, 1, 2)])
        assert await counted(engine) == [], "nobody has said that anything ended"
        ended.set()
        async with asyncio.timeout(60):
            while await counted(engine) != [deal_id]:
                await asyncio.sleep(0.01)
    finally:
        await end_tasks([task])


async def test_a_database_that_is_away_is_borne() -> None:
    away = connect_database("postgresql+asyncpg://nobody@127.0.0.1:1/nothing")
    ended = asyncio.Event()
    task = asyncio.create_task(count_what_ended(away, ended))
    try:
        for _ in range(2):
            ended.set()
            async with asyncio.timeout(60):
                while ended.is_set():
                    await asyncio.sleep(0.01)
        assert not task.done(), "it waits for the next time"
    finally:
        await end_tasks([task])
        await away.dispose()
