"""A coupon is spent at the moment at which it is taken back: it is one of the two, and the books say which."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from app.platform.embedded import EmbeddedServers
from app.platform.proof import examine
from app.sharing import rewards
from app.sharing.audit import PROMISES
from app.sharing.coupons import make_void
from app.sharing.reward_case import RETURN_WINDOW, CouponState
from app.sharing.tables import coupons
from tests.factories.audit import broken
from tests.factories.rewards import DEAL, Crowd
from tests.factories.sales import Halt, eventually, people

CLAIM = text("SELECT claim_coupons(:now, ARRAY['spent'], ARRAY[CAST(:shopper AS bigint)], ARRAY[:code])")
WAITING = text(
    "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND application_name = 'clawback'"
)
IN_A_COUPON = "Every cent that helpers have earned is in a coupon of theirs, and in nobody else's."


@pytest.fixture
async def clawed(servers: EmbeddedServers, crowd: Crowd) -> AsyncIterator[Crowd]:
    """The same books, by connections that are known by a name."""
    named = {"server_settings": {"application_name": "clawback"}}
    engine = create_async_engine(servers.database_url, connect_args=named)
    yield Crowd(engine, crowd.redis, crowd.clock)
    await engine.dispose()


async def a_ready_coupon(crowd: Crowd) -> tuple[str, str, int]:
    """The order that earned it, its code, and its owner."""
    ada, bea = await people(crowd.engine, 2)
    await crowd.terms()
    order = await crowd.help(bea, ada)
    await crowd.paid(order)
    await crowd.round()
    crowd.clock.advance(RETURN_WINDOW.total_seconds())
    await crowd.round()
    found = await crowd.standing(order)
    assert (found.state, found.coupon is None) == ("ready", False)
    return order, str(found.coupon), bea


async def somebody_waits(engine: AsyncEngine) -> bool:
    async with engine.connect() as connection:
        return bool(await connection.scalar(WAITING))


async def spend(connection: AsyncConnection, crowd: Crowd, code: str, owner: int) -> list[str]:
    given = {"now": crowd.clock.now(), "shopper": owner, "code": code}
    return list((await connection.execute(CLAIM, given)).scalar_one())


async def promised(crowd: Crowd) -> dict[str, set[int | None]]:
    async with crowd.engine.connect() as connection:
        return broken(await examine(connection, PROMISES))


async def test_what_is_being_spent_is_spent_and_stays_counted(clawed: Crowd) -> None:
    order, code, bea = await a_ready_coupon(clawed)
    async with clawed.engine.connect() as buying:
        assert await spend(buying, clawed, code, bea) == ["spent"]
        await clawed.over(order)
        taking_back = asyncio.create_task(clawed.round())
        await eventually(lambda: somebody_waits(clawed.engine))
        await buying.commit()
        await taking_back
    assert await clawed.coupon(order) == ("used", 250)
    await clawed.over("spent")
    assert await clawed.coupon(order) == ("void", 0), "it does not come back"
    assert await promised(clawed) == {}


async def look_only(connection: AsyncConnection, code: str) -> CouponState:
    """What `lock_coupon` answers, without its lock."""
    state: CouponState = (
        await connection.execute(select(coupons.c.state).where(coupons.c.code == code))
    ).scalar_one()
    return state


@pytest.mark.parametrize("stands", [True, False], ids=["guarded", "unguarded"])
async def test_what_is_being_taken_back_buys_nothing(
    clawed: Crowd, monkeypatch: pytest.MonkeyPatch, stands: bool
) -> None:
    order, code, bea = await a_ready_coupon(clawed)
    halt = Halt()

    async def void(*args: Any) -> bool:
        await halt.stand_still()
        return await make_void(*args)

    monkeypatch.setattr(rewards, "make_void", void)
    if not stands:
        monkeypatch.setattr(rewards, "lock_coupon", look_only)
    await clawed.over(order)
    taking_back = asyncio.create_task(clawed.round())
    await halt.arrival()
    async with clawed.engine.connect() as buying:
        spending = asyncio.create_task(spend(buying, clawed, code, bea))
        if stands:
            await eventually(lambda: somebody_waits(clawed.engine))
        else:
            await spending
            await buying.commit()
        halt.let_go()
        await taking_back
        assert await spending == ([] if stands else ["spent"])
        await buying.commit()
    assert await promised(clawed) == ({} if stands else {IN_A_COUPON: {DEAL}})
    assert (await clawed.coupon(order))[0] == ("void" if stands else "used")
