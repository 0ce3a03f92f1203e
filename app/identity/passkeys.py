"""Passkeys: several an account, each with a name, and each the way in of one device or password manager."""

import re
from datetime import datetime
from hashlib import sha256
from typing import Any

from msgspec import Struct
from sqlalchemy import ColumnElement, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.identity.arrival import Arrival, arrived
from app.identity.challenges import Challenges, PasskeyNotAccepted, Use
from app.identity.credentials import clean_name
from app.identity.party import RelyingParty
from app.identity.person import Person, PersonRow, locked_person, people
from app.identity.sessions import Sessions, SignedIn
from app.identity.tables import Kind, passkeys, shoppers
from app.notices import Addressee, NewPasskey, post
from app.platform.clock import Clock
from app.platform.errors import NotFound, Problem
from app.platform.logging import get_logger

log = get_logger(__name__)

MOST = 20  # an account
PASSKEY_ID = re.compile(r"[\w-]+", re.ASCII)  # base64url; anything else would be no text to PostgreSQL


class TooManyPasskeys(Problem):
    """An account has room for 20 passkeys. Remove one that you do not use any more."""

    status = 409
    title = "Too many passkeys"


class PasskeyKnown(Problem):
    """This passkey is in use already."""

    status = 409
    title = "This passkey is known"


class Passkey(Struct, frozen=True):
    """What its owner sees of it."""

    id: str
    name: str
    created_at: datetime
    used_at: datetime | None


class Passkeys:
    """Makes, believes, lists and removes them."""

    def __init__(self, engine: AsyncEngine, sessions: Sessions, challenges: Challenges, clock: Clock) -> None:
        self._engine = engine
        self._sessions = sessions
        self._challenges = challenges
        self._clock = clock

    async def to_add(self, person: Person, party: RelyingParty) -> tuple[dict[str, Any], str]:
        """Options for the browser's `create`, and the cookie that goes with them."""
        challenge, cookie = self._challenges.ask(Use.ADD, person.id)
        rows = await self._rows(person.id)
        handle = rows[0].handle if rows else _first_handle(challenge)
        known = [(row.id, row.transports) for row in rows]
        from app.identity import ceremony

        return ceremony.options_to_make(person, party, handle, challenge, known), cookie

    async def add(
        self, person: Person, party: RelyingParty, cookie: str | None, credential: dict[str, Any], name: str
    ) -> Passkey:
        """Keep the one that the browser made. Raises PasskeyNotAccepted, PasskeyKnown, TooManyPasskeys."""
        challenge = await self._challenges.take(cookie, Use.ADD, person.id)
        from app.identity import ceremony

        made = ceremony.read_made(credential, challenge, party)
        now = self._clock.now()
        kept = {
            "id": made.id,
            "shopper_id": person.id,
            "name": clean_name(name),
            "public_key": made.public_key,
            "handle": _first_handle(challenge),
            "sign_count": made.sign_count,
            "transports": made.transports,
            "created_at": now,
        }
        async with self._engine.begin() as connection:
            await _keep(connection, kept)
            await post(connection, NewPasskey(), Addressee(person.email, person.name, person.id), now)
        return Passkey(made.id, str(kept["name"]), now, None)

    def to_enter(self, party: RelyingParty) -> tuple[dict[str, Any], str]:
        """Options for the browser's `get`, and the cookie that goes with them. Names no account: nobody is asked."""
        challenge, cookie = self._challenges.ask(Use.ENTER)
        from app.identity import ceremony

        return ceremony.options_to_enter(party, challenge), cookie

    async def enter(
        self,
        party: RelyingParty,
        cookie: str | None,
        credential: dict[str, Any],
        *,
        instead_of: SignedIn | None = None,
        device: str = "",
    ) -> Arrival:
        """A fresh session for whoever's passkey answered. Raises PasskeyNotAccepted."""
        challenge = await self._challenges.take(cookie, Use.ENTER)
        async with self._engine.begin() as connection:
            person, row = await _locked_holder(connection, _id_of(credential))
            from app.identity import ceremony

            count = ceremony.read_count(credential, challenge, party, row)
            await connection.execute(
                update(passkeys)
                .where(passkeys.c.id == row.id)
                .values(sign_count=count, used_at=self._clock.now())
            )
            ticket = await self._sessions.start(connection, person.id, Kind.COOKIE, device)
        return await arrived(self._sessions, person, ticket, instead_of)

    async def of(self, shopper_id: int) -> list[Passkey]:
        """Somebody's, oldest first."""
        return [
            Passkey(row.id, row.name, row.created_at, row.used_at) for row in await self._rows(shopper_id)
        ]

    async def rename(self, shopper_id: int, passkey_id: str, name: str) -> None:
        """Call it something else. Raises NotFound, also where it is another's."""
        mine = _mine(shopper_id, passkey_id)
        async with self._engine.begin() as connection:
            done = await connection.execute(update(passkeys).where(*mine).values(name=clean_name(name)))
        if not done.rowcount:
            raise NotFound("You have no such passkey.")

    async def remove(self, shopper_id: int, passkey_id: str) -> None:
        """It lets nobody in any more. Raises NotFound, also where it is another's."""
        mine = _mine(shopper_id, passkey_id)
        async with self._engine.begin() as connection:
            done = await connection.execute(delete(passkeys).where(*mine))
        if not done.rowcount:
            raise NotFound("You have no such passkey.")

    async def _rows(self, shopper_id: int) -> list[Any]:
        query = select(passkeys).where(passkeys.c.shopper_id == shopper_id).order_by(passkeys.c.created_at)
        async with self._engine.connect() as connection:
            return list((await connection.execute(query)).all())


def _mine(shopper_id: int, passkey_id: str) -> tuple[ColumnElement[bool], ...]:
    if not PASSKEY_ID.fullmatch(passkey_id):
        raise NotFound("You have no such passkey.")
    return passkeys.c.id == passkey_id, passkeys.c.shopper_id == shopper_id


async def _locked_holder(connection: AsyncConnection, passkey_id: str) -> tuple[PersonRow, Any]:
    """Whose it is, and the passkey. First the account is locked, as whoever deletes it does; then the passkey, so that
    of two answers with one count the second sees the first's.
    """
    whose = select(passkeys.c.shopper_id).where(passkeys.c.id == passkey_id).scalar_subquery()
    holder = people().where(shoppers.c.id == whose).with_for_update(read=True)
    person = (await connection.execute(holder)).one_or_none()
    found = select(passkeys).where(passkeys.c.id == passkey_id).with_for_update()
    row = (await connection.execute(found)).one_or_none()
    if person is None or row is None:
        raise PasskeyNotAccepted
    return person, row


async def _keep(connection: AsyncConnection, kept: dict[str, Any]) -> None:
    """The account's row is locked, so that two at once find room for one, and take the same handle."""
    shopper_id = kept["shopper_id"]
    await locked_person(connection, shopper_id)
    mine = select(func.count(), func.min(passkeys.c.handle)).where(passkeys.c.shopper_id == shopper_id)
    count, handle = (await connection.execute(mine)).one()
    if count >= MOST:
        raise TooManyPasskeys
    done = await connection.execute(
        insert(passkeys)
        .values(kept | {"handle": handle or kept["handle"]})
        .on_conflict_do_nothing(index_elements=[passkeys.c.id])
    )
    if not done.rowcount:
        raise PasskeyKnown


def _first_handle(challenge: bytes) -> bytes:
    """What authenticators know an account by from its first passkey on: as random as the challenge was."""
    return sha256(b"handle" + challenge).digest()


def _id_of(credential: dict[str, Any]) -> str:
    found = credential.get("id")
    return found if isinstance(found, str) and PASSKEY_ID.fullmatch(found) else ""
