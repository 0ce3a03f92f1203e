"""How often a link is followed: counted in memory, gathered in Redis, written down now and then.

A thousand visits a second cost one command to Redis a second, and one statement in ten. The figure is for joy: no
coupon hangs on it. A process that dies takes a second of visits with it; a reply that is lost may count one twice.
"""

import asyncio
from collections import Counter
from collections.abc import Coroutine, Mapping

from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncEngine

from app.platform.clock import Clock
from app.platform.ending import end_tasks
from app.platform.logging import get_logger
from app.sharing.friend_forgetting import forget_old_invitations
from app.sharing.links import add_visits, forget_unclaimed

GATHERED = "share-visits"  # in Redis: visits by code that PostgreSQL has not been told of
GATHER_SECONDS = 1.0
ROUNDS = 10  # of gathering, until what was gathered is written down
FORGET_ROUNDS = 3600

log = get_logger(__name__)


class Visits:
    """Counts in every process that serves the shop."""

    def __init__(self, engine: AsyncEngine, redis: Redis, clock: Clock) -> None:
        self._engine, self._redis, self._clock = engine, redis, clock
        self._counted: Counter[str] = Counter()
        self._task: asyncio.Task[None] | None = None

    def count(self, code: str) -> None:
        """One more visit by this link, which there is."""
        self._counted[code] += 1

    async def start(self, every: float = GATHER_SECONDS) -> None:
        """Begin to pass on what is counted."""
        self._task = asyncio.create_task(self._run(every), name="share visits")

    async def stop(self) -> None:
        """Pass on the rest, and leave off."""
        if self._task is not None:
            await end_tasks([self._task])
            await self._quietly(self.gather())

    async def gather(self) -> None:
        """Pass what this process has counted on to Redis. Where that is away, it is kept for the next time."""
        counted, self._counted = self._counted, Counter()
        try:
            await self._add(counted)
        except BaseException:
            self._counted.update(counted)
            raise

    async def write_down(self) -> None:
        """Take what all processes have gathered, and tell PostgreSQL; where that is away, give it back."""
        async with self._redis.pipeline(transaction=True) as both:
            both.hgetall(GATHERED)
            both.delete(GATHERED)
            found, _ = await both.execute()
        taken = {code.decode(): int(count) for code, count in found.items()}
        if not taken:
            return
        try:
            async with self._engine.begin() as connection:
                await add_visits(connection, taken)
        except BaseException:
            await self._add(taken)
            raise

    async def forget(self) -> None:
        """Drop what nobody will ask for any more."""
        async with self._engine.begin() as connection:
            await forget_unclaimed(connection, self._clock.now())
            await forget_old_invitations(connection, self._clock.now())

    async def _add(self, counted: Mapping[str, int]) -> None:
        if not counted:
            return
        async with self._redis.pipeline(transaction=True) as all_of_them:
            for code, count in counted.items():
                all_of_them.hincrby(GATHERED, code, count)
            await all_of_them.execute()

    async def _run(self, every: float) -> None:
        round_number = 0
        while True:
            await asyncio.sleep(every)
            round_number += 1
            await self._quietly(self.gather())
            if round_number % ROUNDS == 0:
                await self._quietly(self.write_down())
            if round_number % FORGET_ROUNDS == 1:
                await self._quietly(self.forget())

    async def _quietly(self, doing: Coroutine[None, None, None]) -> None:
        try:
            await doing
        except Exception as error:  # noqa: BLE001 - a server is away: the next round finds it back
            log.warning("visits by links must wait", error=repr(error))
