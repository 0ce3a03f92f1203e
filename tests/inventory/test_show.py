"""Moving the show on: one deal is live, whoever moves it and however many do."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from sqlalchemy.schema import CreateIndex, DropIndex

from app.inventory import show
from app.inventory.live import Present
from app.inventory.rotation import Decision, Keep
from app.inventory.show import NotLive, advance, next_step, set_show, skip
from app.inventory.tables import deals, shows
from app.platform.clock import Clock
from app.platform.database import metadata
from app.platform.settings import Settings
from tests.factories.inventory import history, live_id, new_deal, queue_deals


async def skip_it(engine: AsyncEngine, deal_id: int, clock: Clock) -> bool:
    async with engine.begin() as connection:
        return await skip(connection, deal_id, clock.now())


async def move_on(engine: AsyncEngine, now: datetime, settings: Settings) -> None:
    async with engine.begin() as connection:
        await advance(connection, now, settings.zone)


async def start(engine: AsyncEngine, clock: Clock, settings: Settings) -> None:
    async with engine.begin() as connection:
        await set_show(connection, "woot-off", False, clock.now(), settings.zone)


@asynccontextmanager
async def without_the_indexes(engine: AsyncEngine) -> AsyncIterator[None]:
    """PostgreSQL forgets that only one deal may be live; the database is left as it was, and empty."""
    indexes = [
        index
        for table in metadata.sorted_tables
        for index in table.indexes
        if index.name in ("one_live_deal", "one_open_offer")
    ]
    assert len(indexes) == 2
    async with engine.begin() as connection:
        for index in indexes:
            await connection.execute(DropIndex(index))
    try:
        yield
    finally:
        async with engine.begin() as connection:
            for table in reversed(metadata.sorted_tables):
                await connection.execute(table.delete())
            for index in indexes:
                await connection.execute(CreateIndex(index))


async def two_who_disagree(engine: AsyncEngine, clock: Clock, settings: Settings) -> None:
    """Two processes move the show on at once, and by their clocks different deals are due."""
    later = clock.now() + timedelta(seconds=5)
    await queue_deals(engine, clock, new_deal(not_before=later), new_deal())
    await start(engine, clock, settings)
    async with asyncio.timeout(15):
        await asyncio.gather(move_on(engine, clock.now(), settings), move_on(engine, later, settings))


async def test_two_processes_whose_clocks_differ_put_one_deal_on_stage(
    engine: AsyncEngine, clock: Clock, settings: Settings
) -> None:
    await two_who_disagree(engine, clock, settings)
    assert await live_id(engine) is not None
    assert len(await history(engine)) == 1


@pytest.fixture
def no_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for a turn any more, and of two who move on both decide before either acts, and act once."""
    both_decided, decided = asyncio.Barrier(2), set[AsyncConnection]()

    async def go_ahead(connection: AsyncConnection, name: str) -> None:
        """Nobody waits."""

    async def decide_once(connection: AsyncConnection, now: datetime) -> tuple[Present | None, Decision]:
        if connection in decided:
            return None, Keep()
        decided.add(connection)
        step = await next_step(connection, now)
        await both_decided.wait()
        return step

    monkeypatch.setattr(show, "take_turns", go_ahead)
    monkeypatch.setattr(show, "next_step", decide_once)


@pytest.mark.usefixtures("no_turns")
async def test_without_turns_and_indexes_two_deals_would_be_live_and_be_seen(
    engine: AsyncEngine, clock: Clock, settings: Settings
) -> None:
    """The negative control: what the test above asserts does go red when the guards are gone."""
    async with without_the_indexes(engine):
        await two_who_disagree(engine, clock, settings)
        with pytest.raises(AssertionError, match="are live at once"):
            await live_id(engine)
        assert len(await history(engine)) == 2


@pytest.mark.usefixtures("no_turns")
async def test_the_indexes_alone_refuse_a_second_live_deal(
    engine: AsyncEngine, clock: Clock, settings: Settings
) -> None:
    with pytest.raises(IntegrityError, match="one_live_deal"):
        await two_who_disagree(engine, clock, settings)
    assert len(await history(engine)) == 1
    assert await live_id(engine) is not None


async def test_postgresql_refuses_a_second_live_deal(
    engine: AsyncEngine, clock: Clock, settings: Settings
) -> None:
    first, second = await queue_deals(engine, clock, new_deal(), new_deal())
    await start(engine, clock, settings)
    await move_on(engine, clock.now(), settings)
    with pytest.raises(IntegrityError, match="one_live_deal"):
        async with engine.begin() as connection:
            await connection.execute(update(deals).where(deals.c.id == second).values(state="live"))
    assert await live_id(engine) == first


async def test_two_clicks_on_skip_skip_one_deal(
    engine: AsyncEngine, clock: Clock, settings: Settings
) -> None:
    first, second, third = await queue_deals(engine, clock, new_deal(), new_deal(), new_deal())
    await start(engine, clock, settings)
    await move_on(engine, clock.now(), settings)

    async def click() -> bool:
        skipped = await skip_it(engine, first, clock)
        await move_on(engine, clock.now(), settings)
        return skipped

    assert sorted(await asyncio.gather(*(click() for _ in range(5)))) == [False] * 4 + [True]
    assert await history(engine) == [(first, "ended", "skipped"), (second, "live", None)]
    assert third not in [deal_id for deal_id, _, _ in await history(engine)]


async def test_only_the_live_deal_can_be_skipped(
    engine: AsyncEngine, clock: Clock, settings: Settings
) -> None:
    first, second = await queue_deals(engine, clock, new_deal(), new_deal())
    await start(engine, clock, settings)
    await move_on(engine, clock.now(), settings)
    with pytest.raises(NotLive, match=f"Deal {second} is queued"):
        await skip_it(engine, second, clock)
    with pytest.raises(NotLive, match="no such deal"):
        await skip_it(engine, 2**63 - 1, clock)
    assert await live_id(engine) == first


async def test_a_show_that_was_not_started_does_not_begin_by_itself(
    engine: AsyncEngine, clock: Clock, settings: Settings
) -> None:
    await queue_deals(engine, clock, new_deal())
    await move_on(engine, clock.now(), settings)
    assert await history(engine) == []


async def test_moving_on_again_changes_nothing(engine: AsyncEngine, clock: Clock, settings: Settings) -> None:
    await queue_deals(engine, clock, new_deal(), new_deal())
    await start(engine, clock, settings)
    await move_on(engine, clock.now(), settings)
    async with engine.connect() as connection:
        before = (await connection.execute(select(shows))).one()
    await asyncio.gather(*(move_on(engine, clock.now(), settings) for _ in range(5)))
    async with engine.connect() as connection:
        assert (await connection.execute(select(shows))).one() == before
        live = select(func.count()).where(deals.c.state == "live")
        assert (await connection.execute(live)).scalar_one() == 1
