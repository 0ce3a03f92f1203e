"""Two processes that move the show on at once, and what happens without their guards."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from sqlalchemy.schema import CreateIndex, DropIndex

from app.inventory import show
from app.inventory.live import Present
from app.inventory.rotation import Close, Decision, Keep, Open
from app.inventory.show import advance, next_step, set_show
from app.platform.clock import Clock
from app.platform.database import metadata
from app.platform.settings import Settings
from tests.factories.inventory import history, live_id, new_deal, queue_deals
from tests.factories.show import move_on, revision, start

MIDNIGHT = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)  # the first in Chicago after the frozen clock's moment


@asynccontextmanager
async def without_the_indexes(engine: AsyncEngine) -> AsyncIterator[None]:
    """PostgreSQL forgets that only one deal may be live or have a turn; it is left as it was, and empty."""
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
        await connection.execute(text("ALTER TABLE deals DROP CONSTRAINT uq_deals_turn"))
    try:
        yield
    finally:
        async with engine.begin() as connection:
            for table in reversed(metadata.sorted_tables):
                await connection.execute(table.delete())
            for index in indexes:
                await connection.execute(CreateIndex(index))
            await connection.execute(text("ALTER TABLE deals ADD CONSTRAINT uq_deals_turn UNIQUE (turn)"))


async def two_who_disagree(engine: AsyncEngine, clock: Clock, settings: Settings) -> None:
    """Two processes move the show on at once, and by their clocks different deals are due."""
    later = clock.now() + timedelta(seconds=5)
    await queue_deals(engine, clock, new_deal(not_before=later), new_deal())
    await start(engine, clock, settings)
    async with asyncio.timeout(60):
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

    async def decide_once(
        connection: AsyncConnection, now: datetime, zone: ZoneInfo
    ) -> tuple[Present | None, Decision]:
        if connection in decided:
            return None, Keep()
        decided.add(connection)
        step = await next_step(connection, now, zone)
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
        with pytest.raises(AssertionError):
            await history(engine)  # two have the same turn


@pytest.mark.usefixtures("no_turns")
async def test_the_indexes_alone_refuse_a_second_live_deal(
    engine: AsyncEngine, clock: Clock, settings: Settings
) -> None:
    with pytest.raises(IntegrityError, match=r"one_live_deal|uq_deals_turn"):
        await two_who_disagree(engine, clock, settings)
    assert len(await history(engine)) == 1
    assert await live_id(engine) is not None


async def at_midnight_two(engine: AsyncEngine, clock: Clock, settings: Settings) -> list[Decision]:
    """Two processes see midnight at once; answers all that either of them believes to have done."""
    await queue_deals(engine, clock, new_deal(), new_deal(), new_deal())
    await start(engine, clock, settings, "daily")
    await move_on(engine, clock.now(), settings)
    async with asyncio.timeout(60):
        done = await asyncio.gather(*(move_on(engine, MIDNIGHT, settings) for _ in range(2)))
    return [step for one in done for step in one]


async def test_two_processes_at_midnight_roll_over_once(
    engine: AsyncEngine, clock: Clock, settings: Settings
) -> None:
    assert await at_midnight_two(engine, clock, settings) == [Close(1, "time-up"), Open(2)]
    assert await history(engine) == [(1, "ended", "time-up"), (2, "live", None)]
    assert await revision(engine) == 1 + 1 + 1 + 2  # at first, started, opened, rolled over


async def test_without_a_turn_both_would_roll_over(
    engine: AsyncEngine, clock: Clock, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control: what the test above asserts does go red when nobody waits for a turn."""
    both_decided, decided = asyncio.Barrier(2), set[AsyncConnection]()

    async def go_ahead(connection: AsyncConnection, name: str) -> None:
        """Nobody waits."""

    async def decide_together(
        connection: AsyncConnection, now: datetime, zone: ZoneInfo
    ) -> tuple[Present, Decision]:
        step = await next_step(connection, now, zone)
        if now == MIDNIGHT and connection not in decided:
            decided.add(connection)
            await both_decided.wait()
        return step

    monkeypatch.setattr(show, "take_turns", go_ahead)
    monkeypatch.setattr(show, "next_step", decide_together)
    done = await at_midnight_two(engine, clock, settings)
    assert done.count(Close(1, "time-up")) == 2
    assert await revision(engine) == 1 + 1 + 1 + 3
    assert await live_id(engine) == 2, "PostgreSQL's own vetoes are behind the turn"


@pytest.mark.parametrize("stands", [True, False], ids=["guarded", "unguarded"])
async def test_the_turn_keeps_two_processes_from_opening_one_deal_twice(
    engine: AsyncEngine,
    clock: Clock,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    stands: bool,
) -> None:
    """Both have decided what is due before either does it, unless they take turns."""
    (deal_id, _) = await queue_deals(engine, clock, new_deal(), new_deal())
    async with engine.begin() as connection:
        await set_show(connection, "woot-off", False, clock.now(), settings.zone)
    if not stands:
        decide_together(monkeypatch)

    async def move_on() -> None:
        async with engine.begin() as connection:
            await advance(connection, clock.now(), settings.zone)

    async with asyncio.timeout(60):
        outcomes = await asyncio.gather(move_on(), move_on(), return_exceptions=True)
    failed = [outcome for outcome in outcomes if outcome is not None]
    assert [type(one) for one in failed] == ([] if stands else [IntegrityError])
    assert await live_id(engine) == deal_id  # PostgreSQL's own veto is behind the turn
    assert len(await history(engine)) == 1


def decide_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for a turn any more, and the first two decisions are taken before either is carried out."""
    both_decided, decided = asyncio.Barrier(2), set[AsyncConnection]()

    async def go_ahead(connection: AsyncConnection, name: str) -> None:
        """Nobody waits."""

    async def decide(connection: AsyncConnection, now: datetime, zone: ZoneInfo) -> tuple[Present, Decision]:
        step = await next_step(connection, now, zone)
        if connection not in decided:
            decided.add(connection)
            await both_decided.wait()
        return step

    monkeypatch.setattr(show, "take_turns", go_ahead)
    monkeypatch.setattr(show, "next_step", decide)
