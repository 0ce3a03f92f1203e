"""Two processes sell one deal, and one of them dies, stops or is left at every step of a purchase."""

import os
import signal
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path

import httpx
import pytest
from msgspec import Struct
from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncEngine

from app.platform.clock import SystemClock
from app.platform.embedded import EmbeddedServers
from app.platform.redis import connect_redis
from app.platform.settings import Settings
from app.sales import recount_live
from tests.factories.crowd import Ask, Crowd, assert_nothing_is_lost, report
from tests.factories.database import empty
from tests.factories.identity import SECRET, open_identity
from tests.factories.inventory import live_id, new_deal, process, queue_deals
from tests.factories.running_shop import RunningShop, running_shop
from tests.factories.sales import eventually, people, read_books
from tests.factories.storefront import token

ON_THE_WAY = ["before-admit", "after-admit", "before-commit", "after-commit", "before-answer"]
AGAIN = {202, 502, 503}
clock = SystemClock()


class Show(Struct):
    """A deal of many units is live, a process that stays sells it, and there are shoppers with tokens."""

    engine: AsyncEngine
    redis: Redis
    servers: EmbeddedServers
    folder: Path
    settings: Settings
    stays: RunningShop
    shoppers: dict[int, dict[str, str]]
    deal: int

    @contextmanager
    def second(self, failpoints: str) -> Iterator[RunningShop]:
        """Another process, which falls into a trap."""
        folder = self.folder / failpoints
        folder.mkdir()
        settings = {"SECRET": SECRET, "TEST_MODE": "on", "FAILPOINTS": failpoints}
        with running_shop(self.servers, folder, "serve", **settings) as shop:
            yield shop

    def log(self, failpoints: str) -> str:
        """What that process said."""
        return (self.folder / failpoints / "shop.log").read_text()


@pytest.fixture(scope="module")
async def show(
    servers: EmbeddedServers, migrated: AsyncEngine, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Show]:
    """A Woot-Off whose first deal outlasts all the tests here: each leaves things right, so none begins anew."""
    folder = tmp_path_factory.mktemp("show")
    settings = Settings(database_url=servers.database_url, redis_url=servers.redis_url, data=folder)
    redis = connect_redis(servers.redis_url, timeout=2.0)
    await redis.flushall()
    async with migrated.begin() as connection:
        await empty(connection)
    deal, *_ = await queue_deals(migrated, clock, *(new_deal(quantity=50_000, limit=100) for _ in range(2)))
    async with process(settings, clock) as director:
        await director.showrunner.set_show("woot-off", False)
    identity = open_identity(migrated, clock)
    shoppers = {shopper: await token(identity, migrated, shopper) for shopper in await people(migrated, 200)}
    with running_shop(servers, folder, "serve", SECRET=SECRET) as stays:
        yield Show(migrated, redis, servers, folder, settings, stays, shoppers, deal)
    await redis.aclose()


@pytest.fixture
async def tills(show: Show) -> AsyncIterator[Callable[..., Ask]]:
    """Something to call for a way to buy at a process, with connections of its own."""
    async with AsyncExitStack() as open_clients:

        async def client_for(shop: RunningShop, patience: float) -> httpx.AsyncClient:
            return await open_clients.enter_async_context(
                httpx.AsyncClient(base_url=f"{shop.address}/api/v1", timeout=patience)
            )

        def till(shop: RunningShop, deal: int | None = None, patience: float = 15.0) -> Ask:
            client: httpx.AsyncClient | None = None

            async def ask(shopper: int, key: str) -> str | None:
                nonlocal client
                client = client or await client_for(shop, patience)
                body = {"deal_id": deal or show.deal, "quantity": 1}
                headers = show.shoppers[shopper] | {"Idempotency-Key": key}
                try:
                    answer = await client.post("/orders", json=body, headers=headers)
                except httpx.TransportError:
                    return None
                if answer.status_code in AGAIN:
                    return None
                assert answer.status_code == 201, answer.text
                return str(answer.json()["id"])

            return ask

        yield till


async def died(shop: RunningShop) -> bool:
    """Whether it was killed."""
    assert shop.process.poll() in (None, -signal.SIGKILL), "it ended in another way"
    return shop.process.returncode is not None


async def stopped(shop: RunningShop) -> bool:
    """Whether the operating system does not run it for now."""
    stat = Path(f"/proc/{shop.process.pid}/stat").read_text()
    return stat.rpartition(")")[2].split()[0] == "T"


@pytest.mark.parametrize("failpoint", ON_THE_WAY)
async def test_whoever_is_killed_loses_nothing_that_was_confirmed(
    show: Show, tills: Callable[..., Ask], failpoint: str
) -> None:
    with show.second(f"{failpoint}=kill:after=5") as victim:
        crowd = Crowd([tills(show.stays), tills(victim)], list(show.shoppers))
        await eventually(lambda: died(victim))
        await crowd.hears_of(30)
        await crowd.leave()
    report(f"killed at {failpoint}", crowd)
    await assert_nothing_is_lost(show.engine, show.redis, crowd)
    await crowd.ask_again(tills(show.stays))
    await assert_nothing_is_lost(show.engine, show.redis, crowd)


async def test_a_recounter_that_is_killed_is_followed_by_another(
    show: Show, tills: Callable[..., Ask]
) -> None:
    with show.second("during-recount=kill") as victim:
        crowd = Crowd([tills(show.stays), tills(victim)], list(show.shoppers))
        while not await died(victim):
            await crowd.hears_of(
                10
            )  # whichever process is the quicker one counts: again, until it is the victim
            await show.redis.flushall()
        await crowd.hears_of(30)
        await crowd.leave()
    report("killed at during-recount", crowd)
    await assert_nothing_is_lost(show.engine, show.redis, crowd)
    await crowd.ask_again(tills(show.stays))


async def test_a_process_that_slept_through_a_recount_sells_nothing_that_it_had_in_hand_twice(
    show: Show, tills: Callable[..., Ask]
) -> None:
    trap = "after-admit=stop:after=5"
    with show.second(trap) as sleeper:
        crowd = Crowd([tills(show.stays), tills(sleeper, patience=0.5)], list(show.shoppers))
        await eventually(lambda: stopped(sleeper))
        counted = await recount_live(show.engine, show.redis)
        await eventually(crowd.has_asked_again)  # and the other process sells them what the sleeper holds
        os.kill(sleeper.process.pid, signal.SIGCONT)
        await crowd.hears_of(60)
        await crowd.leave()
        assert counted is not None
        assert f"epoch={counted.epoch - 1} reason=" in show.log(trap), "it noticed that its epoch was gone"
        await crowd.ask_again(tills(sleeper))
    report("stopped at after-admit, past a recount", crowd)
    await assert_nothing_is_lost(show.engine, show.redis, crowd)


async def test_a_client_that_leaves_in_the_middle_of_a_purchase_has_bought_once(
    show: Show, tills: Callable[..., Ask]
) -> None:
    shopper, *_ = show.shoppers
    before = (await read_books(show.engine, show.deal)).units
    with show.second("after-admit=wait:seconds=0.5") as shop:
        assert await tills(shop, patience=0.2)(shopper, "left") is None

        async def has_bought() -> bool:
            return (await read_books(show.engine, show.deal)).units > before

        await eventually(has_bought)
        order_id = await tills(shop)(shopper, "left")
        assert order_id == await tills(show.stays)(shopper, "left")
    await assert_nothing_is_lost(show.engine, show.redis, Crowd([], [], buyers=0))


async def test_a_show_whose_runner_is_killed_after_a_sell_out_moves_on(
    show: Show, tills: Callable[..., Ask]
) -> None:
    few = await queue_deals(show.engine, clock, *(new_deal(quantity=2) for _ in range(6)))
    await skip_to(show, few[0])
    shopper, *_ = show.shoppers
    sold_out, gap = 0, 0.0
    with show.second("between-sell-out-and-advance=kill") as victim:
        while not await died(victim):  # whichever process looks first moves on: again, until it is the victim
            sold_out = few.pop(0)
            gap = await sell_out(show, tills(victim, sold_out), tills(show.stays, sold_out))
    print(f"\nkilled at between-sell-out-and-advance: the next deal is live after {gap:.2f} s")
    assert await live_id(show.engine) == few[0], "the next in the queue, and none was left out"
    assert await tills(show.stays, few[0])(shopper, "next") is not None
    assert await tills(show.stays, sold_out)(shopper, f"{sold_out}-2") is not None
    await assert_nothing_is_lost(show.engine, show.redis, Crowd([], [], buyers=0))


async def sell_out(show: Show, till: Ask, other: Ask) -> float:
    """Buy both units of the live deal, at the other till where there is no answer; how long until the next is live."""
    sold_out, (shopper, *_) = await live_id(show.engine), show.shoppers
    for key in (f"{sold_out}-1", f"{sold_out}-2"):
        assert await till(shopper, key) or await other(shopper, key)
    began = time.monotonic()

    async def has_moved_on() -> bool:
        return await live_id(show.engine) != sold_out

    await eventually(has_moved_on)
    return time.monotonic() - began


async def skip_to(show: Show, deal: int) -> None:
    """Have this deal on stage."""
    async with process(show.settings, clock) as director:
        while (live := await live_id(show.engine)) != deal:
            assert live is not None
            await director.showrunner.skip(live)
