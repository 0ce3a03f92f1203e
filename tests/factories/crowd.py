"""Shoppers who buy and buy, ask again under the same key until they know, and write down what they were told."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from itertools import count, pairwise
from uuid import uuid4

from msgspec import Struct
from redis.asyncio import Redis
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from app.sales import audit_sales
from tests.factories.audit import broken

PATIENCE_SECONDS = 60.0
ROUND_SECONDS = (
    0.01  # between two purchases of one shopper, so that the crowd is not all that the machine does
)

Ask = Callable[[int, str], Awaitable[str | None]]
"""Buys one unit for a shopper under a key: the order's id, or None where it has to be asked again."""


class Confirmed(Struct, frozen=True):
    """An order that somebody was promised, how often they had to ask, and when they began and heard, in seconds."""

    shopper: int
    key: str
    order_id: str
    asked: int
    began: float
    at: float


class Crowd:
    """`buyers` of them at a time, each at one till after the other; whoever hears nothing goes to the next till."""

    def __init__(self, tills: Sequence[Ask], shoppers: Sequence[int], buyers: int = 6) -> None:
        self.tills = list(tills)
        self.confirmed: list[Confirmed] = []
        self._shoppers, self._numbers = shoppers, count()
        self._leaving, self._left_at = asyncio.Event(), float("inf")
        self._came = asyncio.Condition()
        self._tasks = [asyncio.create_task(self._shop(n)) for n in range(buyers)]

    async def hears_of(self, more: int) -> None:
        """Return once so many more orders are confirmed."""
        wanted = len(self.confirmed) + more
        async with asyncio.timeout(PATIENCE_SECONDS), self._came:
            await self._came.wait_for(lambda: len(self.confirmed) >= wanted or self._has_failed())
        assert not self._has_failed(), [task for task in self._tasks if task.done()]

    async def has_asked_again(self) -> bool:
        """Whether somebody has heard on a second try."""
        return any(order.asked > 1 for order in self.confirmed)

    async def leave(self) -> None:
        """Everybody finishes what they are at, and goes. Fails where somebody was told what cannot be."""
        self._left_at = time.monotonic()
        self._leaving.set()
        await asyncio.gather(*self._tasks)

    def gap(self) -> float:
        """The longest time in seconds in which nobody at all was promised anything, while they were buying."""
        moments = [order.at for order in self.confirmed if order.at <= self._left_at]
        return max((after - before for before, after in pairwise(moments)), default=0.0)

    def longest_wait(self) -> float:
        """How long one of them was kept waiting, in seconds."""
        return max((order.at - order.began for order in self.confirmed), default=0.0)

    async def ask_again(self, till: Ask) -> None:
        """Every key gives the order that it gave before."""
        for some in batched(self.confirmed, 20):
            answers = await asyncio.gather(*(insist([till], order.shopper, order.key) for order in some))
            assert [order_id for order_id, _ in answers] == [order.order_id for order in some]

    def _has_failed(self) -> bool:
        return any(task.done() and not self._leaving.is_set() for task in self._tasks)

    async def _shop(self, number: int) -> None:
        first = number % len(self.tills)
        mine = self.tills[first:] + self.tills[:first]
        try:
            while not self._leaving.is_set():
                shopper, key = self._shoppers[next(self._numbers) % len(self._shoppers)], uuid4().hex
                began = time.monotonic()
                order_id, asked = await insist(mine, shopper, key)
                order = Confirmed(shopper, key, order_id, asked, began, time.monotonic())
                async with self._came:
                    self.confirmed.append(order)
                    self._came.notify_all()
                await asyncio.sleep(ROUND_SECONDS)
        finally:
            async with self._came:
                self._came.notify_all()


async def insist(tills: Sequence[Ask], shopper: int, key: str) -> tuple[str, int]:
    """Ask at one till after the other until one gives an order; its id, and how often that took."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        for asked in count():
            order_id = await tills[asked % len(tills)](shopper, key)
            if order_id is not None:
                return order_id, asked + 1
            await asyncio.sleep(ROUND_SECONDS)
    raise AssertionError("a timeout ends it")


def batched(orders: Sequence[Confirmed], size: int) -> Iterable[Sequence[Confirmed]]:
    """So many at a time."""
    return (orders[start : start + size] for start in range(0, len(orders), size))


async def assert_nothing_is_lost(engine: AsyncEngine, redis: Redis, crowd: Crowd) -> None:
    """Every promise is in the books, and the books, with the gate at rest, are right."""
    async with engine.connect() as connection:
        written = set((await connection.execute(text("SELECT id FROM orders"))).scalars())
    missing = [order.order_id for order in crowd.confirmed if order.order_id not in written]
    assert missing == [], "confirmed orders are not in the books"
    ids = [order.order_id for order in crowd.confirmed]
    assert len(ids) == len(set(ids)), "two keys were given one order"
    assert broken(await audit_sales(engine, redis)) == {}


def report(what: str, crowd: Crowd, outage: float | None = None) -> None:
    """The figures, for whoever runs the tests with -s."""
    away = "" if outage is None else f"outage {outage:.2f} s, "
    repeated = sum(order.asked > 1 for order in crowd.confirmed)
    print(
        f"\n{what}: {away}longest gap {crowd.gap():.2f} s, longest wait of one {crowd.longest_wait():.2f} s;"
        f" {len(crowd.confirmed)} confirmed, {repeated} of them asked again"
    )
