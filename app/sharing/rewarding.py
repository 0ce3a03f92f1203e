"""Rewarding, in one process: looks for rewards and pots that are due, out of the way of every purchase.

All processes look, and take turns. Buying and settling write down that something is due, and wait for nothing here.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from datetime import datetime

from msgspec import Struct, field
from redis.exceptions import RedisError
from sqlalchemy import or_, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.platform.clock import Clock
from app.platform.ending import end_tasks
from app.platform.logging import get_logger
from app.sharing.cheered_sales import new_sales, sales_to_cheer
from app.sharing.cheering import Cheers
from app.sharing.evidence import Evidence
from app.sharing.pots import StandingUnits, split_due_pots
from app.sharing.reward_tables import pots, rewards
from app.sharing.rewards import News, go_on, put_off, take_due
from app.stream import SHOW, Stream, shopper_topic

log = get_logger(__name__)

TICK_SECONDS = 1.0
BATCH = 20  # rewards in one transaction: a moment's work on one connection, so that a rush is not in its way
REST = 4.0  # times as long as a batch took, before the next
REST_IN_A_RUSH = 50.0  # the same, while people buy: nobody waits for a reward


class Rewarding(Struct):
    """One a process."""

    engine: AsyncEngine
    evidence: Evidence
    standing_units: StandingUnits
    stream: Stream
    clock: Clock
    is_rush: Callable[[], bool] = lambda: False
    cheers: Cheers = field(default_factory=Cheers)
    _task: "asyncio.Task[None] | None" = field(default=None)

    async def start(self) -> None:
        """Begin."""
        self._task = asyncio.create_task(self._walk(), name="rewarding")

    async def stop(self) -> None:
        """Leave off; whoever runs next goes on."""
        if self._task is not None:
            await end_tasks([self._task])

    async def round(self, rest: Callable[[], float] = lambda: 0.0) -> int:
        """Do all that is due now, and answer how many rewards were looked at. Rests after each batch, `rest()` times
        as long as that took.
        """
        done = 0
        while await self._is_due():
            began = time.monotonic()
            looked = await self._batch()
            done += looked
            if not looked:
                break  # what is left is locked by who settles it
            await asyncio.sleep(rest() * (time.monotonic() - began))
        return done

    async def _is_due(self) -> bool:
        """Mostly not, and then nobody has to take a turn."""
        now = self.clock.now()
        due = [select(table.c.due_at).where(table.c.due_at <= now).exists() for table in (rewards, pots)]
        async with self.engine.connect() as connection:
            return bool((await connection.execute(select(or_(*due)))).scalar())

    async def _batch(self) -> int:
        now = self.clock.now()
        news: list[News] = []
        async with self.engine.begin() as connection:
            taken = await take_due(connection, BATCH, now)
            new = await new_sales(connection, taken)
            for order_id in taken:
                news += await self._go_on(connection, order_id, now)
            sales = await sales_to_cheer(connection, new)
        self.cheers.add(sales, now)
        await self._tell(news)
        async with self.engine.begin() as connection:
            split = await split_due_pots(connection, self.standing_units, now)
        await self._tell(split)
        return len(taken) + len(split)

    async def _go_on(self, connection: AsyncConnection, order_id: str, now: datetime) -> list[News]:
        """One that something is wrong with is put off: it must not hold up all others, now and for ever."""
        try:
            async with connection.begin_nested():
                return await go_on(connection, order_id, self.evidence, now)
        except Exception:
            log.exception("a helper can not be rewarded yet", order_id=order_id)
            await put_off(connection, order_id, now)
            return []

    async def cheer(self) -> None:
        """Let everybody hear of some of what links have sold since."""
        for cheer in self.cheers.take():
            await self._say(SHOW, "cheer", cheer.document())

    async def _tell(self, news: Sequence[News]) -> None:
        for one in news:
            body: dict[str, object] = {
                "kind": "coupon",
                "code": one.coupon,
                "amount": one.amount.document(),
                "state": one.state,
            }
            await self._say(shopper_topic(one.helper_id), "you", body)

    async def _say(self, topic: str, kind: str, body: dict[str, object]) -> None:
        """It is only news: whoever misses it sees the same on the page."""
        try:
            await self.stream.tell(topic, kind, body)
        except (RedisError, SQLAlchemyError, OSError) as error:
            log.warning("news of help are not told", topic=topic, error=repr(error))

    async def _walk(self) -> None:
        is_away = False
        while True:
            try:
                await self.round(lambda: REST_IN_A_RUSH if self.is_rush() else REST)
                await self.cheer()
                is_away = False
            except Exception as error:  # noqa: BLE001 - were it to end, nobody would earn anything any more
                if not is_away:
                    log.warning("helpers can not be rewarded", error=repr(error))
                is_away = True
            await asyncio.sleep(TICK_SECONDS)
