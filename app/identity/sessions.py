"""Sessions: signed texts that are believed without a look at the database, unless their id was revoked."""

import asyncio
import secrets
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count

from msgspec import Struct
from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.identity.revocations import Revocations
from app.identity.seen import Seen
from app.identity.tables import Kind, sessions
from app.platform.clock import Clock
from app.platform.logging import get_logger
from app.platform.rounds import go_rounds
from app.platform.signing import Signer

log = get_logger(__name__)

LIFETIMES = {Kind.COOKIE: timedelta(days=30), Kind.TOKEN: timedelta(days=30)}
PURPOSES = {Kind.COOKIE: "session", Kind.TOKEN: "token"}
REFRESH_SECONDS = 1.0
READINGS_A_NOTE = 30  # between two notes of who was seen
ENDED = {"device": "", "seen_at": None}  # the row stays, to be read as revoked, and says no more
LONGEST_TEXT = 200  # characters; ours have about 100, and nothing longer is worth a digest


class SignedIn(Struct, frozen=True):
    """Who is asking: proven by a signature, nothing looked up."""

    shopper_id: int
    session_id: str


class Ticket(Struct, frozen=True):
    """A session as its holder shows it: the signed text, and when it ends."""

    text: str
    expires_at: datetime


class Sessions:
    """Gives sessions out, ends them and recognises them."""

    def __init__(
        self, engine: AsyncEngine, signer: Signer, clock: Clock, revocations: Revocations | None = None
    ) -> None:
        self._engine = engine
        self._revocations = revocations
        self._seen = Seen()
        self._signer = signer
        self._clock = clock
        self._revoked: set[str] = set()
        self._ended_meanwhile: set[str] = set()
        self._reading: asyncio.Task[None] | None = None

    def identify(self, cookie: str | None, authorization: str | None) -> SignedIn | None:
        """Who shows this cookie value or Authorization field; a Bearer token wins. In memory, microseconds."""
        if authorization and authorization[:7].lower() == "bearer ":
            return self._read(Kind.TOKEN, authorization[7:].strip())
        return self._read(Kind.COOKIE, cookie) if cookie else None

    def _read(self, kind: Kind, signed: str) -> SignedIn | None:
        if len(signed) > LONGEST_TEXT or not signed.isascii():
            return None
        text = self._signer.verify(PURPOSES[kind], signed)
        if text is None:
            return None
        shopper_id, session_id, expires = text.split(".")
        if session_id in self._revoked or int(expires) <= self._clock.now().timestamp():
            return None
        self._seen.note(session_id)
        return SignedIn(int(shopper_id), session_id)

    async def start(
        self, connection: AsyncConnection, shopper_id: int, kind: Kind, device: str = ""
    ) -> Ticket:
        """A fresh session in the caller's transaction; the shopper's expired ones are swept out on the way."""
        now = self._clock.now().astimezone(UTC)
        expires_at = (now + LIFETIMES[kind]).replace(microsecond=0)
        session_id = secrets.token_urlsafe(18)
        await connection.execute(
            delete(sessions).where(sessions.c.shopper_id == shopper_id, sessions.c.expires_at <= now)
        )
        await connection.execute(
            insert(sessions).values(
                id=session_id,
                shopper_id=shopper_id,
                kind=kind,
                device=device,
                created_at=now,
                expires_at=expires_at,
            )
        )
        text = f"{shopper_id}.{session_id}.{int(expires_at.timestamp())}"
        return Ticket(self._signer.sign(PURPOSES[kind], text), expires_at)

    async def end(self, session_id: str) -> None:
        """Revoke it: here at once, elsewhere as soon as they are told, or within a second. Safe to repeat."""
        async with self._engine.begin() as connection:
            await connection.execute(
                update(sessions)
                .where(sessions.c.id == session_id, sessions.c.revoked_at.is_(None))
                .values(revoked_at=self._clock.now(), **ENDED)
            )
        await self.tell([session_id])

    async def end_all(
        self, connection: AsyncConnection, shopper_id: int, *, but: str | None = None
    ) -> list[str]:
        """Revoke every session of a shopper (`but` one) in the caller's transaction.

        Answers their ids, to be told after the commit; untold it is noticed within a second.
        """
        theirs = sessions.c.shopper_id == shopper_id
        ended = await connection.scalars(
            update(sessions)
            .where(theirs, sessions.c.id != (but or ""), sessions.c.revoked_at.is_(None))
            .values(revoked_at=self._clock.now(), **ENDED)
            .returning(sessions.c.id)
        )
        return list(ended.all())

    async def tell(self, ended: Iterable[str]) -> None:
        """Have these believed no more: here at once, and wherever word of it comes."""
        ids = list(ended)
        self._hear(ids)
        if self._revocations and ids:
            await self._revocations.tell(ids)

    def _hear(self, ended: list[str]) -> None:
        self._revoked.update(ended)
        self._ended_meanwhile.update(ended)

    async def refresh(self) -> None:
        """Read all revoked ids anew; an expired session needs none. One string, for speed with many thousands."""
        self._ended_meanwhile = set()  # what ends here during the reading may be missing from it
        query = select(func.string_agg(sessions.c.id, " ")).where(
            sessions.c.revoked_at.is_not(None), sessions.c.expires_at > self._clock.now()
        )
        async with self._engine.connect() as connection:
            listed = await connection.scalar(query)
        self._revoked = set((listed or "").split()) | self._ended_meanwhile

    async def note_seen(self) -> None:
        """Write down whom this process has seen."""
        await self._seen.write(self._engine, self._clock.now())

    async def start_reading(self, every: float = REFRESH_SECONDS) -> None:
        """Read the revoked ids now (raises where PostgreSQL is away), then every `every` seconds until stopped."""
        if self._revocations:
            await self._revocations.start(self._hear)
        await self.refresh()
        self._reading = asyncio.create_task(self._keep_reading(every), name="revoked sessions")

    async def stop_reading(self) -> None:
        """End the background reading."""
        if self._revocations:
            await self._revocations.stop()
        if self._reading:
            self._reading.cancel()
            await asyncio.wait([self._reading])
            self._reading = None

    async def _keep_reading(self, every: float) -> None:
        readings = count(1)

        async def read() -> None:
            await self.refresh()
            if next(readings) % READINGS_A_NOTE == 0:
                await self.note_seen()

        await asyncio.sleep(every)  # they have been read just now
        words = "revoked sessions cannot be read, the last known hold"
        await go_rounds(read, partial(asyncio.sleep, every), log, words)
