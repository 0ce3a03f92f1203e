"""The audit trail: who changed what at the desk, written in the transaction that changes it."""

import getpass
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import Select, insert, select
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from app.identity import Person
from app.inventory.tables import changes, deals, shows
from app.platform.clock import rfc3339

# What moves the queue: whoever is told that it has moved hears of the last of these.
QUEUE_ACTIONS = ("add", "duplicate", "import", "move", "reorder", "undo", "withdraw")
DEAL_ACTIONS = ("edit", "photo", "rescue", "undo", "withdraw")  # what makes a deal another than it was


class Who(Struct, frozen=True):
    """Whoever changes something: an account's id (None for the command line), and the name that is kept with it."""

    person_id: int | None
    name: str


class ChangePage(Struct, frozen=True):
    """Some changes, the latest first, and the id to ask for more after (None at the end)."""

    rows: Sequence[Row[Any]]
    next: int | None


def by_person(person: Person) -> Who:
    """A person at the desk."""
    return Who(person.id, person.name)


def _system_user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container may know no name for its user
        return "somebody"


COMMAND_LINE = Who(None, f"{_system_user()} (command line)")


async def note_change(
    connection: AsyncConnection,
    *,
    who: Who,
    action: str,
    deal_id: int | None,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    now: datetime,
) -> int:
    """Keep what `who` has just changed in this transaction, after the change itself; answers the change's id.

    `before` and `after` hold fields as JSON has them (times may be datetimes); those that are alike are left out.
    `action` is one word: add, duplicate, edit, import (which leaves `{"deals": [ids]}`), move, reorder, undo,
    withdraw, photo, rescue, show, skip; and of orders (`{"orders": [numbers]}`) ship, refund, resend, review.
    """
    was, became = _plain(before), _plain(after)
    alike = {field for field in was.keys() & became.keys() if was[field] == became[field]}
    row = {
        "at": now,
        "person_id": who.person_id,
        "person_name": who.name,
        "action": action,
        "deal_id": deal_id,
        "before": {field: value for field, value in was.items() if field not in alike},
        "after": {field: value for field, value in became.items() if field not in alike},
        "queue_version": select(shows.c.queue_version).scalar_subquery(),
        "deal_version": select(deals.c.version).where(deals.c.id == deal_id).scalar_subquery(),
    }
    return int((await connection.execute(insert(changes).values(row).returning(changes.c.id))).scalar_one())


def _plain(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: rfc3339(value) if isinstance(value, datetime) else value for name, value in fields.items()}


async def list_changes(
    connection: AsyncConnection, *, deal_id: int | None = None, after: int | None = None, limit: int = 50
) -> ChangePage:
    """The changes, of one deal or of all, the latest first."""
    query = _changes()
    if deal_id is not None:
        query = query.where(changes.c.deal_id == deal_id)
    if after is not None:
        query = query.where(changes.c.id < after)
    rows = (await connection.execute(query.order_by(changes.c.id.desc()).limit(limit + 1))).all()
    return ChangePage(rows[:limit], rows[limit - 1].id if len(rows) > limit else None)


async def read_change(connection: AsyncConnection, change_id: int) -> Row[Any] | None:
    """One change, with its deal's title and currency beside it."""
    query = _changes().where(changes.c.id == change_id)
    row: Row[Any] | None = (await connection.execute(query)).one_or_none()
    return row


def _changes() -> Select[Any]:
    return select(changes, deals.c.title, deals.c.currency).outerjoin(deals, deals.c.id == changes.c.deal_id)


async def last_move_since(connection: AsyncConnection, queue_version: int) -> Row[Any] | None:
    """The last change that moved the queue on from `queue_version`."""
    later = changes.c.queue_version > queue_version
    query = _changes().where(later, changes.c.action.in_(QUEUE_ACTIONS))
    latest = query.order_by(changes.c.id.desc()).limit(1)
    row: Row[Any] | None = (await connection.execute(latest)).one_or_none()
    return row


async def edits_since(connection: AsyncConnection, deal_id: int, at_version: int) -> Sequence[Row[Any]]:
    """What was changed of a deal after it had `at_version`, the latest first."""
    later = (changes.c.deal_id == deal_id) & (changes.c.deal_version > at_version)
    query = select(changes).where(later, changes.c.action.in_(DEAL_ACTIONS))
    return (await connection.execute(query.order_by(changes.c.id.desc()).limit(20))).all()


def change_document(row: Row[Any]) -> dict[str, object]:
    """A row of `changes` as merchandisers see it."""
    return {
        "id": row.id,
        "at": rfc3339(row.at),
        "who": {"id": row.person_id, "name": row.person_name},
        "action": row.action,
        "deal_id": row.deal_id,
        "before": row.before,
        "after": row.after,
        "undone": row.undone_by is not None,
    }
