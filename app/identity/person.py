"""A person, read from a row of the shoppers table."""

from collections.abc import Collection

from msgspec import Struct
from sqlalchemy import Row, Select, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.identity.roles import Role
from app.identity.tables import shoppers
from app.notices import Addressee
from app.platform.errors import Problem

PERSON = (shoppers.c.id, shoppers.c.name, shoppers.c.email, shoppers.c.role, shoppers.c.newsletter)
PersonRow = Row[tuple[int, str, str, str, bool]]


class SignInRequired(Problem):
    """Only somebody who is signed in can do this. Sign in, or send a token, and try again."""

    status = 401
    title = "Please sign in"


class Person(Struct, frozen=True):
    """A shopper as the rest of the house sees one."""

    id: int
    name: str
    email: str
    role: Role
    newsletter: bool


def people() -> Select[tuple[int, str, str, str, bool]]:
    """A query for all of them, to be narrowed. Whoever deleted their account is nobody."""
    return select(*PERSON).where(shoppers.c.email.is_not(None))


def as_person(row: PersonRow) -> Person:
    """`row` of `people()`."""
    return Person(row.id, row.name, row.email, Role(row.role), row.newsletter)


async def locked_person(connection: AsyncConnection, shopper_id: int) -> Person:
    """Who they are until the transaction ends. Raises SignInRequired where they deleted their account meanwhile."""
    found = people().where(shoppers.c.id == shopper_id).with_for_update()
    row = (await connection.execute(found)).one_or_none()
    if row is None:
        raise SignInRequired
    return as_person(row)


async def names_of(connection: AsyncConnection, ids: Collection[int]) -> dict[int, str]:
    """The names of these shoppers; who is told them is the caller's to ask."""
    query = select(shoppers.c.id, shoppers.c.name).where(shoppers.c.id.in_(ids))
    return {row.id: row.name for row in await connection.execute(query)}


async def addressees_of(connection: AsyncConnection, ids: Collection[int]) -> dict[int, Addressee]:
    """To whom letters for these shoppers go. Whoever deleted their account is not among them."""
    query = people().where(shoppers.c.id.in_(ids))
    return {row.id: Addressee(row.email, row.name, row.id) for row in await connection.execute(query)}


async def id_by_email(connection: AsyncConnection, email: str) -> int | None:
    """Whose account this address (a clean one) is, for the desk's eyes; None where it is nobody's."""
    found: int | None = await connection.scalar(select(shoppers.c.id).where(shoppers.c.email == email))
    return found
