"""A sale in two processes goes on, and ends right, whatever happens to the servers meanwhile: real ones, really hurt.

What a single call, commit or reply does when it is lost is in tests/sales; here the whole server goes.
"""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from msgspec import Struct
from redis.asyncio import Redis
from redis.exceptions import RedisError
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from app.platform.clock import SystemClock
from app.platform.database import POOL_SIZE
from app.platform.embedded import EmbeddedServers
from app.platform.embedded_supervisor import listener
from app.platform.ending import end_tasks
from app.sales import Checkout, Wish
from app.sales.gate import GateLostError
from app.sales.verdict import Bought, GateClosed, OutcomeUnknown
from tests.factories.crowd import Ask, Crowd, assert_nothing_is_lost, report
from tests.factories.sales import (
    DEAL,
    Process,
    assert_the_books_balance,
    bought,
    eventually,
    gate_left,
    is_recovering,
    on_offer,
    people,
    process,
    wish,
)

TICK_SECONDS = 0.2
REPLY_SECONDS = 0.5  # instead of 2: so that a server that stands still is given up sooner
PATIENCE_SECONDS = 0.6  # instead of 8: so that shoppers are turned away, and come again
SOME = 40  # orders, before and after a fault
clock = SystemClock()


class Sale(Struct):
    """Two processes that sell one deal, and the servers that they need."""

    servers: EmbeddedServers
    engine: AsyncEngine
    redis: Redis
    processes: Sequence[Process]

    @property
    def folder(self) -> Path:
        """Valkey's."""
        return Path(self.servers.redis_url.removeprefix("unix://")).parent

    def valkey(self) -> int:
        """Its process."""
        pid = listener(str(self.folder / "valkey.sock"))
        assert pid is not None
        return pid

    def postmaster(self) -> int:
        """PostgreSQL's first process."""
        pid = listener(str(self.folder.parent / "postgres-18" / ".s.PGSQL.5432"))
        assert pid is not None
        return pid

    async def backends(self) -> list[int]:
        """The processes that PostgreSQL has for the shop's."""
        async with self.superuser() as connection:
            found = await connection.execute(
                text("SELECT pid FROM pg_stat_activity WHERE application_name = 'breadmaker'")
            )
            return list(found.scalars())

    @asynccontextmanager
    async def superuser(self) -> AsyncIterator[AsyncConnection]:
        """A connection of PostgreSQL's owner, which takes no part in the sale."""
        url = self.servers.database_url.replace("breadmaker@", "postgres@")
        engine = create_async_engine(url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
        try:
            async with engine.connect() as connection:
                yield connection
        finally:
            await engine.dispose()


def till(checkout: Checkout) -> Ask:
    """A way to buy in one process."""

    async def ask(shopper: int, key: str) -> str | None:
        verdict = await checkout.purchase(Wish(shopper, key, DEAL, 1), patience=PATIENCE_SECONDS)
        assert isinstance(verdict, Bought | GateClosed | OutcomeUnknown), verdict  # never that it is sold out
        return verdict.order.id if isinstance(verdict, Bought) else None

    return ask


@pytest.fixture
async def sale(servers: EmbeddedServers, engine: AsyncEngine, redis: Redis) -> AsyncIterator[Sale]:
    """A deal that outlasts any fault; each process's show ticks."""
    await on_offer(engine, clock, quantity=100_000, limit=10_000)
    async with AsyncExitStack() as house:
        processes = [
            await house.enter_async_context(
                process(servers.database_url, servers.redis_url, clock, reply_seconds=REPLY_SECONDS)
            )
            for _ in range(2)
        ]

        async def tick(mine: Process) -> None:
            while True:
                with suppress(SQLAlchemyError, RedisError, GateLostError, OSError):
                    await mine.checkout.follow(DEAL)
                await asyncio.sleep(TICK_SECONDS)

        ticks = [asyncio.create_task(tick(mine)) for mine in processes]
        house.push_async_callback(end_tasks, ticks)
        yield Sale(servers, engine, redis, processes)
        await asyncio.to_thread(servers.start)


Fault = Callable[[Sale, Crowd], Awaitable[float]]
"""Hurts a server, and returns when it is well again: how many seconds that took."""


async def valkey_killed(sale: Sale, crowd: Crowd) -> float:
    """It comes back empty."""
    return await until_back(sale, sale.valkey())


async def valkey_restored_from_an_old_file(sale: Sale, crowd: Crowd) -> float:
    """It comes back with the gate of an epoch that has sold more since: too many units, and not all keys."""
    await sale.redis.save()
    await crowd.hears_of(SOME)
    try:
        outage = await until_back(sale, sale.valkey())
    finally:
        (sale.folder / "dump.rdb").unlink()
    assert (await sale.redis.info("persistence"))["rdb_last_load_keys_loaded"] > 0, "it has read the file"
    return outage


async def valkey_stopped(sale: Sale, crowd: Crowd) -> float:
    """It stands still for longer than anybody waits for it, then does all that it was asked meanwhile."""
    pid = sale.valkey()
    os.kill(pid, signal.SIGSTOP)
    try:
        await asyncio.sleep(REPLY_SECONDS * 2)
    finally:
        os.kill(pid, signal.SIGCONT)
    return REPLY_SECONDS * 2


async def valkey_full(sale: Sale, crowd: Crowd) -> float:
    """It takes no more writes."""
    await sale.redis.config_set("maxmemory", 1)
    try:
        await asyncio.sleep(0.5)
    finally:
        await sale.redis.config_set("maxmemory", 0)
    return 0.5


async def a_backend_killed(sale: Sale, crowd: Crowd) -> float:
    """By force: PostgreSQL then ends all others as well, and recovers."""
    return await until_back(sale, *await sale.backends())


async def the_postmaster_killed(sale: Sale, crowd: Crowd) -> float:
    """By force: its backends end by themselves, and another is started."""
    return await until_back(sale, sale.postmaster())


async def the_backends_frozen(sale: Sale, crowd: Crowd) -> float:
    """What they were asked, they do later."""
    pids = await sale.backends()
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        await asyncio.sleep(1.0)
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)
    return 1.0


async def postgres_read_only(sale: Sale, crowd: Crowd) -> float:
    """As after a failover to a standby."""
    async with sale.superuser() as connection:
        await connection.execute(text("ALTER SYSTEM SET default_transaction_read_only = on"))
        await connection.execute(text("SELECT pg_reload_conf()"))
        try:
            await asyncio.sleep(0.7)
        finally:
            await connection.execute(text("SET default_transaction_read_only = off"))
            await connection.execute(text("ALTER SYSTEM RESET default_transaction_read_only"))
            await connection.execute(text("SELECT pg_reload_conf()"))
    return 0.7


async def every_connection_in_use(sale: Sale, crowd: Crowd) -> float:
    """One process's pool has none left for as long as somebody else of the process has them all."""
    engine = sale.processes[0].engine
    pool: Any = engine.pool
    pool._timeout = 0.2  # instead of the seconds after which it gives up
    async with AsyncExitStack() as hogs:
        while pool.checkedout() < 2 * POOL_SIZE:  # the ledger keeps one
            await hogs.enter_async_context(engine.connect())
        await asyncio.sleep(0.7)
    return 0.7


async def test_what_a_stopped_valkey_was_asked_and_does_too_late_changes_nothing(
    servers: EmbeddedServers, engine: AsyncEngine, redis: Redis
) -> None:
    await on_offer(engine, clock)
    (ada,) = await people(engine, 1)
    async with process(servers.database_url, servers.redis_url, clock, reply_seconds=1.0) as mine:
        await mine.checkout.follow(DEAL)
        await redis.config_resetstat()
        sale = Sale(servers, engine, redis, [mine])
        pid = sale.valkey()
        os.kill(pid, signal.SIGSTOP)
        try:
            buying = asyncio.create_task(mine.checkout.purchase(wish(ada, 3), patience=30))

            async def is_given_up() -> bool:
                return is_recovering(mine.checkout)

            await eventually(is_given_up)
        finally:
            os.kill(pid, signal.SIGCONT)
        bought(await buying)
        scripts = (await redis.info("commandstats"))["cmdstat_evalsha"]["calls"]
        assert scripts == 2, "the late one, and the one that sold at another gate"
        await assert_the_books_balance(engine, sold=3)
        assert await gate_left(mine.gate, engine) == 7
        assert [key async for key in redis.scan_iter("gate:*:2")] == [], "nothing is left of the old gate"


async def until_back(sale: Sale, *pids: int) -> float:
    """Kill the first of these processes; returns when all are gone and both servers answer: after how many seconds."""
    began = time.monotonic()
    os.kill(pids[0], signal.SIGKILL)

    async def are_gone() -> bool:
        return not any(map(lives, pids))

    await eventually(are_gone)
    await asyncio.to_thread(sale.servers.start)
    return time.monotonic() - began


def lives(pid: int) -> bool:
    """Whether there is such a process."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


FAULTS: list[Fault] = [
    valkey_killed,
    valkey_restored_from_an_old_file,
    valkey_stopped,
    valkey_full,
    a_backend_killed,
    the_postmaster_killed,
    the_backends_frozen,
    postgres_read_only,
    every_connection_in_use,
]


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_sale_goes_on_and_ends_right(sale: Sale, fault: Fault) -> None:
    tills = [till(mine.checkout) for mine in sale.processes]
    crowd = Crowd(tills, await people(sale.engine, 50))
    await crowd.hears_of(SOME)
    outage = await fault(sale, crowd)
    await crowd.hears_of(SOME)
    await crowd.leave()
    report(fault.__name__, crowd, outage)
    await assert_nothing_is_lost(sale.engine, sale.redis, crowd)
    await crowd.ask_again(tills[1])
