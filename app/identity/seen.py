"""When each session was last seen: by the hour, and written beside the requests, never in one."""

from datetime import UTC, datetime

from sqlalchemy import ARRAY, Text, any_, literal, or_, update
from sqlalchemy.ext.asyncio import AsyncEngine

from app.identity.tables import sessions


class Seen:
    """What this process has seen since it last wrote."""

    def __init__(self) -> None:
        self._fresh: set[str] = set()
        self._hour: datetime | None = None
        self._written: set[str] = set()  # in that hour

    def note(self, session_id: str) -> None:
        """It was just used."""
        self._fresh.add(session_id)

    async def write(self, engine: AsyncEngine, now: datetime) -> None:
        """Write the hour beside those that were not seen in it before; others cost nothing. Ended ones say no more."""
        hour = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
        if hour != self._hour:
            self._hour, self._written = hour, set()
        fresh, self._fresh = self._fresh - self._written, set()
        if not fresh:
            return
        these = any_(literal(list(fresh), ARRAY(Text)))  # one parameter, however many they are
        earlier = or_(sessions.c.seen_at.is_(None), sessions.c.seen_at < hour)
        async with engine.begin() as connection:
            await connection.execute(
                update(sessions)
                .where(sessions.c.id == these, earlier, sessions.c.revoked_at.is_(None))
                .values(seen_at=hour)
            )
        self._written |= fresh
