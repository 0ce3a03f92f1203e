"""Selling as a model has it, and the real thing beside it: two processes on an event loop of their own."""

import asyncio
from collections.abc import Awaitable, Sequence
from contextlib import AsyncExitStack
from typing import TypeVar

from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncEngine

from app.platform.database import connect_database
from app.platform.embedded import EmbeddedServers
from app.platform.failpoints import Name, armed
from app.platform.redis import connect_redis
from app.sales import Order, Wish, recount_live
from app.sales.gate import Gate
from app.sales.ledger import Ledger
from app.sales.tables import buyers, offers, orders, sold_by_second
from app.sales.verdict import Verdict
from tests.conftest import FrozenClock
from tests.factories.database import empty
from tests.factories.sales import DEADLINE, Process, people, process

T = TypeVar("T")


class Model:
    """One deal, and every order that there ever was."""

    def __init__(self, deal: int, quantity: int, limit: int) -> None:
        self.deal, self.quantity, self.limit = deal, quantity, limit
        self.paused, self.closed = False, False
        self.orders: dict[str, tuple[Wish, Order]] = {}  # by key: no two wishes share one here
        self.cancelled: set[str] = set()
        self.in_doubt: dict[str, Wish] = {}

    def standing(self) -> list[Wish]:
        """The wishes of the deal whose orders hold units."""
        mine = (wish for key, (wish, _) in self.orders.items() if key not in self.cancelled)
        return [wish for wish in mine if wish.deal_id == self.deal]

    @property
    def left(self) -> int:
        """Units that are not sold."""
        return self.quantity - sum(wish.quantity for wish in self.standing())

    @property
    def doubtful(self) -> int:
        """Units that may be missing at the gate, or be sold already."""
        return sum(wish.quantity for wish in self.in_doubt.values())

    def may_be_said(self, wish: Wish) -> set[str]:
        """The verdicts that are true of a wish under a fresh key; one, where nothing is in doubt."""
        others = [one for one in self.in_doubt.values() if one.key != wish.key]
        said = {self._open_verdict(wish, []), self._open_verdict(wish, others)}
        if self.left == 0:
            said.add("SoldOut")  # said before anything else is looked at
        if self.closed or self.paused:
            ended = "SoldOut" if self.left == 0 else "DealOver" if self.closed else "GateClosed"
            said = said - {"Bought"} | {ended}
            if self.closed and self.cancelled:
                said |= {"SoldOut", "DealOver"}  # it was sold out once; nobody looks again at what has ended
        return said

    def _open_verdict(self, wish: Wish, taken: Sequence[Wish]) -> str:
        holders = [*self.standing(), *taken]
        held = sum(one.quantity for one in holders if one.shopper_id == wish.shopper_id)
        left = self.quantity - sum(one.quantity for one in holders)
        if wish.quantity > self.limit:
            return "QuantityOutOfRange"
        if held + wish.quantity > self.limit:
            return "LimitReached"
        return "SoldOut" if left < wish.quantity else "Bought"


class House:
    """Two processes that sell, and the servers behind them, on an event loop of their own."""

    def __init__(self, servers: EmbeddedServers) -> None:
        self.servers, self.clock = servers, FrozenClock()
        self.loop = asyncio.new_event_loop()
        self._rooms: list[AsyncExitStack] = []
        self.processes: list[Process] = []
        self.engine: AsyncEngine = connect_database(servers.database_url)
        self.redis: Redis = connect_redis(servers.redis_url, timeout=2.0)
        self.gate, self.ledger = Gate(self.redis), Ledger(self.engine)
        self.people: list[int] = []

    def run(self, work: Awaitable[T]) -> T:
        """Do it to its end; nothing may take for ever."""
        return self.loop.run_until_complete(asyncio.wait_for(work, 3 * DEADLINE))

    async def open(self, number: int) -> None:
        """Two processes, an empty shop, and so many people."""
        async with self.engine.begin() as connection:
            await empty(connection)
        await self.redis.flushall()
        self.people = await people(self.engine, number)
        for _ in range(2):
            await self._start()

    async def _start(self, place: int = -1) -> None:
        room = AsyncExitStack()
        opening = process(self.servers.database_url, self.servers.redis_url, self.clock)
        made = await room.enter_async_context(opening)
        if place < 0:
            self.processes.append(made)
            self._rooms.append(room)
        else:
            self.processes[place], self._rooms[place] = made, room

    async def replace(self, place: int) -> None:
        """End a process where it stands, and start another."""
        await self._rooms[place].aclose()
        await self._start(place)

    async def close(self) -> None:
        """Give everything back."""
        for room in self._rooms:
            await room.aclose()
        await self.redis.aclose()
        await self.engine.dispose()

    async def empty(self) -> None:
        """No orders and no deals, and nobody who still sells one."""
        closing = offers.update().where(offers.c.closed_at.is_(None))
        async with self.engine.begin() as connection:
            await connection.execute(closing.values(closed_at=self.clock.now(), epoch=offers.c.epoch + 1))
        for _ in range(2):
            await self.follow(None)
        async with self.engine.begin() as connection:
            for table in (orders, buyers, sold_by_second, offers):
                await connection.execute(table.delete())

    async def follow(self, deal: int | None) -> None:
        """Every process's showrunner ticks."""
        for one in self.processes:
            await one.checkout.follow(deal)

    async def cancel(self, order: Order, shopper: int) -> None:
        """As a settlement does it: the order's state and the counts in one transaction."""
        async with self.engine.begin() as connection:
            cancelled = orders.update().where(orders.c.id == order.id).values(status="cancelled")
            await connection.execute(cancelled)
            sold = {"sold": offers.c.sold - order.quantity, "revision": offers.c.revision + 1}
            await connection.execute(offers.update().where(offers.c.deal_id == order.deal_id).values(sold))
            mine = buyers.update().where(buyers.c.deal_id == order.deal_id, buyers.c.shopper_id == shopper)
            await connection.execute(mine.values(units=buyers.c.units - order.quantity))
        await recount_live(self.engine, self.redis, order.deal_id)

    async def kill(self, place: int, at: Name | None, wishes: Sequence[Wish]) -> list[Verdict]:
        """Have a process die with these wishes in hand: where it arrives `at`, or just so. What was said till then."""
        arrived = asyncio.Event()

        async def stand_still() -> None:
            arrived.set()
            await asyncio.Event().wait()

        with armed(at or "before-answer", stand_still):
            asked = [asyncio.create_task(self.processes[place].checkout.purchase(one)) for one in wishes]
            answered = asyncio.gather(*asked)
            if at is None:
                for _ in range(30):  # somewhere in the middle of it
                    await asyncio.sleep(0)
            else:
                answered.add_done_callback(lambda _: arrived.set())
                await arrived.wait()
            await self.replace(place)
        for one in asked:
            one.cancel()
        outcomes = await asyncio.gather(*asked, return_exceptions=True)
        await asyncio.gather(answered, return_exceptions=True)
        return [outcome for outcome in outcomes if not isinstance(outcome, BaseException)]
