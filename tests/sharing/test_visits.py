"""Visits cost no write each: they are counted in memory, gathered in Redis, and written down now and then."""

import pytest
from redis.asyncio import Redis
from redis.exceptions import RedisError
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine

from app.platform.database import connect_database
from app.platform.redis import connect_redis
from app.sharing.links import Maker, find_link, make_link
from app.sharing.visits import Visits
from tests.conftest import FrozenClock
from tests.factories.sales import people

NOBODY_LISTENS = "redis://127.0.0.1:9/0"
NO_DATABASE = "postgresql+asyncpg://nobody@127.0.0.1:9/none"


async def a_link(engine: AsyncEngine, clock: FrozenClock) -> str:
    (ada,) = await people(engine, 1)
    async with engine.begin() as connection:
        link, _ = await make_link(connection, Maker(ada, None), 37, 70, clock.now())
    return link.code


async def visits_of(engine: AsyncEngine, code: str) -> int:
    async with engine.connect() as connection:
        link = await find_link(connection, code)
    assert link is not None
    return link.visits


async def test_a_thousand_visits_in_two_processes_are_one_statement(
    engine: AsyncEngine, redis: Redis, clock: FrozenClock
) -> None:
    code = await a_link(engine, clock)
    processes = [Visits(engine, redis, clock) for _ in range(2)]
    statements: list[str] = []

    def note(_: object, __: object, statement: str, *___: object) -> None:
        statements.append(statement)

    event.listen(engine.sync_engine, "before_cursor_execute", note)
    try:
        for _ in range(500):
            for process in processes:
                process.count(code)
        for process in processes:
            await process.gather()
        assert statements == [], "not one so far"
        await processes[0].write_down()
        await processes[1].write_down()
    finally:
        event.remove(engine.sync_engine, "before_cursor_execute", note)
    assert len([statement for statement in statements if "UPDATE share_links" in statement]) == 1
    assert await visits_of(engine, code) == 1000


async def test_while_redis_is_away_visits_wait(engine: AsyncEngine, redis: Redis, clock: FrozenClock) -> None:
    code = await a_link(engine, clock)
    deaf = connect_redis(NOBODY_LISTENS)
    visits = Visits(engine, deaf, clock)
    visits.count(code)
    with pytest.raises((RedisError, OSError)):
        await visits.gather()
    visits.count(code)
    visits._redis = redis
    await visits.gather()
    await visits.write_down()
    assert await visits_of(engine, code) == 2
    await deaf.aclose()


async def test_while_the_database_is_away_what_was_gathered_is_given_back(
    engine: AsyncEngine, redis: Redis, clock: FrozenClock
) -> None:
    code = await a_link(engine, clock)
    visits = Visits(engine, redis, clock)
    visits.count(code)
    await visits.gather()
    away = connect_database(NO_DATABASE)
    with pytest.raises(OSError, match="Connect call failed"):
        await Visits(away, redis, clock).write_down()
    await away.dispose()
    await visits.write_down()
    assert await visits_of(engine, code) == 1


async def test_stopping_passes_on_the_rest(engine: AsyncEngine, redis: Redis, clock: FrozenClock) -> None:
    code = await a_link(engine, clock)
    visits = Visits(engine, redis, clock)
    await visits.start(every=3600)
    visits.count(code)
    await visits.stop()
    await Visits(engine, redis, clock).write_down()
    assert await visits_of(engine, code) == 1
