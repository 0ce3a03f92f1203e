"""Sends an issue of the newsletter: each reader's copy once, some at a time, and on from there after a kill.

A copy is posted in the transaction that notes how far the issue has come. Until some of its copies are out no more are
posted, and in the outbox every other mail goes before them.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta, tzinfo

from msgspec import Struct
from sqlalchemy import and_, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.notices.issue import Begin, GoOn, Issue, NotNow, PastIssue, Verdict, judge
from app.notices.newsletter_letter import Newsletter
from app.notices.outbox import Addressee, post
from app.notices.postman import Postman
from app.notices.rules import NEWSLETTER
from app.notices.tables import mails, newsletter_issues
from app.platform.clock import Clock
from app.platform.failpoints import reach
from app.platform.lease import take_turns

AT_ONCE = 50  # copies a transaction
MOST_WAITING = 200  # copies in the outbox; more are posted when some are out
LOOK_SECONDS = 1.0
PATIENCE = timedelta(minutes=2)


class NotItsTime(Exception):
    """The issue may not be sent now; the message says why."""


class OutboxStuck(Exception):
    """Copies wait in the outbox, and none has gone for a while: the mail server takes nothing."""


class Reader(Struct, frozen=True):
    """Who wants a copy, and the address at which one request ends that."""

    shopper_id: int
    to: Addressee
    way_out: str


# The first so many readers whose ids are above the one given, in their order, none of whom can change their mind
# before the connection's transaction ends.
ReadersAfter = Callable[[AsyncConnection, int, int], Awaitable[Sequence[Reader]]]


class Sent(Struct, frozen=True):
    """How an issue stands: `copies` were posted in all, `waiting` of whichever issue are still in the outbox."""

    issue_id: int
    copies: int
    waiting: int


class Press:
    """One for a command."""

    def __init__(self, engine: AsyncEngine, clock: Clock, zone: tzinfo, readers_after: ReadersAfter) -> None:
        self._engine = engine
        self._clock = clock
        self._zone = zone
        self._readers_after = readers_after

    async def look(self, issue: Issue) -> Verdict:
        """Whether it would be sent."""
        async with self._engine.connect() as connection:
            return judge(await _past(connection, issue), self._clock.now(), self._zone)

    async def begin(self, issue: Issue, again: str = "") -> int:
        """The id of the issue, a fresh one or one to go on with. Raises NotItsTime, unless `again` is a reason.

        With a reason an unfinished issue that says something else ends where it is.
        """
        now = self._clock.now()
        async with self._engine.begin() as connection:
            await take_turns(connection, "newsletter")
            past = await _past(connection, issue)
            match judge(past, now, self._zone):
                case GoOn(issue_id):
                    return issue_id
                case NotNow(why) if not again:
                    raise NotItsTime(why)
                case NotNow() | Begin():
                    return await _start(connection, issue, again, now)

    async def send(self, issue_id: int, postman: Postman) -> Sent:
        """Post every copy that was not posted yet, and have `postman` bring them out. Raises OutboxStuck."""
        while await self.post_some(issue_id):
            await postman.deliver_due()
            await self._until_some_are_out(postman)
        await postman.deliver_due()
        async with self._engine.connect() as connection:
            copies = select(newsletter_issues.c.copies).where(newsletter_issues.c.id == issue_id)
            return Sent(issue_id, await connection.scalar(copies) or 0, await _waiting(connection))

    async def post_some(self, issue_id: int) -> int:
        """Put the next readers' copies into the outbox, and answer how many; 0 where every reader has theirs."""
        now = self._clock.now()
        mine = newsletter_issues.c.id == issue_id
        async with self._engine.begin() as connection:
            row = (await connection.execute(select(newsletter_issues).where(mine).with_for_update())).one()
            if row.ended_at is not None:
                return 0
            readers = await self._readers_after(connection, row.after, AT_ONCE)
            for reader in readers:
                await post(connection, Newsletter(row.heading, row.words, reader.way_out), reader.to, now)
            reached = (
                {"after": readers[-1].shopper_id, "copies": row.copies + len(readers)} if readers else {}
            )
            await connection.execute(
                update(newsletter_issues).where(mine).values(reached or {"ended_at": now})
            )
            await reach("before-copies-are-posted")
        return len(readers)

    async def _until_some_are_out(self, postman: Postman) -> None:
        fewest, since = MOST_WAITING, self._clock.now()
        while True:
            async with self._engine.connect() as connection:
                waiting = await _waiting(connection)
            if waiting < MOST_WAITING:
                return
            if waiting < fewest:
                fewest, since = waiting, self._clock.now()
            if self._clock.now() - since >= PATIENCE:
                raise OutboxStuck
            await asyncio.sleep(LOOK_SECONDS)
            await postman.deliver_due()


async def _past(connection: AsyncConnection, issue: Issue) -> list[PastIssue]:
    one = newsletter_issues.c
    same = and_(one.heading == issue.heading, one.words == issue.words)
    query = select(one.id, one.heading, same.label("same"), one.begun_at, one.ended_at).order_by(
        one.id.desc()
    )
    return [PastIssue(*row) for row in await connection.execute(query)]


async def _start(connection: AsyncConnection, issue: Issue, again: str, now: datetime) -> int:
    unfinished = newsletter_issues.c.ended_at.is_(None)
    await connection.execute(update(newsletter_issues).where(unfinished).values(ended_at=now))
    fresh = {"heading": issue.heading, "words": issue.words, "again": again}
    made = insert(newsletter_issues).values(**fresh, begun_at=now, after=0, copies=0)
    issue_id: int = await connection.scalar(made.returning(newsletter_issues.c.id))
    return issue_id


async def _waiting(connection: AsyncConnection) -> int:
    waiting = mails.c.turn == NEWSLETTER.turn, mails.c.state == "waiting"
    return await connection.scalar(select(func.count()).select_from(mails).where(*waiting)) or 0
