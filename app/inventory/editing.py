"""Changing one deal: edit it, take it out, make another like it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from app.inventory.caps import REWARDED, over_the_caps
from app.inventory.changes import Who, change_document, edits_since, note_change
from app.inventory.deal import NewDeal, desk_document
from app.inventory.photos.keeping import copy_photo
from app.inventory.queue import add_deals, move_on, one_deal
from app.inventory.show import close_deal
from app.inventory.tables import deals, shows
from app.inventory.turns import change_in_turn
from app.platform.errors import Invalid, NotFound, Problem
from app.sales import read_sold

# What orders do not depend on. The rest of a live deal was promised to those who have bought already.
OPEN_WHILE_LIVE = {"title", "tagline", "story", "condition", "category"}


class DealChanged(Problem):
    """Somebody else has changed this deal since you looked at it, so your edit was not made, and theirs is kept.
    `deal` is how it is now, and `changes` say who changed what; look at it, and send your edit again with the new
    version."""

    status = 409
    title = "The deal has changed"


class DealIsLive(Problem):
    """The deal is on stage. Its texts can still be mended; its price, its quantity and its rules were promised to
    those who bought already. It can be withdrawn."""

    status = 409
    title = "The deal is live"


class DealIsOver(Problem):
    """The deal has ended or was withdrawn, and stays as it was. A copy of it can be queued."""

    status = 409
    title = "The deal is over"


async def add_deal(
    connection: AsyncConnection, deal: NewDeal, *, currency: str, who: Who, now: datetime
) -> Row[Any]:
    """Put a deal at the end of the queue, and note it; answers its row."""
    (deal_id,) = await add_deals(connection, [(deal, None)], currency=currency, now=now)
    row = await one_deal(connection, deal_id)
    await _note(connection, row, "add", {}, _gist(row), who, now)
    return row


async def edit_deal(
    connection: AsyncConnection,
    deal_id: int,
    fields: Mapping[str, Any],
    *,
    at_version: int | None,
    who: Who,
    now: datetime,
) -> Row[Any]:
    """Give a deal's columns the values in `fields`; answers its row.

    Raises NotFound, DealChanged where the deal is not at `at_version` (None: whatever it is at), DealIsLive,
    DealIsOver, and Invalid where the caps that it has let nobody have the reward.
    """
    await change_in_turn(connection)
    row = await known_deal(connection, deal_id)
    if at_version is not None and at_version != row.version:
        raise await _deal_changed(connection, row, at_version)
    changed = {name: value for name, value in fields.items() if getattr(row, name) != value}
    if not changed:
        return row
    refuse_where_fixed(row, changed.keys())
    refuse_over_the_caps(row, changed)
    await write_fields(connection, row, changed)
    before = {name: getattr(row, name) for name in changed}
    await _note(connection, row, "edit", before, changed, who, now)
    return await one_deal(connection, deal_id)


def refuse_where_fixed(row: Row[Any], names: Any) -> None:
    """Raise DealIsLive or DealIsOver where these columns of the deal cannot be changed any more."""
    if row.state not in ("queued", "live"):
        raise DealIsOver(f"Deal {row.id} {_OVER[row.state]}, and cannot be edited.")
    fixed = sorted(set(names) - OPEN_WHILE_LIVE)
    if row.state == "live" and fixed:
        said = ", ".join(_spoken(name) for name in fixed)
        raise DealIsLive(f"Deal {row.id} is on stage: its {said} can not be changed.", fields=fixed)


def refuse_over_the_caps(row: Row[Any], changed: Mapping[str, Any]) -> None:
    """Raise Invalid where with this change the deal's caps would let nobody have its reward."""
    if not set(REWARDED) & set(changed):
        return
    wrong = over_the_caps({name: getattr(row, name) for name in REWARDED} | dict(changed))
    if wrong:
        said = "; ".join(f"{name.replace('_', ' ')} {words}" for name, words in wrong.items())
        errors = [{"field": name, "message": words} for name, words in wrong.items()]
        raise Invalid(f"With that, {said}.", errors=errors)


_OVER = {"ended": "has ended", "withdrawn": "was withdrawn"}


def _spoken(name: str) -> str:
    return name.removeprefix("unit_").replace("_", " ")


async def write_fields(connection: AsyncConnection, row: Row[Any], changed: Mapping[str, Any]) -> None:
    """Change columns of a deal, and have the show tell of it where it is on stage. The turns are the caller's."""
    await connection.execute(
        update(deals).where(deals.c.id == row.id).values(**changed, version=deals.c.version + 1)
    )
    if row.state == "live":
        await connection.execute(update(shows).values(revision=shows.c.revision + 1))


async def withdraw_deal(
    connection: AsyncConnection, deal_id: int, *, who: Who, now: datetime, off_stage: bool = True
) -> Row[Any]:
    """Take a deal out of the queue, or off the stage; answers its row. Repeating it does nothing.

    Raises NotFound, DealIsOver where it has ended otherwise, and DealIsLive where it is on stage and not `off_stage`:
    whoever saw it wait has not said that it should end.
    """
    await change_in_turn(connection)
    row = await known_deal(connection, deal_id)
    if "withdrawn" in (row.state, row.end_reason):
        return row
    if row.state == "ended":
        raise DealIsOver(f"Deal {deal_id} has ended already.")
    if row.state == "live":
        if not off_stage:
            raise DealIsLive(f"Deal {deal_id} has gone on stage.", fields=[])
        await close_deal(connection, deal_id, "withdrawn", now)
    else:
        await set_states(connection, [deal_id], "withdrawn")
    await _note(connection, row, "withdraw", {"state": row.state}, {"state": "withdrawn"}, who, now)
    return await one_deal(connection, deal_id)


async def set_states(connection: AsyncConnection, ids: list[int], state: str) -> None:
    """Take deals that wait out of the queue, or put those that were taken out back to their old places."""
    for start in range(0, len(ids), 10_000):
        some = ids[start : start + 10_000]
        await connection.execute(
            update(deals).where(deals.c.id.in_(some)).values(state=state, version=deals.c.version + 1)
        )
    await move_on(connection)


async def duplicate_deal(connection: AsyncConnection, deal_id: int, *, who: Who, now: datetime) -> Row[Any]:
    """Put another deal like this one, photo and all, at the end of the queue; answers its row. Raises NotFound.

    It is not held back, since the time until which the first one was may be over.
    """
    row = await known_deal(connection, deal_id)
    named = {name: getattr(row, name) for name in NewDeal.model_fields if hasattr(row, name)}
    deal = NewDeal.model_validate(named | {"limit": row.unit_limit, "not_before": None})
    photo = None if row.photo is None else await copy_photo(connection, row.photo, now)
    (copy_id,) = await add_deals(connection, [(deal, photo)], currency=row.currency, now=now)
    copy = await one_deal(connection, copy_id)
    await _note(connection, copy, "duplicate", {}, _gist(copy) | {"copy_of": deal_id}, who, now)
    return copy


async def known_deal(connection: AsyncConnection, deal_id: int) -> Row[Any]:
    """A deal's row. Raises NotFound."""
    row = (await connection.execute(select(deals).where(deals.c.id == deal_id))).one_or_none()
    if row is None:
        raise NotFound(f"There is no deal {deal_id}.")
    return row


async def units_sold(connection: AsyncConnection, row: Row[Any]) -> int:
    """How many units of a deal were sold."""
    return (await units_sold_of(connection, [row]))[row.id]


async def units_sold_of(connection: AsyncConnection, rows: Sequence[Row[Any]]) -> dict[int, int]:
    """How many units of each of these deals were sold, by deal."""
    sold = await read_sold(connection, [row.id for row in rows if row.turn is not None])
    return {row.id: sold.get(row.id, 0) for row in rows}


async def _deal_changed(connection: AsyncConnection, row: Row[Any], at_version: int) -> DealChanged:
    made = await edits_since(connection, row.id, at_version)
    whose = made[0].person_name if made else "Somebody"
    return DealChanged(
        f"{whose} has changed this deal since you looked at it.",
        deal=desk_document(row, await units_sold(connection, row)),
        version=row.version,
        changes=[change_document(change) for change in made],
    )


def _gist(row: Row[Any]) -> dict[str, Any]:
    return {"title": row.title, "price": row.price, "quantity": row.quantity}


async def _note(
    connection: AsyncConnection,
    row: Row[Any],
    action: str,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    who: Who,
    now: datetime,
) -> None:
    await note_change(connection, who=who, action=action, deal_id=row.id, before=before, after=after, now=now)
