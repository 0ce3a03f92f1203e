"""The only process of a shop is killed between the last unit of a stalled deal and all that follows from it."""

import signal
from contextlib import suppress
from pathlib import Path

import httpx
from redis.asyncio import Redis
from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from app.inventory.tables import deals
from app.platform.clock import SystemClock
from app.platform.embedded import EmbeddedServers
from app.platform.settings import Settings
from app.sharing.reward_tables import pots
from tests.factories.identity import SECRET, open_identity
from tests.factories.inventory import live_id, new_deal, process, queue_deals
from tests.factories.running_shop import running_shop
from tests.factories.sales import eventually, people, read_books
from tests.factories.stalls import is_stalled, let_it_be_late
from tests.factories.storefront import token

DIES = {"SECRET": SECRET, "TEST_MODE": "on", "FAILPOINTS": "between-sell-out-and-advance=kill"}
clock = SystemClock()


async def won(engine: AsyncEngine) -> list[tuple[int, int]]:
    async with engine.connect() as connection:
        return [(row.deal_id, row.amount) for row in await connection.execute(select(pots))]


async def test_a_pot_that_was_won_when_every_process_died_is_paid_when_one_comes_back_too_late(
    engine: AsyncEngine, redis: Redis, settings: Settings, servers: EmbeddedServers, tmp_path: Path
) -> None:
    stalled, following = await queue_deals(engine, clock, new_deal(quantity=2, pot=5000), new_deal())
    (ada,) = await people(engine, 1)
    async with process(settings, clock) as director:
        await director.showrunner.set_show("woot-off", False)
        await let_it_be_late(engine, stalled)
        await director.showrunner.tick()
    assert await is_stalled(engine, stalled)
    headers = await token(open_identity(engine, clock), engine, ada) | {"Idempotency-Key": "both"}
    with running_shop(servers, tmp_path, "serve", **DIES) as shop:
        async with httpx.AsyncClient(base_url=shop.address, headers=headers, timeout=30) as client:
            with suppress(httpx.TransportError):  # it may die before it answers; the order is in the books
                await client.post("/api/v1/orders", json={"deal_id": stalled, "quantity": 2})

        async def has_died() -> bool:
            return shop.process.poll() == -signal.SIGKILL

        await eventually(has_died)
    assert (await read_books(engine, stalled)).units == 2
    assert (await live_id(engine), await won(engine)) == (stalled, [])
    async with engine.begin() as connection:
        its_time_is_over = update(deals).where(deals.c.id == stalled).values(pot_until=clock.now())
        await connection.execute(its_time_is_over)
    async with process(settings, clock) as another:
        await another.showrunner.tick()
        await another.showrunner.tick()
    assert (await live_id(engine), await won(engine)) == (following, [(stalled, 5000)])
