"""Another order for the queue: two people who change it at once are told apart by its version, and nothing is lost."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ARRAY, BigInteger, bindparam, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.inventory.changes import Who, change_document, last_move_since, note_change
from app.inventory.ordering import NowhereError, Target, changed_span, moved, the_one_that_moved
from app.inventory.queue import move_on, show_row, waiting_ids
from app.inventory.tables import deals
from app.inventory.turns import change_in_turn
from app.platform.errors import Invalid, Problem


class QueueMoved(Problem):
    """The queue is not as you saw it any more: somebody has changed it, or a deal has gone on stage. Nothing was
    moved. `ids` is the present order and `version` its version; look at it, and send your wish again if it still makes
    sense."""

    status = 409
    title = "The queue has moved"


async def reorder_queue(
    connection: AsyncConnection, ids: Sequence[int], version: int, *, who: Who, now: datetime
) -> int | None:
    """Give the queue, as it was at `version`, the order `ids`, which names each deal that waits once.

    Answers the change's id; None where that is the order already. Raises QueueMoved and Invalid.
    """
    await change_in_turn(connection)
    before = await _as_seen(connection, version)
    if sorted(ids) != sorted(before):
        await _refuse_other_ids(connection, ids, before)
    one = the_one_that_moved(before, ids)
    return await _put_in_order(connection, before, ids, one, who=who, now=now)


async def move_deal(
    connection: AsyncConnection, deal_id: int, to: Target, version: int | None, *, who: Who, now: datetime
) -> int | None:
    """Move one deal of the queue as it was at `version` (None: as it is). Answers the change's id; None where it stands
    there already.

    Raises QueueMoved, also where one of the deals that are named does not wait any more.
    """
    await change_in_turn(connection)
    before = await _as_seen(connection, version)
    try:
        after = moved(before, deal_id, to)
    except NowhereError:
        raise await queue_moved(
            connection, "The deal beside which it should stand does not wait any more."
        ) from None
    except ValueError:
        raise await queue_moved(connection, f"Deal {deal_id} does not wait any more.") from None
    return await _put_in_order(connection, before, after, deal_id, who=who, now=now)


async def _put_in_order(
    connection: AsyncConnection,
    before: Sequence[int],
    after: Sequence[int],
    one: int | None,
    *,
    who: Who,
    now: datetime,
) -> int | None:
    """Have the deals `before` wait as in `after` instead, and note it; `one` is the deal that alone was moved."""
    span = changed_span(before, after)
    if span.start == span.stop:
        return None
    await assign_places(connection, after[span])
    await move_on(connection)
    if one is None:
        was, became = {"ids": list(before[span])}, {"ids": list(after[span])}
        return await note_change(
            connection, who=who, action="reorder", deal_id=None, before=was, after=became, now=now
        )
    return await note_change(
        connection,
        who=who,
        action="move",
        deal_id=one,
        before=_standing(before, one),
        after=_standing(after, one),
        now=now,
    )


def _standing(ids: Sequence[int], deal_id: int) -> dict[str, Any]:
    index = ids.index(deal_id)
    return {"place": index + 1, "behind": ids[index - 1] if index else None}


async def assign_places(connection: AsyncConnection, ids: Sequence[int]) -> None:
    """Hand the places that these deals have among them out anew, in this order."""
    places = select(deals.c.position).where(
        deals.c.id == func.any(bindparam("ids", list(ids), ARRAY(BigInteger)))
    )
    positions = (await connection.execute(places.order_by(deals.c.position, deals.c.id))).scalars().all()
    given = (
        func.unnest(
            bindparam("given_ids", list(ids), ARRAY(BigInteger)),
            bindparam("given_positions", list(positions), ARRAY(BigInteger)),
        )
        .table_valued("id", "position", name="given")
        .render_derived()
    )
    await connection.execute(update(deals).where(deals.c.id == given.c.id).values(position=given.c.position))


async def _as_seen(connection: AsyncConnection, version: int | None) -> list[int]:
    if version is not None and (await show_row(connection)).queue_version != version:
        raise await queue_moved(connection, since=version)
    return await waiting_ids(connection)


async def _refuse_other_ids(connection: AsyncConnection, ids: Sequence[int], before: Sequence[int]) -> None:
    """The show is somebody too: a deal that it has opened meanwhile is a conflict, any other difference a mistake."""
    known = select(deals.c.id).where(deals.c.turn.is_not(None))
    opened = set((await connection.execute(known)).scalars().all()) & set(ids)
    if opened:
        raise await queue_moved(connection, f"Deal {min(opened)} has gone on stage.")
    if len(set(ids)) < len(ids):
        raise Invalid("The order is not one.", errors=[{"field": "ids", "message": "names a deal twice"}])
    odd = min(set(ids) ^ set(before))
    words = f"deal {odd} does not wait" if odd in ids else f"deal {odd} waits, and is not named"
    raise Invalid(
        "The order must name each deal that waits once.", errors=[{"field": "ids", "message": words}]
    )


async def queue_moved(connection: AsyncConnection, words: str = "", since: int | None = None) -> QueueMoved:
    """The refusal, with the present order and whose change it was, as far as that is known."""
    ids, version = await waiting_ids(connection), (await show_row(connection)).queue_version
    last = None if since is None else await last_move_since(connection, since)
    if last is not None:
        words = f"{last.person_name} has changed the queue since you looked at it."
    changed = None if last is None else change_document(last)
    return QueueMoved(
        words or "The queue is not as you saw it any more.", version=version, ids=ids, change=changed
    )
