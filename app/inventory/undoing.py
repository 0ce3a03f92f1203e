"""Taking a change back, as long as what it left is still so."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from app.inventory.changes import Who, note_change
from app.inventory.editing import (
    known_deal,
    refuse_over_the_caps,
    refuse_where_fixed,
    set_states,
    write_fields,
)
from app.inventory.ordering import Target, moved
from app.inventory.photos.changes import put_photo_back
from app.inventory.queue import move_on, show_row, waiting_ids
from app.inventory.reordering import assign_places
from app.inventory.tables import changes, deals
from app.inventory.turns import PHOTOS, change_in_turn
from app.platform.errors import NotFound, Problem
from app.platform.lease import take_turns


class CannotUndo(Problem):
    """The change cannot be taken back: it was already, or what it left has been changed since, or it is of a kind that
    stays, such as a skip or a deal that went on stage. Nothing was changed."""

    status = 409
    title = "That cannot be undone"


async def undo_change(connection: AsyncConnection, change_id: int, *, who: Who, now: datetime) -> int:
    """Take a change back; answers the id of the change that did. Raises NotFound, and CannotUndo with the reason."""
    await take_turns(connection, PHOTOS)  # so that the photo to put back is not swept away meanwhile
    await change_in_turn(connection)
    change = (
        await connection.execute(select(changes).where(changes.c.id == change_id).with_for_update())
    ).one_or_none()
    if change is None:
        raise NotFound(f"There is no change {change_id}.")
    if change.undone_by is not None:
        raise CannotUndo("It has been undone already.")
    take_back = _WAYS.get(change.action)
    if take_back is None:
        raise CannotUndo("A change of this kind stays.")
    await take_back(connection, change)
    undone_by = await note_change(
        connection,
        who=who,
        action="undo",
        deal_id=change.deal_id,
        before=change.after,
        after=change.before | {"undone": change.id, "undone_action": change.action},
        now=now,
    )
    await connection.execute(update(changes).where(changes.c.id == change_id).values(undone_by=undone_by))
    return undone_by


async def _edit(connection: AsyncConnection, change: Row[Any]) -> None:
    row = await known_deal(connection, change.deal_id)
    wanted = _as_columns(change.before)
    left = _as_columns(change.after)
    if any(getattr(row, name) != value for name, value in left.items()):
        raise CannotUndo("The deal has been changed since.")
    _refuse_kindly(row, wanted)
    await write_fields(connection, row, wanted)


def _as_columns(fields: dict[str, Any]) -> dict[str, Any]:
    """What the trail keeps as JSON has it, as the table has it."""
    not_before = fields.get("not_before")
    return fields | {"not_before": datetime.fromisoformat(not_before)} if not_before else fields


def _refuse_kindly(row: Row[Any], wanted: dict[str, Any]) -> None:
    try:
        refuse_where_fixed(row, wanted)
        refuse_over_the_caps(row, wanted)
    except Problem as fixed:
        raise CannotUndo(fixed.detail) from None


async def _withdraw(connection: AsyncConnection, change: Row[Any]) -> None:
    row = await known_deal(connection, change.deal_id)
    if change.before["state"] == "live":
        raise CannotUndo("The deal was on stage, and does not come back. A copy of it can be queued.")
    if row.state != "withdrawn" or row.version != change.deal_version:
        raise CannotUndo("The deal has been changed since.")
    await set_states(connection, [row.id], "queued")


async def _add(connection: AsyncConnection, change: Row[Any]) -> None:
    ids = change.after["deals"] if change.action == "import" else [change.deal_id]
    untouched = select(func.count()).where(
        deals.c.id.in_(ids), deals.c.state == "queued", deals.c.version == 1
    )
    if (await connection.execute(untouched)).scalar_one() != len(ids):
        those = "The deal has" if len(ids) == 1 else "One of the deals has"
        raise CannotUndo(f"{those} been changed, withdrawn or opened since.")
    await set_states(connection, ids, "withdrawn")


async def _photo(connection: AsyncConnection, change: Row[Any]) -> None:
    try:
        is_back = await put_photo_back(connection, change.deal_id, before=change.before, after=change.after)
    except Problem as refused:  # the deal is over
        raise CannotUndo(refused.detail) from None
    if not is_back:
        raise CannotUndo("The photo has been changed since, or the one before is no longer kept.")


async def _reorder(connection: AsyncConnection, change: Row[Any]) -> None:
    if (await show_row(connection)).queue_version != change.queue_version:
        raise CannotUndo("The queue has been changed since.")
    waiting = await waiting_ids(connection)
    if change.action == "reorder":
        still = set(waiting)
        ids = [deal_id for deal_id in change.before["ids"] if deal_id in still]
    else:
        ids = _moved_back(waiting, change)
    await assign_places(connection, ids)
    await move_on(connection)


def _moved_back(waiting: list[int], change: Row[Any]) -> list[int]:
    if change.deal_id not in waiting:
        raise CannotUndo("The deal does not wait any more.")
    behind = change.before["behind"]  # where that one is gone, so are all that stood before it
    to = Target(behind=behind) if behind in waiting else Target(step="top")
    return moved(waiting, change.deal_id, to)


_WAYS: dict[str, Callable[[AsyncConnection, Row[Any]], Awaitable[None]]] = {
    "add": _add,
    "duplicate": _add,
    "edit": _edit,
    "import": _add,
    "move": _reorder,
    "photo": _photo,
    "reorder": _reorder,
    "withdraw": _withdraw,
}
