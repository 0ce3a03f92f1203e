"""Friends lists in a test's hands, without HTTP."""

from msgspec import Struct
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from app.sharing.friend_acceptance import accept
from app.sharing.friend_invitations import Invitation, invite, take_off
from app.sharing.friend_list import Friend, friends_of
from tests.factories.identity import MovableClock


class Circle(Struct, frozen=True):
    """People who invite each other."""

    engine: AsyncEngine
    clock: MovableClock

    async def address_of(self, shopper_id: int) -> str:
        """Their account's."""
        query = text("SELECT email FROM shoppers WHERE id = :id")
        async with self.engine.connect() as connection:
            return str(await connection.scalar(query, {"id": shopper_id}))

    async def invites(self, inviter: int, email: str | None = None) -> Invitation:
        """An address, or whoever has the link."""
        async with self.engine.begin() as connection:
            return (await invite(connection, inviter, email, self.clock.now()))[0]

    async def invites_the_account_of(self, inviter: int, other: int) -> Invitation:
        """By its address."""
        return await self.invites(inviter, await self.address_of(other))

    async def accepts(self, shopper: int, invitation: Invitation, *, by_link: bool = True) -> Friend:
        """Say yes."""
        async with self.engine.begin() as connection:
            return await accept(connection, invitation.id, shopper, self.clock.now(), by_link=by_link)

    async def takes_off(self, shopper: int, entry_id: str) -> bool:
        """Leave, take back or decline."""
        async with self.engine.begin() as connection:
            return await take_off(connection, entry_id, shopper, self.clock.now())

    async def befriends(self, one: int, other: int) -> str:
        """They are friends; the friendship's id."""
        return (await self.accepts(other, await self.invites(one))).id

    async def list_of(self, shopper: int) -> list[int]:
        """Who is on their list."""
        async with self.engine.connect() as connection:
            return sorted(one.shopper_id for one in await friends_of(connection, shopper))

    async def forget(self, shopper: int) -> None:
        """They have deleted their account."""
        gone = text("UPDATE shoppers SET email = NULL, name = '', password_hash = NULL WHERE id = :id")
        async with self.engine.begin() as connection:
            await connection.execute(gone, {"id": shopper})

    async def count(self, table: str) -> int:
        """The rows of a table."""
        async with self.engine.connect() as connection:
            return int(await connection.scalar(text(f"SELECT count(*) FROM {table}")) or 0)
