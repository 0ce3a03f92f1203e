"""Links in mails: a secret that lets its reader sign in, or proves a new address. Once, and not for long.

Opening one only shows a page with a button; the button uses it up. So programs that look at every link in a mail, to
see whether it is evil, do no harm.
"""

import secrets
from datetime import timedelta
from hashlib import sha256
from typing import Any

from msgspec import Struct
from sqlalchemy import Row, delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.identity.arrival import Arrival, arrived
from app.identity.credentials import clean_email
from app.identity.person import PersonRow, people
from app.identity.sessions import Sessions, SignedIn
from app.identity.tables import Kind, LinkFor, mailed_links, shoppers
from app.notices import Addressee, SignInLink, post
from app.platform.clock import Clock
from app.platform.errors import Problem

LASTS = {
    LinkFor.SIGN_IN: timedelta(minutes=15),
    LinkFor.EMAIL: timedelta(hours=1),
    LinkFor.NEWSLETTER: timedelta(days=1),
}
LONGEST_SECRET = 100


class LinkSpent(Problem):
    """Links in our mails work once, and not for long. This one was used, or is too old, or was never ours."""

    status = 410
    title = "This link does not work any more"


class OpenLink(Struct, frozen=True):
    """A link that would still work: for whose account and address, and where it leads on to."""

    shopper_id: int
    email: str
    onward: str


class MailedLinks:
    """Asks for links, looks at them and uses them."""

    def __init__(self, engine: AsyncEngine, sessions: Sessions, clock: Clock) -> None:
        self._engine = engine
        self._sessions = sessions
        self._clock = clock

    async def ask_to_sign_in(self, typed: str, onward: str, site: str) -> None:
        """Mail a link below the address `site` to whoever has the e-mail address `typed`.

        The same work, statement by statement, where nobody has: then neither row is of use to anybody.
        """
        try:
            email = clean_email(typed)
        except ValueError:
            email = ""
        now = self._clock.now()
        async with self._engine.begin() as connection:
            await connection.execute(delete(mailed_links).where(mailed_links.c.expires_at <= now))
            found = people().where(shoppers.c.email == email)
            row: PersonRow | None = (await connection.execute(found)).one_or_none()
            secret = await self.make(
                connection, LinkFor.SIGN_IN, row.id if row else None, email if row else "", onward
            )
            to = Addressee(email, row.name if row else "", row.id if row else None)
            letter = SignInLink(f"{site}/sign-in/link/{secret}")
            await post(connection, letter, to, now, void=row is None)

    async def make(
        self, connection: AsyncConnection, purpose: LinkFor, shopper_id: int | None, email: str, onward: str
    ) -> str:
        """The secret of a new link, of which only a digest is kept."""
        secret = secrets.token_urlsafe(32)
        await connection.execute(
            insert(mailed_links).values(
                digest=_digest(secret),
                purpose=purpose,
                shopper_id=shopper_id,
                email=email,
                onward=onward,
                expires_at=self._clock.now() + LASTS[purpose],
            )
        )
        return secret

    async def look(self, secret: str, purpose: LinkFor) -> OpenLink:
        """What a link would do, without using it. Raises LinkSpent."""
        query = select(mailed_links).where(*self._good(secret, purpose))
        async with self._engine.connect() as connection:
            row = (await connection.execute(query)).one_or_none()
        if row is None:
            raise LinkSpent
        return OpenLink(row.shopper_id, row.email, row.onward)

    async def take(self, connection: AsyncConnection, secret: str, purpose: LinkFor) -> Row[Any]:
        """Use a link up in the caller's transaction: of two at once one gets it. Raises LinkSpent."""
        taken = delete(mailed_links).where(*self._good(secret, purpose)).returning(mailed_links)
        row = (await connection.execute(taken)).one_or_none()
        if row is None:
            raise LinkSpent
        return row

    async def sign_in(
        self, secret: str, *, instead_of: SignedIn | None = None, device: str = ""
    ) -> tuple[Arrival, str]:
        """A fresh session, and where to go on to. Raises LinkSpent, also where the account has a new address."""
        async with self._engine.begin() as connection:
            link = await self.take(connection, secret, LinkFor.SIGN_IN)
            still = people().where(shoppers.c.id == link.shopper_id, shoppers.c.email == link.email)
            row = (await connection.execute(still.with_for_update(read=True))).one_or_none()
            if row is None:
                raise LinkSpent
            ticket = await self._sessions.start(connection, row.id, Kind.COOKIE, device)
        return await arrived(self._sessions, row, ticket, instead_of), link.onward

    def _good(self, secret: str, purpose: LinkFor) -> tuple[Any, ...]:
        return (
            mailed_links.c.digest == _digest(secret[:LONGEST_SECRET]),
            mailed_links.c.purpose == purpose,
            mailed_links.c.shopper_id.is_not(None),
            mailed_links.c.expires_at > self._clock.now(),
        )


def _digest(secret: str) -> str:
    return sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
