"""What somebody may change about themselves. There is no role among it."""

from datetime import datetime

from sqlalchemy import delete, exists, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.identity.addresses import forget_address
from app.identity.arrival import Arrival
from app.identity.credentials import clean_name
from app.identity.links import LinkSpent, MailedLinks
from app.identity.passwords import Passwords
from app.identity.person import Person, locked_person
from app.identity.roles import Role
from app.identity.sessions import Sessions
from app.identity.staff import OWNERS, keep_an_owner
from app.identity.tables import Kind, LinkFor, mailed_links, passkeys, shoppers
from app.notices import (
    AccountDeleted,
    Addressee,
    EmailChanged,
    EmailToConfirm,
    Kept,
    NewPassword,
    forget,
    mails_to,
    post,
    take_back,
)
from app.platform.clock import Clock
from app.platform.lease import take_turns

CONFIRM_PATH = "/account/email"
HUSK = {"name": "", "role": Role.SHOPPER, "newsletter": False, "named_in_records": False}


class Accounts:
    """Each call is for the shopper whose id it is given: the one who asks, never one that a request names.

    Each raises SignInRequired where they deleted their account meanwhile.
    """

    def __init__(
        self, engine: AsyncEngine, sessions: Sessions, passwords: Passwords, links: MailedLinks, clock: Clock
    ) -> None:
        self._engine = engine
        self._sessions = sessions
        self._passwords = passwords
        self._links = links
        self._clock = clock

    async def rename(self, shopper_id: int, name: str) -> None:
        """Be called something else. Raises ValueError for what is no name."""
        await self._set(shopper_id, name=clean_name(name))

    async def set_named_in_records(self, shopper_id: int, agreed: bool) -> None:
        """Whether the shop's people may read their name as a deal's first buyer's."""
        await self._set(shopper_id, named_in_records=agreed)

    async def is_named_in_records(self, shopper_id: int) -> bool:
        """Whether they agreed to that."""
        query = select(shoppers.c.named_in_records).where(shoppers.c.id == shopper_id)
        async with self._engine.connect() as connection:
            return bool(await connection.scalar(query))

    async def began(self, shopper_id: int) -> datetime | None:
        """When they signed up."""
        query = select(shoppers.c.created_at).where(shoppers.c.id == shopper_id)
        async with self._engine.connect() as connection:
            found: datetime | None = await connection.scalar(query)
        return found

    async def set_password(self, shopper_id: int, password: str, device: str = "") -> Arrival:
        """A new password; every session ends, and a fresh one begins. Links by mail are of no use any more.

        `password` is a clean one. Raises SlowDown.
        """
        password_hash = await self._passwords.hash(password)
        async with self._engine.begin() as connection:
            person = await locked_person(connection, shopper_id)
            await connection.execute(
                update(shoppers).where(shoppers.c.id == shopper_id).values(password_hash=password_hash)
            )
            await _spoil_links(connection, shopper_id)
            ended = await self._sessions.end_all(connection, shopper_id)
            ticket = await self._sessions.start(connection, shopper_id, Kind.COOKIE, device)
            await post(connection, NewPassword(), _to(person), self._clock.now())
        await self._sessions.tell(ended)
        return Arrival(person, ticket)

    async def ask_to_change_email(self, shopper_id: int, email: str, site: str) -> None:
        """Mail a link to the new address `email` (a clean one). Where it is somebody's already, nobody hears of it."""
        now = self._clock.now()
        async with self._engine.begin() as connection:
            person = await locked_person(connection, shopper_id)
            taken = await connection.scalar(select(exists().where(shoppers.c.email == email)))
            secret = await self._links.make(connection, LinkFor.EMAIL, shopper_id, email, "/account")
            letter = EmailToConfirm(f"{site}{CONFIRM_PATH}/{secret}")
            await post(connection, letter, Addressee(email, person.name, shopper_id), now, void=bool(taken))

    async def change_email(self, shopper_id: int, secret: str) -> None:
        """The link was opened by its account's owner: the new address holds, and the old one is told.

        Raises LinkSpent, also where the link is another's, or somebody took the address meanwhile.
        """
        try:
            async with self._engine.begin() as connection:
                link = await self._links.take(connection, secret, LinkFor.EMAIL)
                if link.shopper_id != shopper_id:
                    raise LinkSpent  # and with the transaction goes its use
                person = await locked_person(connection, shopper_id)
                await connection.execute(
                    update(shoppers).where(shoppers.c.id == shopper_id).values(email=link.email)
                )
                await _spoil_links(connection, shopper_id)
                await post(connection, EmailChanged(), _to(person), self._clock.now())
        except IntegrityError:
            raise LinkSpent from None

    async def delete(self, shopper_id: int) -> None:
        """Remove the person: name, address, password, passkeys, sessions, mails. Orders keep the empty husk's id.

        Raises LastOwner.
        """
        now = self._clock.now()
        async with self._engine.begin() as connection:
            await take_turns(connection, OWNERS)
            person = await locked_person(connection, shopper_id)
            if person.role is Role.OWNER:
                await keep_an_owner(connection, besides=person.email)
            mine = shoppers.c.id == shopper_id
            empty = {"email": None, "password_hash": None, **HUSK}
            await connection.execute(update(shoppers).where(mine).values(**empty))
            await connection.execute(delete(passkeys).where(passkeys.c.shopper_id == shopper_id))
            await connection.execute(delete(mailed_links).where(mailed_links.c.shopper_id == shopper_id))
            await forget_address(connection, shopper_id)
            ended = await self._sessions.end_all(connection, shopper_id)
            await forget(connection, shopper_id)
            await post(connection, AccountDeleted(), Addressee(person.email, person.name), now)
        await self._sessions.tell(ended)

    async def mails(self, shopper_id: int) -> list[Kept]:
        """What we mailed them, or are about to, at addresses of theirs."""
        async with self._engine.connect() as connection:
            return await mails_to(connection, shopper_id)

    async def _set(self, shopper_id: int, **values: object) -> None:
        async with self._engine.begin() as connection:
            await locked_person(connection, shopper_id)
            await connection.execute(update(shoppers).where(shoppers.c.id == shopper_id).values(**values))


async def _spoil_links(connection: AsyncConnection, shopper_id: int) -> None:
    await connection.execute(delete(mailed_links).where(mailed_links.c.shopper_id == shopper_id))
    await take_back(connection, shopper_id, "sign-in-link", "email-to-confirm", "newsletter-to-confirm")


def _to(person: Person) -> Addressee:
    return Addressee(person.email, person.name, person.id)
