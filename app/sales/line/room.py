"""The line, in one process: looks about once a second what can be offered, and tells whom it concerns.

Every process does it and each may do all of it: whoever steps a deal's line holds the row that everybody who sells or
gives back its units has to hold, and looks at how things stand only then.
"""

import asyncio
from functools import partial

from msgspec import Struct, field
from sqlalchemy.ext.asyncio import AsyncEngine

from app.platform.clock import Clock
from app.platform.ending import end_tasks
from app.platform.failpoints import reach
from app.platform.logging import get_logger
from app.platform.rounds import go_rounds, wait_for
from app.sales.line.offering import busy_lines, step_line
from app.sales.line.standing import PlaceInLine, join_line, leave_line, places_of, title_if_open
from app.sales.line.step import Step, Wait
from app.sales.line.telling import tell_untold
from app.sales.settlement.words import SiteWords
from app.stream import Stream

log = get_logger(__name__)

EVERY_SECONDS = 1.0
KNOWN_SECONDS = 2.0
MOST_KNOWN = 32  # deals; whoever makes ids up fills no memory


class Line(Struct):
    """One a process."""

    engine: AsyncEngine
    stream: Stream
    clock: Clock
    words: SiteWords
    _news: asyncio.Event = field(default_factory=asyncio.Event)
    _walking: "asyncio.Task[None] | None" = None
    _open: dict[int, tuple[float, str | None]] = field(
        default_factory=dict
    )  # since when, by the loop's clock

    async def start(self, every: float = EVERY_SECONDS) -> None:
        """Begin to look, every `every` seconds and whenever it is woken."""
        self._walking = asyncio.create_task(self._walk(every), name="line")

    async def stop(self) -> None:
        """Stop; other processes go on."""
        if self._walking:
            await end_tasks([self._walking])
            self._walking = None

    def wake(self) -> None:
        """Units came back, or somebody left: look now."""
        self._news.set()

    async def join(self, deal_id: int, shopper_id: int) -> bool:
        """Have somebody stand in line; False where they do already. Raises as `join_line` does."""
        async with self.engine.begin() as connection:
            joined = await join_line(connection, deal_id, shopper_id, self.clock.now())
        self.wake()
        return joined

    async def leave(self, deal_id: int, shopper_id: int) -> None:
        """Have somebody leave; what they were offered goes to the next."""
        async with self.engine.begin() as connection:
            await leave_line(connection, deal_id, shopper_id, self.clock)
        self.wake()

    async def places_of(self, shopper_id: int) -> list[PlaceInLine]:
        """Where somebody stands, offers first."""
        async with self.engine.connect() as connection:
            return await places_of(connection, shopper_id, self.clock.now())

    async def title_if_open(self, deal_id: int) -> str | None:
        """The title of a deal whose line somebody could get into; None of any other. Up to two seconds old.

        A crowd that found it sold out asks for all the same deal, so PostgreSQL is not asked for each.
        """
        loop_time = asyncio.get_running_loop().time()
        known = self._open.get(deal_id)
        if known is None or known[0] <= loop_time - KNOWN_SECONDS:
            async with self.engine.connect() as connection:
                found = await title_if_open(connection, deal_id, self.clock.now())
            if len(self._open) >= MOST_KNOWN:
                self._open.clear()
            known = self._open[deal_id] = (loop_time, found)
        return known[1]

    async def round(self) -> list[Step]:
        """Do what is due in every line, tell whom it concerns; answers what was done. Raises what the servers raise."""
        async with self.engine.connect() as connection:
            deals = await busy_lines(connection)
        done: list[Step] = []
        for deal_id in deals:
            done += await self._serve(deal_id)
        await reach("after-line-offer")
        while await self._tell():
            pass
        return done

    async def _serve(self, deal_id: int) -> list[Step]:
        """Step a deal's line until it waits; each step is a transaction of its own."""
        done: list[Step] = []
        while True:
            async with self.engine.begin() as connection:
                step = await step_line(connection, deal_id, self.clock, self.words)
            if isinstance(step, Wait):
                return done
            done.append(step)

    async def _tell(self) -> int:
        async with self.engine.begin() as connection:
            return await tell_untold(connection, self.stream)

    async def _walk(self, every: float) -> None:
        async def look() -> None:
            self._news.clear()
            await self.round()

        await go_rounds(look, partial(wait_for, self._news, every), log, "the line waits for its servers")
