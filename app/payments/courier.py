"""Carries the letters of the sandbox's bank to the shop, as webhooks come from a real provider: soon, at least once."""

from collections.abc import Awaitable, Callable, Mapping

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from app.payments.sandbox import Sandbox
from app.payments.sandbox_letters import sign_letter
from app.payments.sandbox_tables import bank_letters
from app.platform.clock import Clock
from app.platform.signing import Signer

AT_ONCE = 50

Door = Callable[[bytes, Mapping[str, str]], Awaitable[bool]]


class Courier:
    """Every process has one; a letter is carried by one of them at a time."""

    def __init__(
        self, engine: AsyncEngine, sandbox: Sandbox, signer: Signer, clock: Clock, door: Door
    ) -> None:
        self._engine = engine
        self._sandbox = sandbox
        self._signer = signer
        self._clock = clock
        self._door = door

    async def deliver_due(self) -> int:
        """Carry what waits, in order, and answer how many letters that were."""
        await self._sandbox.ripen()
        carried = 0
        while batch := await self._carry():
            carried += batch
        return carried

    async def _carry(self) -> int:
        now = self._clock.now()
        waiting = select(bank_letters).where(bank_letters.c.sent_at.is_(None)).order_by(bank_letters.c.number)
        async with self._engine.begin() as connection:
            rows = (await connection.execute(waiting.limit(AT_ONCE).with_for_update(skip_locked=True))).all()
            if not rows:
                return 0  # nothing is written once a second for nothing
            for row in rows:
                body = row.body.encode()
                await self._door(body, sign_letter(self._signer, body, now))
            sent = [row.number for row in rows]
            await connection.execute(
                update(bank_letters).where(bank_letters.c.number.in_(sent)).values(sent_at=now)
            )
        return len(rows)
