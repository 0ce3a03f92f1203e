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
    read_present,
    snapshot,
    stock_update,
    stock_version,
)
from app.inventory.rotation import Keep, Mode
from app.inventory.show import advance, next_step, set_show, skip
from app.platform.clock import Clock
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
        await self._tick_or_log()
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """End."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def set_show(self, mode: Mode, paused: bool) -> None:
        """Start the show, change its mode, pause it or let it go on; done and told when this returns."""
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
        """Bring the show, the gate and what everyone sees up to date. Raises what the servers raise."""
        async with self._ticking:
            await self._advance()
            present = await self._read()
            await self._tell(present)
            await self._checkout.follow(None if present.deal is None else present.deal.id)

    async def _run(self) -> None:
        while True:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._checkout.changed.wait(), TICK_SECONDS)
            self._checkout.changed.clear()
            self._checkout.exhausted.clear()
            await self._tick_or_log()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._checkout.exhausted.wait(), BREATH_SECONDS)

    async def _tick_or_log(self) -> None:
        try:
            await self.tick()
        except (SQLAlchemyError, RedisError, OSError) as error:
            log.warning("the show waits for its servers", error=repr(error))
        except Exception:
            log.exception("a tick of the show failed")

    async def _advance(self) -> None:
        now = self._clock.now()
        async with self._engine.connect() as connection:
            _, decision = await next_step(connection, now)
        if isinstance(decision, Keep):
            return
        async with self._engine.begin() as connection:
            done = await advance(connection, now, self._settings.zone)
        for step in done:
            log.info("the show moved on", step=repr(step))

    async def _read(self) -> Present:
        async with self._engine.connect() as plain:
            connection = await plain.execution_options(isolation_level="REPEATABLE READ")
            return await read_present(connection, self._clock.now())

    async def _tell(self, present: Present) -> None:
        now, watching = self._clock.now(), self._stream.watching
        whole = snapshot(present, watching=watching, now=now, settings=self._settings)
        await self._stream.publish("live", whole, live_version(present))
        if (update := stock_update(present, watching=watching)) is not None:
            await self._stream.publish("stock", update, stock_version(present, now))
