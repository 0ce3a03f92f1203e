"""The room, put together: what main opens, and every request finds at `app.state.identity`."""

from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncEngine

from app.identity.passwords import Passwords
from app.identity.sessions import Sessions
from app.identity.shoppers import Shoppers
from app.identity.staff import Staff
from app.platform.clock import Clock
from app.platform.signing import Signer


@dataclass(frozen=True, slots=True)
class Identity:
    """Who is asking, and all that it takes to know."""

    engine: AsyncEngine
    clock: Clock
    sessions: Sessions
    passwords: Passwords
    shoppers: Shoppers
    staff: Staff
    secure: bool  # browsers come over https

    @classmethod
    def open(
        cls,
        engine: AsyncEngine,
        signer: Signer,
        clock: Clock,
        *,
        secure: bool,
        passwords: Passwords | None = None,
    ) -> "Identity":
        """Put together, nothing running yet: enough for the command line."""
        sessions = Sessions(engine, signer, clock)
        passwords = passwords or Passwords()
        shoppers = Shoppers(engine, sessions, passwords, clock)
        staff = Staff(engine, sessions, passwords, clock)
        return cls(engine, clock, sessions, passwords, shoppers, staff, secure)

    async def start(self) -> None:
        """Begin to follow which sessions are revoked. Raises where PostgreSQL does not answer."""
        await self.sessions.start_reading()

    async def stop(self) -> None:
        """End what runs; safe where nothing does."""
        await self.sessions.stop_reading()
        self.passwords.close()
