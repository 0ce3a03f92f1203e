"""Somebody's own sessions: where they are signed in, and out again."""

from datetime import datetime, timedelta

from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from app.identity.sessions import Sessions, SignedIn
from app.identity.tables import Kind, sessions
from app.platform.clock import Clock
from app.platform.errors import NotFound

FRESH = timedelta(minutes=15)


class Visit(Struct, frozen=True):
    """One session as its owner sees it. `seen_at` is the hour, no closer; there is no place, for we do not keep it."""

    id: str
    kind: Kind
    device: str
    created_at: datetime
    seen_at: datetime | None
    here: bool  # the one that asks


class Visits:
    """Lists and ends."""

    def __init__(self, engine: AsyncEngine, sessions: Sessions, clock: Clock) -> None:
        self._engine = engine
        self._sessions = sessions
        self._clock = clock

    async def of(self, asking: SignedIn) -> list[Visit]:
        """Every session that still holds, the newest first."""
        query = (
            select(sessions)
            .where(
                sessions.c.shopper_id == asking.shopper_id,
                sessions.c.revoked_at.is_(None),
                sessions.c.expires_at > self._clock.now(),
            )
            .order_by(sessions.c.created_at.desc(), sessions.c.id)
        )
        async with self._engine.connect() as connection:
            rows = (await connection.execute(query)).all()
        return [
            Visit(
                row.id, Kind(row.kind), row.device, row.created_at, row.seen_at, row.id == asking.session_id
            )
            for row in rows
        ]

    async def end(self, asking: SignedIn, session_id: str) -> None:
        """End one. Raises NotFound, also where it is another's."""
        if session_id not in {visit.id for visit in await self.of(asking)}:
            raise NotFound("You have no such session.")
        await self._sessions.end(session_id)

    async def end_others(self, asking: SignedIn) -> int:
        """End all but the one that asks, and answer how many those were."""
        async with self._engine.begin() as connection:
            ended = await self._sessions.end_all(connection, asking.shopper_id, but=asking.session_id)
        await self._sessions.tell(ended)
        return len(ended)

    async def is_fresh(self, asking: SignedIn) -> bool:
        """Whether they signed in within the last quarter of an hour: asked before what a thief would do first."""
        query = select(sessions.c.created_at).where(
            sessions.c.id == asking.session_id, sessions.c.revoked_at.is_(None)
        )
        async with self._engine.connect() as connection:
            since: datetime | None = await connection.scalar(query)
        return since is not None and self._clock.now() - since < FRESH
