"""Sends what is in the outbox. Every process has one; each mail is leased to one of them at a time.

At least once: a process that dies between the mail server's yes and our note of it leaves a lease behind, and when that
has run out the mail goes out again, with the same Message-ID, by which mail programs know it for the same one.
"""

import asyncio
from datetime import datetime, timedelta
from functools import partial
from itertools import count
from typing import Any

from sqlalchemy import Row, delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from app.notices.mail import Away, Carrier, Envelope, Letterhead, Refused, compose
from app.notices.rules import BY_NAME
from app.notices.tables import mails, mails_sent
from app.platform.clock import Clock
from app.platform.ending import end_tasks
from app.platform.failpoints import reach
from app.platform.logging import get_logger
from app.platform.rounds import go_rounds

log = get_logger(__name__)

AT_ONCE = 5
LEASE = timedelta(minutes=2)  # longer than as many mails take at the worst, each with its time-out
EVERY_SECONDS = 1.0
ROUNDS_A_SWEEP = 600
NOBODYS_LAST = timedelta(days=1)
WAITS = tuple(
    timedelta(seconds=s) for s in (5, 30, 120, 600, 3600)
)  # after each attempt; the last one on and on


class Postman:
    """One a process."""

    def __init__(self, engine: AsyncEngine, clock: Clock, carrier: Carrier, head: Letterhead) -> None:
        self._engine = engine
        self._clock = clock
        self._carrier = carrier
        self._head = head
        self._writing = (
            asyncio.Lock()
        )  # mails go side by side, but take one of the shop's connections, not five
        self._walking: asyncio.Task[None] | None = None

    async def start(self, every: float = EVERY_SECONDS) -> None:
        """Begin to look into the outbox, every `every` seconds."""
        self._walking = asyncio.create_task(self._walk(every), name="postman")

    async def stop(self) -> None:
        """Stop. A mail under way is left to its lease."""
        if self._walking:
            await end_tasks([self._walking])
            self._walking = None

    async def deliver_due(self) -> int:
        """Try every mail that is due, and answer how many were tried."""
        tried = 0
        while leased := await self._lease():
            # All of them now: what is leased and waits would still go out after somebody took it back.
            ended = await asyncio.gather(*map(self._deliver, leased), return_exceptions=True)
            if broken := [error for error in ended if error]:
                raise broken[0]
            tried += len(leased)
        return tried

    async def sweep(self) -> None:
        """Nobody's mails, void ones above all, say nothing, and are counted apart: they go after a day."""
        over = mails.c.created_at < self._clock.now() - NOBODYS_LAST
        async with self._engine.begin() as connection:
            await connection.execute(
                delete(mails).where(mails.c.shopper_id.is_(None), mails.c.state != "waiting", over)
            )

    async def _walk(self, every: float) -> None:
        rounds = count()

        async def go_round() -> None:
            is_time_to_sweep = next(rounds) % ROUNDS_A_SWEEP == 0
            await self.deliver_due()
            if is_time_to_sweep:
                await self.sweep()

        await go_rounds(go_round, partial(asyncio.sleep, every), log, "the outbox cannot be read")

    async def _lease(self) -> list[Row[Any]]:
        now = self._clock.now()
        due = (
            select(mails.c.id)
            .where(mails.c.state == "waiting", mails.c.due_at <= now)
            .order_by(mails.c.turn, mails.c.due_at)
            .limit(AT_ONCE)
            .with_for_update(skip_locked=True)
        )
        claim = (
            update(mails)
            .where(mails.c.id.in_(due.scalar_subquery()))
            .values(due_at=now + LEASE, tries=mails.c.tries + 1)
            .returning(mails)
        )
        async with self._engine.begin() as connection:
            leased = (await connection.execute(claim)).all()
        return sorted(leased, key=lambda row: (row.turn, row.id))  # an UPDATE answers in an order of its own

    async def _deliver(self, row: Row[Any]) -> None:
        now = self._clock.now()
        rule = BY_NAME.get(row.rule)
        if rule is None or now >= row.created_at + rule.worth:
            log.warning("a mail came to nothing in time", rule=row.rule, tries=row.tries)
            await self._put_away(row, "given-up", now)
            return
        envelope = Envelope(row.message_id, rule, row.name, row.address, row.subject, row.text, row.way_out)
        try:
            await self._carrier.carry(compose(envelope, self._head, self._clock))
        except Refused as error:
            log.warning("a mail is refused for good", rule=row.rule, error=str(error))
            await self._put_away(row, "given-up", now)
        except Away as error:
            log.warning("a mail has to wait", rule=row.rule, tries=row.tries, error=str(error))
            await self._wait(row, now)
        else:
            await reach("before-mail-noted")
            await self._put_away(row, "sent", now)

    async def _wait(self, row: Row[Any], now: datetime) -> None:
        again = now + WAITS[min(row.tries, len(WAITS)) - 1]
        async with self._writing, self._engine.begin() as connection:
            await connection.execute(update(mails).where(*_still_ours(row)).values(due_at=again))

    async def _put_away(self, row: Row[Any], state: str, now: datetime) -> None:
        """Note how it ended, and count it; the words of a mail, and a nobody's address, are forgotten."""
        ended: dict[str, Any] = {"state": state, "text": "", "way_out": ""}
        ended["sent_at"] = now if state == "sent" else None
        if row.shopper_id is None:
            ended |= {"name": "", "address": ""}
        async with self._writing, self._engine.begin() as connection:
            ours = _still_ours(row) if state == "given-up" else _under_way(row)
            noted = await connection.execute(update(mails).where(*ours).values(**ended))
            if noted.rowcount and state == "sent":
                one = insert(mails_sent).values(rule=row.rule, day=now.date(), mails=1)
                more = {"mails": mails_sent.c.mails + 1}
                await connection.execute(one.on_conflict_do_update(index_elements=["rule", "day"], set_=more))


def _still_ours(row: Row[Any]) -> tuple[Any, ...]:
    """Unless the lease ran out, and another process has it now."""
    return mails.c.id == row.id, mails.c.tries == row.tries, mails.c.state == "waiting"


def _under_way(row: Row[Any]) -> tuple[Any, ...]:
    """Ours, or taken back while a mail server was taking it: then it went out nevertheless, and is counted."""
    return mails.c.id == row.id, mails.c.tries == row.tries, mails.c.state.in_(("waiting", "void"))
