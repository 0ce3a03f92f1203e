"""The showrunner: asks what should happen, does it, and tells everyone.

Every process runs one and each may do all of it at any time. Nothing depends on hearing of an event: each tick looks
at how things stand, so one that died halfway is followed by another that repeats what was done already, harmlessly.
"""

import asyncio
from contextlib import suppress

from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from app.inventory.live import (
    Present,
    live_version,
    snapshot,
    stock_update,
    stock_version,
)
from app.inventory.rotation import Decision, Keep, Mode
from app.inventory.show import advance, next_step, set_show, skip
from app.platform.clock import Clock
from app.platform.ending import end_tasks
from app.platform.failpoints import reach
from app.platform.logging import get_logger
from app.platform.settings import Settings
from app.sales import Checkout
from app.stream import Stream

log = get_logger(__name__)

TICK_SECONDS = 1.0
BREATH_SECONDS = 0.2  # between two looks while units sell; a sell-out does not wait for it


class Showrunner:
    """Runs the show in this process."""

    def __init__(
        self, engine: AsyncEngine, checkout: Checkout, stream: Stream, clock: Clock, settings: Settings
    ) -> None:
        self._engine, self._checkout, self._stream = engine, checkout, stream
        self._clock, self._settings = clock, settings
        self._task: asyncio.Task[None] | None = None
        self._ticking = asyncio.Lock()

    async def start(self) -> None:
        """Begin; the first tick is done when this returns, unless a server is away."""
        await self.tick()
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """End."""
        if self._task is not None:
            await end_tasks([self._task])

    async def set_show(self, mode: Mode, paused: bool) -> None:
        """Start the show, change its mode, pause it or let it go on. Done when this returns, and told if it can be."""
        async with self._engine.begin() as connection:
            await set_show(connection, mode, paused, self._clock.now(), self._settings.zone)
        await self.tick()

    async def skip(self, deal_id: int) -> bool:
        """Skip the live deal, which must be `deal_id`. False where it ended already. Raises NotLive."""
        async with self._engine.begin() as connection:
            skipped = await skip(connection, deal_id, self._clock.now())
        await self.tick()
        return skipped

    async def tick(self) -> None:
        """Bring the show, the gate and what everyone sees up to date. Where a server is away a later tick does it.

        It raises nothing: whoever asks for it has changed something already, and must not be told that it failed.
        """
        try:
            async with self._ticking:
                await self._bring_up_to_date()
        except (SQLAlchemyError, RedisError, OSError) as error:
            log.warning("the show waits for its servers", error=repr(error))
        except Exception:
            log.exception("a tick of the show failed")

    async def _bring_up_to_date(self) -> None:
        present, due = await self._look()
        await self._tell(present)  # also where it ends now: everyone should see the shelf empty
        if not isinstance(due, Keep):
            await reach("between-sell-out-and-advance")
            await self._advance()
            present, _ = await self._look()
            await self._tell(present)
        await self._checkout.follow(None if present.deal is None else present.deal.id)

    async def _run(self) -> None:
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(TICK_SECONDS):
                    await self._checkout.changed.wait()
            self._checkout.changed.clear()
            self._checkout.exhausted.clear()
            await self.tick()
            with suppress(TimeoutError):
                async with asyncio.timeout(BREATH_SECONDS):
                    await self._checkout.exhausted.wait()

    async def _look(self) -> tuple[Present, Decision]:
        """How things stand, all as of one moment, and what is due."""
        async with self._engine.connect() as plain:
            connection = await plain.execution_options(isolation_level="REPEATABLE READ")
            return await next_step(connection, self._clock.now())

    async def _advance(self) -> None:
        async with self._engine.begin() as connection:
            done = await advance(connection, self._clock.now(), self._settings.zone)
        for step in done:
            log.info("the show moved on", step=repr(step))

    async def _tell(self, present: Present) -> None:
        now, watching = self._clock.now(), self._stream.watching
        whole = snapshot(present, watching=watching, now=now, settings=self._settings)
        await self._stream.publish("live", whole, live_version(present))
        if (update := stock_update(present, watching=watching)) is not None:
            await self._stream.publish("stock", update, stock_version(present, now))
