"""The showrunner: asks what should happen, does it, and tells everyone.

Every process runs one and each may do all of it at any time. Nothing depends on hearing of an event: each tick looks
at how things stand, so one that died halfway is followed by another that repeats what was done already, harmlessly.
"""

import asyncio
import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

from msgspec.structs import replace
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.inventory.changes import COMMAND_LINE, Who
from app.inventory.cleared import LastCleared
from app.inventory.live import (
    Present,
    as_set,
    live_version,
    snapshot,
    stock_update,
    stock_version,
)
from app.inventory.records.counting import count_what_ended
from app.inventory.rescue import Choices, rescue_deal
from app.inventory.rotation import Decision, Keep, Mode
from app.inventory.show import advance, next_step, set_show, skip, stop_show, take_the_shows_turn
from app.platform.clock import Clock
from app.platform.ending import end_tasks
from app.platform.failpoints import reach
from app.platform.logging import get_logger
from app.platform.rounds import wait_for
from app.platform.settings import Settings
from app.sales import Checkout, GateLostError
from app.stream import Stream

log = get_logger(__name__)

TICK_SECONDS = 1.0
BREATH_SECONDS = 0.2  # between two looks while units sell; a sell-out does not wait for it
OVERDUE_SECONDS = 0.01  # until the next look, where the live deal's end came between two
STANDSTILL_SECONDS = 10.0  # without a tick that succeeded: this process does not run the show


class Showrunner:
    """Runs the show in this process."""

    def __init__(
        self, engine: AsyncEngine, checkout: Checkout, stream: Stream, clock: Clock, settings: Settings
    ) -> None:
        self._engine, self._checkout, self._stream = engine, checkout, stream
        self._clock, self._settings = clock, settings
        self._last_cleared = LastCleared()
        self._tasks: list[asyncio.Task[None]] = []
        self._ended = asyncio.Event()  # some deal may have; also before this process began
        self._ended.set()
        self._ticking = asyncio.Lock()
        self._ends_at: datetime | None = None  # the live deal's end, where the clock runs
        self._ticked_at = -math.inf  # by the event loop's clock

    async def start(self) -> None:
        """Begin; the first tick is done when this returns, unless a server is away."""
        await self.tick()
        counting = count_what_ended(self._engine, self._ended)
        self._tasks = [asyncio.create_task(self._run()), asyncio.create_task(counting)]

    async def stop(self) -> None:
        """End this process's part in the show, which goes on."""
        await end_tasks(self._tasks)

    @property
    def ticks(self) -> bool:
        """Whether this process does run the show: its last tick that succeeded was a moment ago."""
        return asyncio.get_running_loop().time() - self._ticked_at < STANDSTILL_SECONDS

    async def set_show(self, mode: Mode, paused: bool, *, who: Who = COMMAND_LINE) -> None:
        """Start the show, change its mode, pause it or let it go on. Done when this returns, and told if it can be."""
        async with self._turn() as connection:
            await set_show(connection, mode, paused, self._clock.now(), self._settings.zone, who=who)
        await self.tick()

    async def skip(self, deal_id: int, *, who: Who = COMMAND_LINE) -> bool:
        """Skip the live deal, which must be `deal_id`. False where it ended already. Raises NotLive."""
        async with self._turn() as connection:
            skipped = await skip(connection, deal_id, self._clock.now(), who=who)
        await self.tick()
        return skipped

    async def stop_show(self, deal_id: int | None, *, at_once: bool, who: Who = COMMAND_LINE) -> bool:
        """Stop the show when the live deal is over, or end that deal with it `at_once`. False where it is so already.

        `deal_id` names the deal that is thought to be live; None means whatever is. Raises NotLive.
        """
        async with self._turn() as connection:
            stopped = await stop_show(connection, deal_id, self._clock.now(), at_once=at_once, who=who)
        await self.tick()
        return stopped

    async def rescue(self, deal_id: int, wanted: Choices, *, who: Who = COMMAND_LINE) -> bool:
        """Give the live deal more, see rescue.py. False where it has that already. Raises what rescue_deal raises."""
        async with self._turn() as connection:
            rescued = await rescue_deal(connection, deal_id, wanted, who=who, now=self._clock.now())
        await self.tick()
        return rescued

    async def tick(self) -> None:
        """Bring the show, the gate and what everyone sees up to date. Where a server is away a later tick does it.

        It raises nothing: whoever asks for it has changed something already, and must not be told that it failed.
        """
        try:
            async with self._ticking:
                await self._bring_up_to_date()
        except (SQLAlchemyError, RedisError, OSError, GateLostError) as error:
            log.warning("the show waits for its servers", error=repr(error))
        except Exception:
            log.exception("a tick of the show failed")

    async def _bring_up_to_date(self) -> None:
        self._ends_at = None
        present, due = await self._look()
        await self._tell(present)  # also where it ends now: everyone should see the shelf empty
        if not isinstance(due, Keep):
            await reach("between-sell-out-and-advance")
            await self._advance()
            present, _ = await self._look()
            await self._tell(present)
        await self._checkout.follow(None if present.deal is None else present.deal.id)
        if present.deal is not None and as_set(present.show).is_on:
            self._ends_at = present.deal.ends_at
        self._ticked_at = asyncio.get_running_loop().time()

    async def _run(self) -> None:
        while True:
            await self._wait(self._checkout.changed, TICK_SECONDS)
            self._checkout.changed.clear()
            self._checkout.exhausted.clear()
            await self.tick()
            await self._wait(self._checkout.exhausted, BREATH_SECONDS)

    async def _wait(self, event: asyncio.Event, seconds: float) -> None:
        """Wait for the event, for `seconds` at most, and not beyond the live deal's end: midnight is on time."""
        if self._ends_at is not None:
            remaining = (self._ends_at - self._clock.now()).total_seconds()
            seconds = min(seconds, remaining if remaining > 0 else OVERDUE_SECONDS)
        await wait_for(event, seconds)

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[AsyncConnection]:
        """A transaction that holds the show's turn. The clock is asked in it: a process may have slept before."""
        async with self._engine.begin() as connection:
            await take_the_shows_turn(connection)
            yield connection

    async def _look(self) -> tuple[Present, Decision]:
        """How things stand, all as of one moment, and what is due."""
        async with self._engine.connect() as plain:
            connection = await plain.execution_options(isolation_level="REPEATABLE READ")
            present, due = await next_step(connection, self._clock.now(), self._settings.zone)
            cleared = await self._last_cleared.before(connection, present.show, present.deal)
            return replace(present, cleared=cleared), due

    async def _advance(self) -> None:
        async with self._turn() as connection:
            done = await advance(connection, self._clock.now(), self._settings.zone)
        self._ended.set()
        for step in done:
            log.info("the show moved on", step=repr(step))

    async def _tell(self, present: Present) -> None:
        now, watching = self._clock.now(), self._stream.watching
        await self._stream.publish("live", snapshot(present, watching=watching), live_version(present))
        if (update := stock_update(present, watching=watching)) is not None:
            await self._stream.publish("stock", update, stock_version(present, now))
