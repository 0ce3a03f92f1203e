"""Sixty-four at once over coupons, rewards, caps and pots; and guards taken away, so that one sees what each is for."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

import app.sharing
from app.payments import Money
from app.platform.embedded import EmbeddedServers
from app.platform.proof import examine
from app.sharing import RewardTerms, decide_held, issue_pot, rewarding, rewards
from app.sharing.audit import PROMISES
from app.sharing.coupons import issue
from app.sharing.pots import LAST_PAYMENTS
from app.sharing.reward_case import RETURN_WINDOW
from app.sharing.reward_tables import pot_shares
from app.sharing.reward_tables import rewards as rewards_table
from app.sharing.tables import coupons
from tests.factories.audit import broken
from tests.factories.identity import MovableClock
from tests.factories.rewards import DEAL, Crowd
from tests.factories.sales import Halt, eventually, people
from tests.factories.sharing import coupon

MANY = 64
CLAIM = text("SELECT claim_coupons(:now, ARRAY[:order], ARRAY[CAST(:shopper AS bigint)], ARRAY[:code])")
CLAIM_SQL = Path(app.sharing.__file__).parent / "scripts" / "claim_coupons.sql"
ONCE = "WHERE c.code = w.code AND c.state = 'ready'"
WAITING = text(
    "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND application_name = 'a crowd'"
)
CAPS = "No helper, and no deal's helpers together, have earned more than its caps."


@pytest.fixture
async def crowded(servers: EmbeddedServers, crowd: Crowd) -> AsyncIterator[Crowd]:
    """The same books, with a connection for each of sixty-four."""
    named = {"server_settings": {"application_name": "a crowd"}}
    engine = create_async_engine(servers.database_url, pool_size=MANY, pool_timeout=100, connect_args=named)
    yield Crowd(engine, crowd.redis, crowd.clock)
    await engine.dispose()


async def at_once(what: Callable[[], Awaitable[Any]]) -> list[Any]:
    """Sixty-four of it."""
    return await asyncio.gather(*(what() for _ in range(MANY)))


async def somebody_waits(engine: AsyncEngine) -> bool:
    async with engine.connect() as connection:
        return bool(await connection.scalar(WAITING))


async def promised(engine: AsyncEngine) -> dict[str, set[int | None]]:
    async with engine.connect() as connection:
        return broken(await examine(connection, PROMISES))


async def test_sixty_four_rounds_at_once_give_each_order_one_coupon_and_pass_no_cap(
    crowded: Crowd, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rewarding, "BATCH", 1)
    ada, bea, cy = await people(crowded.engine, 3)
    await crowded.terms(RewardTerms("USD", 250, cap_per_helper=4000, cap_per_deal=7100))
    orders = [await crowded.help(helper, ada) for helper in (bea, cy) for _ in range(MANY // 2)]
    rounds = [crowded.process() for _ in range(MANY)]
    await asyncio.gather(*(one.round() for one in rounds))
    async with crowded.engine.connect() as connection:
        of = {
            row.helper_id: row.sum
            for row in await connection.execute(
                select(rewards_table.c.helper_id, func.sum(rewards_table.c.amount)).group_by(
                    rewards_table.c.helper_id
                )
            )
        }
        given = await connection.scalar(select(func.sum(coupons.c.amount)))
    assert len(orders) == MANY
    assert sum(of.values()) == given == 7100
    assert max(of.values()) <= 4000
    await crowded.assert_the_books_are_right()


@asynccontextmanager
async def standing_still(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Halt]:
    """The first who is about to give a coupon stands still; whoever comes after goes through."""
    halt = Halt()

    async def give(*args: Any, **named: Any) -> str:
        if not halt.has_arrival:
            await halt.stand_still()
        return await issue(*args, **named)

    monkeypatch.setattr(rewards, "issue", give)
    yield halt


async def nobody_waits(*_: object) -> None:
    """No turn."""


@pytest.mark.parametrize("stands", [True, False], ids=["guarded", "unguarded"])
async def test_without_the_turn_two_pass_the_cap_together(
    crowded: Crowd, monkeypatch: pytest.MonkeyPatch, stands: bool
) -> None:
    if not stands:
        monkeypatch.setattr(rewards, "take_turns", nobody_waits)
    monkeypatch.setattr(rewarding, "BATCH", 1)
    ada, bea = await people(crowded.engine, 2)
    await crowded.terms(RewardTerms("USD", 250, cap_per_deal=300))
    for _ in range(2):
        await crowded.help(bea, ada)
    async with standing_still(monkeypatch) as halt:
        first = asyncio.create_task(crowded.round())
        await halt.arrival()
        second = asyncio.create_task(crowded.round())
        if stands:
            await eventually(lambda: somebody_waits(crowded.engine))
        else:
            await second
        halt.let_go()
        await asyncio.gather(first, second)
    assert await promised(crowded.engine) == ({} if stands else {CAPS: {DEAL}})


async def take_all(connection: AsyncConnection, most: int, now: Any) -> list[str]:
    """What `take_due` answers, with neither a turn nor a lock."""
    due = select(rewards_table.c.order_id).where(rewards_table.c.due_at <= now).limit(most)
    return list((await connection.execute(due)).scalars())


@pytest.mark.parametrize(("is_locked", "is_derived"), [(True, True), (False, True), (False, False)])
async def test_an_order_gets_one_coupon_by_its_lock_and_by_the_coupons_own_code(
    crowded: Crowd, monkeypatch: pytest.MonkeyPatch, is_locked: bool, is_derived: bool
) -> None:
    """Without either there are two. The staff have decided: else writing the verdict down locks the row, too."""
    ada, bea = await people(crowded.engine, 2)
    await crowded.terms()
    order = await crowded.help(bea, ada, own_browser=True)
    await crowded.round()
    async with crowded.engine.begin() as connection:
        assert await decide_held(connection, order, earns=True, by=1, now=crowded.clock.now())
    if not is_locked:
        monkeypatch.setattr(rewarding, "take_due", take_all)
    if not is_derived:
        monkeypatch.setattr("app.sharing.coupons.coupon_code", lambda _: secrets.token_hex(8))
    async with standing_still(monkeypatch) as halt:
        first = asyncio.create_task(crowded.round())
        await halt.arrival()
        second = asyncio.create_task(crowded.round())
        if is_locked:
            await eventually(lambda: somebody_waits(crowded.engine))
        else:
            await second
        halt.let_go()
        await asyncio.gather(first, second)
    async with crowded.engine.connect() as connection:
        given = await connection.scalar(select(func.count()).select_from(coupons))
    assert given == (1 if is_derived else 2)


async def test_sixty_four_claims_of_one_coupon_at_once_use_it_once(
    crowded: Crowd, clock: MovableClock
) -> None:
    [ada] = await people(crowded.engine, 1)
    code = await coupon(crowded.engine, ada, clock.now())

    async def claim() -> list[str]:
        order = secrets.token_hex(4)
        async with crowded.engine.begin() as connection:
            given = {"now": clock.now(), "order": order, "shopper": ada, "code": code}
            return list((await connection.execute(CLAIM, given)).scalar_one())

    used = [orders for orders in await at_once(claim) if orders]
    async with crowded.engine.connect() as connection:
        by = await connection.scalar(select(coupons.c.order_id))
    assert used == [[by]]


@pytest.mark.parametrize("stands", [True, False], ids=["guarded", "unguarded"])
async def test_without_a_second_look_at_the_coupon_two_orders_have_it(
    crowded: Crowd, clock: MovableClock, stands: bool
) -> None:
    [ada] = await people(crowded.engine, 1)
    code = await coupon(crowded.engine, ada, clock.now())
    source = CLAIM_SQL.read_text()
    assert source.count(ONCE) == 1
    given = {"now": clock.now(), "shopper": ada, "code": code}
    async with crowded.engine.connect() as one, crowded.engine.connect() as other:
        for connection in (one, other):
            await connection.exec_driver_sql(_for_this_session(source, stands=stands))
        first = await _claim(one, {**given, "order": "first"})
        late = asyncio.create_task(_claim(other, {**given, "order": "second"}))
        await eventually(lambda: somebody_waits(crowded.engine))
        await one.commit()
        second = await late
        await other.rollback()
    assert (first, second) == (["first"], [] if stands else ["second"])


def _for_this_session(source: str, *, stands: bool) -> str:
    """The claim, or the claim without its second look, as a function that no other session sees."""
    changed = source if stands else source.replace(ONCE, "WHERE c.code = w.code")
    return changed.replace("FUNCTION claim_coupons", "FUNCTION pg_temp.claim_coupons")


async def _claim(connection: AsyncConnection, given: dict[str, object]) -> list[str]:
    own = text(CLAIM.text.replace("claim_coupons", "pg_temp.claim_coupons"))
    return list((await connection.execute(own, given)).scalar_one())


async def test_a_pot_is_won_once_and_shared_once_by_sixty_four_at_once(crowded: Crowd) -> None:
    ada, *helpers = await people(crowded.engine, 8)
    orders = [await crowded.help(helper, ada, units) for units, helper in enumerate(helpers, 1)]
    await crowded.paid(*orders)
    await crowded.round()

    async def win() -> bool:
        async with crowded.engine.begin() as connection:
            return await issue_pot(connection, DEAL, Money(9999, "USD"), crowded.clock.now())

    assert sum(await at_once(win)) == 1
    crowded.stands = (39, 40)  # one unit came back: 9749.025 of it are shared
    crowded.clock.advance((RETURN_WINDOW + LAST_PAYMENTS).total_seconds())
    await at_once(crowded.round)
    async with crowded.engine.connect() as connection:
        shared = (await connection.execute(select(pot_shares.c.amount))).scalars().all()
        in_coupons = await connection.scalar(select(func.sum(coupons.c.amount)))
    assert (len(shared), sum(shared), in_coupons) == (7, 9749, 9749)
    await crowded.assert_the_books_are_right()
