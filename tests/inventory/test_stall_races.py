"""Sixty-four processes that see a stall, or a pot that is won, at once; and what happens without their guards."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from app.inventory import show
from app.inventory.live import Present
from app.inventory.rotation import Close, Decision, Open, Raise, Stall
from app.inventory.show import next_step
from app.platform.database import metadata
from app.platform.embedded import EmbeddedServers
from app.platform.settings import Settings
from app.sharing.reward_tables import pots, reward_terms
from tests.conftest import FrozenClock
from tests.factories.inventory import Process, a_shopper, history, new_deal, queue_deals
from tests.factories.show import move_on, revision
from tests.factories.stalls import stalled_deal, stalls_of

MANY = 64
MINUTE = 60.0
STEPS = [{"after_minutes": 0, "reward": 900}]


@pytest.fixture
async def crowd(engine: AsyncEngine, servers: EmbeddedServers) -> AsyncIterator[AsyncEngine]:
    """The same database, with a connection for each of sixty-four."""
    many = create_async_engine(servers.database_url, pool_size=MANY, pool_timeout=100)
    yield many
    await many.dispose()


async def all_move_on(
    engine: AsyncEngine, clock: FrozenClock, settings: Settings, processes: int
) -> list[Decision]:
    """So many processes look at once; all that they believe to have done."""
    async with asyncio.timeout(100):
        done = await asyncio.gather(*(move_on(engine, clock.now(), settings) for _ in range(processes)))
    return [step for one in done for step in one]


async def due_to_stall(shop: Process, clock: FrozenClock) -> int:
    """A live deal that holds up the show from now on, which nobody has seen yet."""
    deal = new_deal(stall_after_minutes=10, reward=200, reward_steps=STEPS)
    (deal_id,) = await queue_deals(shop.engine, clock, deal)
    await shop.showrunner.set_show("woot-off", False)
    clock.advance(10 * MINUTE)
    return deal_id


async def sold_out_in_time(shop: Process, clock: FrozenClock) -> int:
    """A live deal whose last unit was sold in time for its pot, which nobody has seen yet."""
    deal_id = await stalled_deal(
        shop.engine, shop.showrunner, clock, quantity=3, pot=5000, stall_after_minutes=10
    )
    await queue_deals(shop.engine, clock, new_deal())
    await shop.sell(await a_shopper(shop.engine, clock), deal_id, 3)
    return deal_id


async def pots_won(engine: AsyncEngine) -> int:
    async with engine.connect() as connection:
        return int((await connection.execute(select(func.count()).select_from(pots))).scalar_one())


async def test_sixty_four_processes_mark_a_stall_and_raise_its_reward_once(
    shop: Process, crowd: AsyncEngine, clock: FrozenClock, settings: Settings
) -> None:
    deal_id = await due_to_stall(shop, clock)
    before = await revision(crowd)
    done = await all_move_on(crowd, clock, settings, MANY)
    assert done == [Stall(deal_id, True), Raise(deal_id, 900)]
    assert await stalls_of(crowd, deal_id) == [(clock.now(), None)]
    assert await revision(crowd) == before + 2
    async with crowd.connect() as connection:
        query = select(reward_terms.c.reward).where(reward_terms.c.deal_id == deal_id)
        rewards = (await connection.execute(query.order_by(reward_terms.c.since))).scalars().all()
    assert rewards == [200, 900]


async def test_sixty_four_processes_win_a_pot_once(
    shop: Process, crowd: AsyncEngine, clock: FrozenClock, settings: Settings
) -> None:
    deal_id = await sold_out_in_time(shop, clock)
    done = await all_move_on(crowd, clock, settings, MANY)
    assert done == [Close(deal_id, "sold-out"), Open(deal_id + 1)]
    assert await pots_won(crowd) == 1
    assert len(await history(crowd)) == 2


def take_no_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for a turn any more, and of two who move on both decide before either acts."""
    both_decided, decided = asyncio.Barrier(2), set[AsyncConnection]()

    async def go_ahead(connection: AsyncConnection, name: str) -> None:
        """Nobody waits."""

    async def decide_together(
        connection: AsyncConnection, now: datetime, zone: ZoneInfo
    ) -> tuple[Present, Decision]:
        step = await next_step(connection, now, zone)
        if connection not in decided:
            decided.add(connection)
            await both_decided.wait()
        return step

    monkeypatch.setattr(show, "take_turns", go_ahead)
    monkeypatch.setattr(show, "next_step", decide_together)


@asynccontextmanager
async def without(engine: AsyncEngine, *undo_and_redo: tuple[str, str]) -> AsyncIterator[None]:
    """PostgreSQL's own vetoes are gone meanwhile; everything is left as it was, and empty."""
    async with engine.begin() as connection:
        for undo, _ in undo_and_redo:
            await connection.execute(text(undo))
    try:
        yield
    finally:
        async with engine.begin() as connection:
            for table in reversed(metadata.sorted_tables):
                await connection.execute(table.delete())
            for _, redo in reversed(undo_and_redo):
                await connection.execute(text(redo))


ONE_STALL = (
    "DROP INDEX one_stall_of_a_deal",
    "CREATE UNIQUE INDEX one_stall_of_a_deal ON stalls (deal_id) WHERE until IS NULL",
)
STALL_KEY = (
    "ALTER TABLE stalls DROP CONSTRAINT pk_stalls",
    "ALTER TABLE stalls ADD CONSTRAINT pk_stalls PRIMARY KEY (deal_id, since)",
)
SHARES_OF_A_POT = (
    "ALTER TABLE pot_shares DROP CONSTRAINT fk_pot_shares_deal_id_pots",
    "ALTER TABLE pot_shares ADD CONSTRAINT fk_pot_shares_deal_id_pots FOREIGN KEY (deal_id) REFERENCES pots",
)
POT_KEY = (
    "ALTER TABLE pots DROP CONSTRAINT pk_pots",
    "ALTER TABLE pots ADD CONSTRAINT pk_pots PRIMARY KEY (deal_id)",
)


async def test_without_turns_and_keys_a_stall_would_be_marked_twice(
    shop: Process,
    engine: AsyncEngine,
    clock: FrozenClock,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The negative control: what is asserted above does go red when the guards are gone."""
    deal_id = await due_to_stall(shop, clock)
    take_no_turns(monkeypatch)
    async with without(engine, ONE_STALL, STALL_KEY):
        done = await all_move_on(engine, clock, settings, 2)
        assert done.count(Stall(deal_id, True)) == 2
        assert len(await stalls_of(engine, deal_id)) == 2


async def test_the_index_alone_refuses_a_second_stall(
    shop: Process,
    engine: AsyncEngine,
    clock: FrozenClock,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    deal_id = await due_to_stall(shop, clock)
    take_no_turns(monkeypatch)
    with pytest.raises(IntegrityError, match=r"one_stall_of_a_deal|pk_stalls"):
        await all_move_on(engine, clock, settings, 2)
    assert len(await stalls_of(engine, deal_id)) == 1


@pytest.mark.parametrize("has_key", [True, False], ids=["guarded", "unguarded"])
async def test_without_turns_and_the_key_a_pot_would_be_won_twice(
    shop: Process,
    engine: AsyncEngine,
    clock: FrozenClock,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    has_key: bool,
) -> None:
    """The other negative control. With the pot's own key it is won once, also where nobody waits for a turn."""
    deal_id = await sold_out_in_time(shop, clock)
    take_no_turns(monkeypatch)
    async with without(engine, *(() if has_key else (SHARES_OF_A_POT, POT_KEY))):
        done = await all_move_on(engine, clock, settings, 2)
        assert done.count(Close(deal_id, "sold-out")) == 2
        assert await pots_won(engine) == (1 if has_key else 2)
