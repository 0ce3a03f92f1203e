"""Settling, in one process: looks for what is due, a few at a time, and sees it through.

All processes share the work, by leases. Buying comes first: it writes nothing for whoever settles, and while somebody
waits for a purchase fewer orders are settled at a time.
"""

import asyncio
from contextlib import suppress
from itertools import count

from msgspec import Struct, field
from redis.asyncio import Redis
from redis.exceptions import RedisError
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from app.payments import Payments
from app.platform.clock import Clock
from app.platform.ending import end_tasks
from app.platform.logging import get_logger
from app.platform.rounds import go_rounds, wait_for
from app.sales.gate import Gate
from app.sales.ledger import UNREACHABLE
from app.sales.order import Order
from app.sales.purchase import Checkout
from app.sales.settlement.docket import Taken, as_order, take_up
from app.sales.settlement.new_orders import begin_settling, behind
from app.sales.settlement.news import take_news
from app.sales.settlement.settler import Settler
from app.sales.settlement.words import SiteWords
from app.sales.tables import orders
from app.stream import Stream, shopper_topic

log = get_logger(__name__)

TICK_SECONDS = 1.0
BREATH_SECONDS = 0.25  # between two looks, however much happens
LOOKS_AT_EVERYTHING = 5  # each such look is at closed deals, too
AT_ONCE = (
    4  # orders in hand; each has a connection to PostgreSQL now and then, of which the requests need most
)


class Settlement(Struct):
    """One a process."""

    engine: AsyncEngine
    checkout: Checkout
    payments: Payments
    stream: Stream
    clock: Clock
    settler: Settler
    _awake: asyncio.Event = field(default_factory=asyncio.Event)
    _hands: "set[asyncio.Task[int]]" = field(default_factory=set)  # each with an order
    _tasks: "list[asyncio.Task[None]]" = field(default_factory=list)

    @classmethod
    def open(
        cls,
        engine: AsyncEngine,
        redis: Redis,
        checkout: Checkout,
        payments: Payments,
        stream: Stream,
        clock: Clock,
        site: SiteWords,
    ) -> "Settlement":
        """Nothing runs yet."""
        teller = Teller(stream)
        settler = Settler(engine, Gate(redis), payments, clock, site, teller.tell)
        return cls(engine, checkout, payments, stream, clock, settler)

    async def start(self) -> None:
        """Begin."""
        jobs = (self._walk(), self._follow(self.checkout.changed), self._follow(self.payments.changed))
        self._tasks = [asyncio.create_task(job) for job in jobs]

    async def stop(self) -> None:
        """Stop. What is under way is left to its lease."""
        await end_tasks(self._tasks)
        hands = [*self._hands]
        for hand in hands:
            hand.cancel()
        await asyncio.gather(*hands, return_exceptions=True)

    def wake(self) -> None:
        """Something has become due: look now."""
        self._awake.set()

    async def tell(self, *order_ids: str) -> None:
        """Have open pages of these orders' shoppers hear how each is. Where Redis is away they do not."""
        async with self.engine.connect() as connection:
            rows = (await connection.execute(select(orders).where(orders.c.id.in_(order_ids)))).all()
        for row in rows:
            await self.settler.tell(as_order(row), row.shopper_id)

    async def round(self) -> int:
        """Do all that is due now, and answer how many orders were taken up."""
        done = 0
        while True:
            await self._look(everything=True)
            taken = await self._take_up(AT_ONCE)
            if not taken:
                return done
            done += sum(await asyncio.gather(*(self._see_through(one) for one in taken)))

    async def _walk(self) -> None:
        looks = count()

        async def look() -> None:
            self._awake.clear()
            await self._look(everything=next(looks) % LOOKS_AT_EVERYTHING == 0)
            await self._fill_hands()

        async def pause() -> None:
            await asyncio.sleep(BREATH_SECONDS)
            await wait_for(self._awake, TICK_SECONDS - BREATH_SECONDS)

        await go_rounds(look, pause, log, "orders can not be settled")

    async def _follow(self, changed: asyncio.Event) -> None:
        """Whoever clears it, it is no more than a reason to look."""
        while True:
            await changed.wait()
            if changed is self.payments.changed:
                changed.clear()
            self._awake.set()
            await asyncio.sleep(BREATH_SECONDS)

    async def _look(self, *, everything: bool) -> None:
        """Take in the news, and the orders that are new."""
        now = self.clock.now()
        await take_news(self.engine, self.payments, now)
        async with self.engine.connect() as connection:
            deals = await behind(connection, everything=everything)
        for deal_id in deals:
            await begin_settling(self.engine, deal_id, now)

    async def _take_up(self, most: int) -> list[Taken]:
        async with self.engine.begin() as connection:
            return await take_up(connection, most, self.clock.now())

    async def _fill_hands(self) -> None:
        free = self._most() - len(self._hands)
        if free <= 0:
            return
        for taken in await self._take_up(free):
            hand = asyncio.create_task(self._see_through(taken))
            self._hands.add(hand)
            hand.add_done_callback(self._hands.discard)

    async def _see_through(self, taken: Taken) -> int:
        """This order, and then the next that is due, until there is none; how many that were."""
        done, more = 0, [taken]
        while more:
            await self.settler.see_through(more[0])
            done += 1
            more = []
            if len(self._hands) <= self._most():
                with suppress(*UNREACHABLE):
                    more = await self._take_up(1)
        return done

    def _most(self) -> int:
        return 1 if self.checkout.waiting else AT_ONCE


class Teller(Struct, frozen=True):
    """Tells a shopper's open pages how an order is."""

    stream: Stream

    async def tell(self, order: Order, shopper_id: int) -> None:
        """It is only news: whoever misses it sees the same on the page."""
        body = {"kind": "order", "id": order.id, "number": order.number, "status": order.status}
        try:
            await self.stream.tell(shopper_topic(shopper_id), "you", body)
        except (RedisError, *UNREACHABLE) as error:
            log.warning("a shopper is not told", order_id=order.id, error=repr(error))
