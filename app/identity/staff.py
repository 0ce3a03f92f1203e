"""Staff: shoppers with a role, named on the command line; the first owner comes by the link of the first start."""

from datetime import datetime

from sqlalchemy import exists, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.identity.arrival import Arrival, arrived
from app.identity.credentials import NAME_LENGTH, Newcomer, clean_email, clean_name, clean_password
from app.identity.passwords import Passwords
from app.identity.person import PERSON, Person, PersonRow, as_person
from app.identity.roles import Role, may_run_the_desk
from app.identity.sessions import Sessions, SignedIn
from app.identity.shoppers import add_shopper
from app.identity.tables import Kind, shoppers
from app.platform.clock import Clock
from app.platform.errors import NotFound, Problem
from app.platform.lease import take_turns

OWNERS = "owners"  # whoever makes or unmakes one takes turns


class LastOwner(Problem):
    """This is the shop's only owner. Make somebody else an owner first."""

    status = 409
    title = "The last owner stays an owner"


class Staff:
    """Everybody with a role."""

    def __init__(self, engine: AsyncEngine, sessions: Sessions, passwords: Passwords, clock: Clock) -> None:
        self._engine = engine
        self._sessions = sessions
        self._passwords = passwords
        self._clock = clock

    async def add(self, email: str, role: Role, password: str) -> Person:
        """Create staff, or give an account this role and password; its sessions end.

        The password is replaced because e-mail addresses are not proven: whoever took a colleague's address
        first must not come to the desk with them. Raises ValueError for what is no e-mail address, password
        or staff role, and LastOwner.
        """
        if not may_run_the_desk(role):
            raise ValueError(f"{role} is not a role for staff")
        email = clean_email(email)
        name = clean_name(email.partition("@")[0][:NAME_LENGTH])
        password_hash = await self._passwords.hash(clean_password(password))
        async with self._engine.begin() as connection:
            await take_turns(connection, OWNERS)
            if role is not Role.OWNER:
                await keep_an_owner(connection, besides=email)
            row = await _add_or_promote(connection, email, name, password_hash, role, self._clock.now())
            ended = await self._sessions.end_all(connection, row.id)
        await self._sessions.tell(ended)
        return as_person(row)

    async def open_shop(
        self, newcomer: Newcomer, *, instead_of: SignedIn | None = None, device: str = ""
    ) -> Arrival:
        """The first owner, signed in. Of two who come at the same moment one is let in.

        Raises NotFound where somebody owns the shop already, EmailTaken, SlowDown.
        """
        password_hash = await self._passwords.hash(newcomer.password)
        async with self._engine.begin() as connection:
            await take_turns(connection, OWNERS)
            if await connection.scalar(select(exists().where(shoppers.c.role == Role.OWNER))):
                raise NotFound("The shop has an owner already.")
            now = self._clock.now()
            row = await add_shopper(connection, newcomer, password_hash, now, Role.OWNER)
            ticket = await self._sessions.start(connection, row.id, Kind.COOKIE, device)
        return await arrived(self._sessions, row, ticket, instead_of)

    async def has_owner(self) -> bool:
        """Whether anybody owns the shop yet."""
        async with self._engine.connect() as connection:
            return bool(await connection.scalar(select(exists().where(shoppers.c.role == Role.OWNER))))


async def keep_an_owner(connection: AsyncConnection, besides: str) -> None:
    """Raise LastOwner where nobody but `besides` owns the shop.

    The owners are locked, so that two owners lowered at the same moment cannot both go.
    """
    owners = select(shoppers.c.email).where(shoppers.c.role == Role.OWNER).order_by(shoppers.c.id)
    emails = set((await connection.scalars(owners.with_for_update())).all())
    if emails == {besides}:
        raise LastOwner(f"{besides} is the shop's only owner.")


async def _add_or_promote(
    connection: AsyncConnection, email: str, name: str, password_hash: str, role: Role, now: datetime
) -> PersonRow:
    given = {"password_hash": password_hash, "role": role}
    return (
        await connection.execute(
            insert(shoppers)
            .values(email=email, name=name, created_at=now, **given)
            .on_conflict_do_update(index_elements=[shoppers.c.email], set_=given)
            .returning(*PERSON)
        )
    ).one()
