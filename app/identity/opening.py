"""The room, put together: what main opens, and every request finds at `app.state.identity`."""

from msgspec import Struct
from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncEngine

from app.identity.accounts import Accounts
from app.identity.challenges import Challenges
from app.identity.limits import Limits
from app.identity.links import MailedLinks
from app.identity.newsletter import Newsletter
from app.identity.passkeys import Passkeys
from app.identity.passwords import Passwords
from app.identity.revocations import Revocations
from app.identity.sessions import Sessions
from app.identity.shoppers import Shoppers
from app.identity.staff import Staff
from app.identity.suspicion import Suspicion
from app.identity.visits import Visits
from app.platform.clock import Clock
from app.platform.puzzles import Puzzles
from app.platform.rush import Rush
from app.platform.signing import Signer


class Site(Struct, frozen=True):
    """The shop as people reach it: its name, and its address where one is set."""

    name: str = "Breadmaker"
    public_url: str | None = None


class Identity(Struct, frozen=True):
    """Who is asking, and all that it takes to know."""

    engine: AsyncEngine
    clock: Clock
    site: Site
    secure: bool  # browsers come over https
    sessions: Sessions
    passwords: Passwords
    limits: Limits
    suspicion: Suspicion
    shoppers: Shoppers
    staff: Staff
    links: MailedLinks
    passkeys: Passkeys
    accounts: Accounts
    newsletter: Newsletter
    visits: Visits

    @classmethod
    def open(
        cls,
        engine: AsyncEngine,
        signer: Signer,
        clock: Clock,
        *,
        secure: bool,
        passwords: Passwords | None = None,
        site: Site | None = None,
        redis: Redis | None = None,
        subscription: Redis | None = None,
        limits_by_address: bool = True,
        puzzles: Puzzles | None = None,
        rush: Rush | None = None,
    ) -> "Identity":
        """Put together, nothing running yet: enough for the command line.

        Without `redis` and `subscription` limits are this process's own, and ended sessions are read, not told.
        """
        told = Revocations(redis, subscription) if redis and subscription else None
        sessions = Sessions(engine, signer, clock, told)
        passwords = passwords or Passwords()
        limits = Limits(redis, by_address=limits_by_address)
        links = MailedLinks(engine, sessions, clock)
        return cls(
            engine=engine,
            clock=clock,
            site=site or Site(),
            secure=secure,
            sessions=sessions,
            passwords=passwords,
            limits=limits,
            suspicion=Suspicion(limits, puzzles or Puzzles(signer, clock, redis), rush or Rush()),
            shoppers=Shoppers(engine, sessions, passwords, clock),
            staff=Staff(engine, sessions, passwords, clock),
            links=links,
            passkeys=Passkeys(engine, sessions, Challenges(engine, signer, clock), clock),
            accounts=Accounts(engine, sessions, passwords, links, clock),
            newsletter=Newsletter(engine, links, signer, clock),
            visits=Visits(engine, sessions, clock),
        )

    async def start(self) -> None:
        """Begin to follow which sessions are revoked. Raises where PostgreSQL does not answer."""
        await self.sessions.start_reading()

    async def stop(self) -> None:
        """End what runs; safe where nothing does."""
        await self.sessions.stop_reading()
        self.passwords.close()
