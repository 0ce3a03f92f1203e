"""Shoppers: sign up, sign in, look up."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.identity.arrival import Arrival, arrived
from app.identity.credentials import Credentials, Newcomer, clean_email
from app.identity.passwords import Passwords
from app.identity.person import PERSON, Person, PersonRow, as_person, people
from app.identity.roles import Role
from app.identity.sessions import Sessions, SignedIn
from app.identity.tables import Kind, shoppers
from app.platform.clock import Clock
from app.platform.errors import Problem


class EmailTaken(Problem):
    """Somebody has signed up with this e-mail address before. If it was you, sign in instead."""

    status = 409
    title = "This e-mail address is taken"


class WrongCredentials(Problem):
    """The e-mail address or the password is wrong. We never say which, so that nobody can find out who shops here."""

    status = 401
    title = "Wrong e-mail address or password"


class Shoppers:
    """Every account. `instead_of` is the browser's earlier session: it ends when a fresh one begins."""

    def __init__(self, engine: AsyncEngine, sessions: Sessions, passwords: Passwords, clock: Clock) -> None:
        self._engine = engine
        self._sessions = sessions
        self._passwords = passwords
        self._clock = clock

    async def sign_up(
        self, newcomer: Newcomer, *, instead_of: SignedIn | None = None, device: str = ""
    ) -> Arrival:
        """A new account, signed in. Raises EmailTaken, SlowDown."""
        password_hash = await self._passwords.hash(newcomer.password)  # before a connection is taken
        async with self._engine.begin() as connection:
            row = await add_shopper(connection, newcomer, password_hash, self._clock.now())
            ticket = await self._sessions.start(connection, row.id, Kind.COOKIE, device)
        return await arrived(self._sessions, row, ticket, instead_of)

    async def sign_in(
        self,
        credentials: Credentials,
        kind: Kind = Kind.COOKIE,
        *,
        instead_of: SignedIn | None = None,
        device: str = "",
    ) -> Arrival:
        """A fresh session. Raises WrongCredentials, SlowDown."""
        known_hash = await self._hash_of(credentials.email)
        if not await self._passwords.verify(credentials.password, known_hash):
            raise WrongCredentials
        email = clean_email(credentials.email)
        # The row is locked and its hash compared, so that a password replaced meanwhile lets nobody in.
        still = people().where(shoppers.c.email == email, shoppers.c.password_hash == known_hash)
        async with self._engine.begin() as connection:
            row = (await connection.execute(still.with_for_update(read=True))).one_or_none()
            if row is None:
                raise WrongCredentials
            ticket = await self._sessions.start(connection, row.id, kind, device)
        return await arrived(self._sessions, row, ticket, instead_of)

    async def by_id(self, shopper_id: int) -> Person | None:
        """The person as the database has them now, role included."""
        async with self._engine.connect() as connection:
            row = (await connection.execute(people().where(shoppers.c.id == shopper_id))).one_or_none()
        return as_person(row) if row else None

    async def _hash_of(self, email: str) -> str | None:
        try:
            kept_as = clean_email(email)
        except ValueError:
            return None
        async with self._engine.connect() as connection:
            found: str | None = await connection.scalar(
                select(shoppers.c.password_hash).where(shoppers.c.email == kept_as)
            )
        return found


async def add_shopper(
    connection: AsyncConnection,
    newcomer: Newcomer,
    password_hash: str,
    now: datetime,
    role: Role = Role.SHOPPER,
) -> PersonRow:
    """Of two who come with one address at the same moment, the unique constraint lets one in. Raises EmailTaken."""
    row = (
        await connection.execute(
            insert(shoppers)
            .values(
                email=newcomer.email,
                name=newcomer.name,
                password_hash=password_hash,
                role=role,
                created_at=now,
            )
            .on_conflict_do_nothing(index_elements=[shoppers.c.email])
            .returning(*PERSON)
        )
    ).one_or_none()
    if row is None:
        raise EmailTaken("Somebody has signed up with this e-mail address before.")
    return row
