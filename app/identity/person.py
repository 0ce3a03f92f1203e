"""A person, read from a row of the shoppers table."""

from dataclasses import dataclass

from sqlalchemy import Row, Select, select

from app.identity.roles import Role
from app.identity.tables import shoppers

PERSON = (shoppers.c.id, shoppers.c.name, shoppers.c.email, shoppers.c.role, shoppers.c.newsletter)
PersonRow = Row[tuple[int, str, str, str, bool]]


@dataclass(frozen=True, slots=True)
class Person:
    """A shopper as the rest of the house sees one."""

    id: int
    name: str
    email: str
    role: Role
    newsletter: bool


def people() -> Select[tuple[int, str, str, str, bool]]:
    """A query for all of them, to be narrowed."""
    return select(*PERSON)


def as_person(row: PersonRow) -> Person:
    """`row` of `people()`."""
    return Person(row.id, row.name, row.email, Role(row.role), row.newsletter)
