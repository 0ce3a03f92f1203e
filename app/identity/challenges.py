"""Challenges for passkeys: random, for one browser, for one purpose, for five minutes, and answered once."""

import secrets
from datetime import timedelta
from enum import StrEnum

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from app.identity.tables import answered_challenges
from app.platform.clock import Clock
from app.platform.errors import Problem
from app.platform.signing import Signer

LASTS = timedelta(minutes=5)
PURPOSE = "passkey-challenge"
NOBODY = 0


class Use(StrEnum):
    """What a challenge is for."""

    ADD = "add"
    ENTER = "enter"


class PasskeyNotAccepted(Problem):
    """This passkey is not known here, or its answer does not fit what we asked. Try again, or come in another way."""

    status = 401
    title = "That passkey does not fit"


class Challenges:
    """A challenge is kept by the browser alone, in a signed cookie; what we keep is which were answered."""

    def __init__(self, engine: AsyncEngine, signer: Signer, clock: Clock) -> None:
        self._engine = engine
        self._signer = signer
        self._clock = clock

    def ask(self, use: Use, shopper_id: int = NOBODY) -> tuple[bytes, str]:
        """A challenge, and the cookie that binds it to the browser, to `use` and to whoever is asked."""
        challenge = secrets.token_hex(32)
        expires = int((self._clock.now() + LASTS).timestamp())
        return bytes.fromhex(challenge), self._signer.sign(
            PURPOSE, f"{use}.{shopper_id}.{challenge}.{expires}"
        )

    async def take(self, cookie: str | None, use: Use, shopper_id: int = NOBODY) -> bytes:
        """The challenge that this browser was given: once, whatever becomes of the answer.

        Raises PasskeyNotAccepted.
        """
        text = self._signer.verify(PURPOSE, cookie) if cookie and cookie.isascii() else None
        if text is None:
            raise PasskeyNotAccepted
        asked_use, asked_of, challenge, expires = text.split(".")
        now = self._clock.now()
        if (asked_use, asked_of) != (use, str(shopper_id)) or int(expires) <= now.timestamp():
            raise PasskeyNotAccepted
        async with self._engine.begin() as connection:
            await connection.execute(
                delete(answered_challenges).where(answered_challenges.c.expires_at <= now)
            )
            taken = await connection.execute(
                insert(answered_challenges)
                .values(challenge=challenge, expires_at=now + LASTS)
                .on_conflict_do_nothing()
            )
        if not taken.rowcount:
            raise PasskeyNotAccepted
        return bytes.fromhex(challenge)
