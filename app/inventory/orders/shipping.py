"""Marking orders as shipped, some at once or by a file: the good ones are marked, of the others it is said why not."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import islice

from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.inventory.changes import Who
from app.inventory.imports.findings import Wrong
from app.inventory.orders.finding import order_key
from app.inventory.orders.parcels import Parcel
from app.inventory.orders.tracking_file import Line, TrackingFile
from app.inventory.orders.trail import note_orders
from app.platform.lease import take_turns
from app.sales import Order
from app.sales.desk import OrderAtDesk, ids_by_number, mark_parcels, orders_by_id

TURN = "shipments"  # two files that name the same orders in other places would wait for each other for ever
AT_ONCE = 100  # lines of a file in one transaction, so that none is long
UNKNOWN = "there is no such order"


class Left(Struct, frozen=True):
    """An order that was not marked, and why."""

    named: str  # its number where it is known, else what it was called
    order_id: str
    why: str


class Marked(Struct, frozen=True):
    """What came of it."""

    orders: list[Order]
    left: list[Left]


async def ship_orders(
    connection: AsyncConnection, order_ids: Sequence[str], parcel: Parcel, *, who: Who, now: datetime
) -> Marked:
    """Mark these orders as shipped with this carrier, in this transaction. Marking again changes nothing."""
    return await _ship(connection, dict.fromkeys(order_ids, parcel), who, now)


async def _ship(
    connection: AsyncConnection, parcels: Mapping[str, Parcel], who: Who, now: datetime
) -> Marked:
    assert who.person_id is not None, "orders are shipped by people at the desk"
    await take_turns(connection, TURN)
    with_whom = {order_id: (parcel.carrier, parcel.tracking) for order_id, parcel in parcels.items()}
    marked = await mark_parcels(connection, with_whom, who.person_id, now)
    found = await orders_by_id(connection, list(parcels))  # as they are now: others may have been quicker
    done = [found[order_id].order for order_id in marked]
    said = _shared([parcels[order_id] for order_id in marked])
    await note_orders(connection, "ship", done, said, who=who, now=now)
    is_marked = set(marked)
    left = [_left(order_id, found.get(order_id)) for order_id in parcels if order_id not in is_marked]
    return Marked(done, left)


def _shared(parcels: Sequence[Parcel]) -> dict[str, str]:
    """What all of these have in common; the rest is kept with each order."""
    said = {
        "carrier": {parcel.carrier for parcel in parcels},
        "tracking": {parcel.tracking for parcel in parcels},
    }
    return {name: "".join(texts) for name, texts in said.items() if len(texts) == 1 and texts != {""}}


class FileMarked(Struct, frozen=True):
    """What came of a file. `left` counts lines that said nothing of a parcel."""

    rows: int
    left: int
    orders: list[Order]
    wrong: list[Wrong]


async def ship_by_file(engine: AsyncEngine, read: TrackingFile, *, who: Who, now: datetime) -> FileMarked:
    """Mark the orders of the good lines. Sending the file again marks what is left."""
    marked: list[Order] = []
    wrong = list(read.wrong)
    lines = iter(read.lines)
    while some := list(islice(lines, AT_ONCE)):
        async with engine.begin() as connection:
            done, bad = await _ship_lines(connection, some, who, now)
        marked += done
        wrong += bad
    return FileMarked(read.rows, read.left, marked, sorted(wrong, key=lambda one: one.line))


async def _ship_lines(
    connection: AsyncConnection, lines: Sequence[Line], who: Who, now: datetime
) -> tuple[list[Order], list[Wrong]]:
    ids = await _ids(connection, lines)
    by_id: dict[str, Line] = {}
    wrong = []
    for line in lines:
        order_id = ids.get(line.line)
        if order_id is None:
            wrong.append(Wrong(line.line, "number", f"{line.named}: {UNKNOWN}"))
        elif order_id in by_id:
            wrong.append(
                Wrong(line.line, "number", f"{line.named} stands on line {by_id[order_id].line} already")
            )
        else:
            by_id[order_id] = line
    marked = await _ship(connection, {order_id: line.parcel for order_id, line in by_id.items()}, who, now)
    wrong += [Wrong(by_id[left.order_id].line, "number", f"{left.named}: {left.why}") for left in marked.left]
    return marked.orders, wrong


async def _ids(connection: AsyncConnection, lines: Sequence[Line]) -> dict[int, str]:
    """By line, the order that is meant."""
    ids = {line.line: line.order_id for line in lines if line.order_id}
    keys = {line.line: key for line in lines if not line.order_id and (key := order_key(line.number))}
    known = await ids_by_number(connection, list(keys.values()))
    return ids | {line: known[key] for line, key in keys.items() if key in known}


def _left(order_id: str, found: OrderAtDesk | None) -> Left:
    if found is None:
        return Left(order_id, order_id, UNKNOWN)
    return Left(found.order.number, order_id, why_not_shipped(found))


def why_not_shipped(found: OrderAtDesk) -> str:
    """Why an order can not be marked as shipped, in words."""
    match found.order.status:
        case "paid" if found.ending == "refunding":
            return "its money is on its way back"
        case "paid" if found.ending:
            return "it is being cancelled"
        case "paid" if found.is_going_back:
            return "a refund of it is under way"
        case "paid" if found.address is None:
            return "it has no address yet"
        case "shipped":
            return "it was shipped already"
        case "placed" | "declined":
            return "it is not paid"
        case status:
            return f"it is {status}"
