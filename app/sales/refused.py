"""How often a purchase of a deal was refused, and why: over all processes and restarts.

A refusal costs a plain number in memory. Once a second, while there is something to write, a process adds what it has
counted to the table. One that is killed loses its last second; and a commit whose reply is lost is added twice, which
a number for the merchandiser's eye can bear.
"""

import asyncio
from contextlib import suppress

from sqlalchemy import BigInteger, Text, bindparam, func, select
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.platform.ending import end_tasks
from app.platform.logging import get_logger
from app.sales.measures import name_of
from app.sales.tables import offers, refusals
from app.sales.verdict import Bought, NoSuchDeal, OutcomeUnknown, Verdict

log = get_logger(__name__)

FLUSH_SECONDS = 1.0
GOODBYE_SECONDS = 2.0  # for the last write; a server that is away does not hold up the end
MOST_KINDS = 2000  # of deal and reason, between two writes: whoever makes deal ids up fills no memory
NO_REFUSAL = (Bought, OutcomeUnknown, NoSuchDeal)  # nobody can be refused what does not exist

_asked = (
    func.unnest(
        bindparam("deal_ids", type_=ARRAY(BigInteger)),
        bindparam("kinds", type_=ARRAY(Text)),
        bindparam("numbers", type_=ARRAY(BigInteger)),
    )
    .table_valued("deal_id", "kind", "number")
    .render_derived()
)
# Only for deals that are or were on offer, and in one order everywhere, so that two processes never wait in a circle.
_known = (
    select(_asked.c.deal_id, _asked.c.kind, _asked.c.number)
    .join(offers, offers.c.deal_id == _asked.c.deal_id)
    .order_by(_asked.c.deal_id, _asked.c.kind)
)
_adding = insert(refusals).from_select(["deal_id", "kind", "attempts"], _known)
ADD = _adding.on_conflict_do_update(
    index_elements=[refusals.c.deal_id, refusals.c.kind],
    set_={"attempts": refusals.c.attempts + _adding.excluded.attempts},
)


class RefusedAttempts:
    """Counts for one process. It runs only while there is something to write."""

    def __init__(self, engine: AsyncEngine, *, flush_seconds: float = FLUSH_SECONDS) -> None:
        self._engine, self._flush_seconds = engine, flush_seconds
        self._fresh: dict[tuple[int, str], int] = {}
        self._task: asyncio.Task[None] | None = None
        self._is_away = False

    def settled(self, deal_id: int, verdict: Verdict) -> None:
        """Somebody who asked for this deal is told this; an order is no refusal."""
        if not isinstance(verdict, NO_REFUSAL):
            self.count(deal_id, name_of(verdict))

    def count(self, deal_id: int, kind: str) -> None:
        """One more attempt at this deal was refused; `kind` is the problem's slug."""
        key = (deal_id, kind)
        times = self._fresh.get(key)
        if times is None and len(self._fresh) >= MOST_KINDS:
            return
        self._fresh[key] = 1 if times is None else times + 1
        if self._task is None:
            self._task = asyncio.create_task(self._write_until_all_is_written())

    async def flush(self) -> bool:
        """Write down what has come since the last time; what could not be written is kept. Answers whether it could."""
        fresh, self._fresh = self._fresh, {}
        if not fresh:
            return True
        try:
            await self._add(fresh)
        except (SQLAlchemyError, OSError, asyncio.CancelledError) as error:
            for key, times in fresh.items():
                self._fresh[key] = self._fresh.get(key, 0) + times
            if isinstance(error, asyncio.CancelledError):
                raise
            if not self._is_away:  # said once, not once a second
                log.warning("refused attempts wait for PostgreSQL", error=repr(error))
            self._is_away = True
            return False
        if self._is_away:
            log.info("refused attempts are written down again")
        self._is_away = False
        return True

    async def stop(self) -> None:
        """Write the rest, if PostgreSQL is there."""
        if self._task is not None:
            await end_tasks([self._task])
        with suppress(TimeoutError):
            async with asyncio.timeout(GOODBYE_SECONDS):
                await self.flush()

    async def _write_until_all_is_written(self) -> None:
        try:
            while self._fresh:
                await asyncio.sleep(self._flush_seconds)
                await self.flush()
        finally:
            self._task = None

    async def _add(self, fresh: dict[tuple[int, str], int]) -> None:
        deal_ids, kinds = zip(*fresh, strict=True)
        given = {"deal_ids": list(deal_ids), "kinds": list(kinds), "numbers": list(fresh.values())}
        async with self._engine.begin() as connection:
            await connection.execute(ADD, given)


async def read_refusals(connection: AsyncConnection, deal_id: int) -> dict[str, int]:
    """How many attempts at this deal were refused, by the problem's slug, the most frequent first."""
    query = select(refusals.c.kind, refusals.c.attempts).where(refusals.c.deal_id == deal_id)
    rows = await connection.execute(query.order_by(refusals.c.attempts.desc(), refusals.c.kind))
    return {row.kind: row.attempts for row in rows}
