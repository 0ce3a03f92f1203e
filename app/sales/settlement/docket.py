"""The orders that are due, taken up by one process at a time, and read as they stand.

Whoever takes an order up counts its `lease` up, and writes only while that is still its own: a process that slept too
long finds that another has gone on. What the provider says is true in any case, and is asked again by the other.
"""

from datetime import datetime, timedelta
from operator import attrgetter
from typing import Any

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import Row, Select, and_, bindparam, exists, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.payments import sums_by_order
from app.sales.order import Order
from app.sales.settlement.case import Attempt, Case, Refund
from app.sales.settlement.tables import (
    charge_attempts,
    order_addresses,
    refund_orders,
    settlements,
    shipments,
)
from app.sales.tables import orders

LEASE = timedelta(
    minutes=3
)  # longer than any chain of calls to a provider that lets each run into its time-out


class Taken(Struct, frozen=True):
    """An order that this process has taken up."""

    order_id: str
    lease: int
    tries: int


class File(Struct, frozen=True):
    """All about an order, under its lock. `news` counts what others had to say."""

    order: Order
    shopper_id: int
    case: Case
    attempts: int
    tries: int
    news: int
    lease: int
    why: str


async def take_up(connection: AsyncConnection, most: int, now: datetime) -> list[Taken]:
    """At most so many orders that are due, the oldest first; ours for as long as a lease lasts."""
    nobodys = or_(settlements.c.leased_until.is_(None), settlements.c.leased_until <= now)
    due = (
        select(settlements.c.order_id)
        .where(settlements.c.due_at <= now, nobodys)
        .order_by(settlements.c.due_at)
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    # An array, so that the plan stays the same however many orders there were when it was made.
    mine = settlements.c.order_id == func.any(func.array(due.scalar_subquery()))
    take = update(settlements).where(mine).values(leased_until=now + LEASE, lease=settlements.c.lease + 1)
    what = (settlements.c.order_id, settlements.c.lease, settlements.c.tries)
    return [Taken(*row) for row in await connection.execute(take.returning(*what))]


async def open_file(connection: AsyncConnection, taken: Taken) -> File | None:
    """The order as it stands, locked to the end of the transaction; None where another process has it by now."""
    mine = (settlements.c.order_id == taken.order_id, settlements.c.lease == taken.lease)
    locked = select(settlements.c.order_id).where(*mine).with_for_update()
    if (await connection.execute(locked)).first() is None:
        return None
    return await read_file(connection, taken.order_id)


async def lock_file(connection: AsyncConnection, order_id: str) -> File | None:
    """The same for who has something to ask, whoever settles it; None where there is no such order under settlement."""
    locked = select(settlements.c.order_id).where(settlements.c.order_id == order_id).with_for_update()
    if (await connection.execute(locked)).first() is None:
        return None
    return await read_file(connection, order_id)


async def read_file(connection: AsyncConnection, order_id: str) -> File:
    """Everything, once the row of `settlements` is locked: all who change an order lock that first."""
    row = (await connection.execute(FILE, {"order": order_id})).one()
    order = as_order(row)
    case = Case(
        status=order.status,
        state=row.state,
        total=order.total,
        kept=0,
        attempt=_attempt(row),
        refund=None,
        has_address=row.has_address,
        again=row.again,
        ending=row.ending,
        mend_until=row.mend_until,
        grace_until=row.grace_until,
        parcel_untold=row.untold,
        refund_refused=row.refund_refused,
    )
    if case.attempt is not None and case.attempt.is_paid:
        case = await _with_money(connection, order, case, has_refund_due=row.has_refund_due)
    facts = (row.attempts, row.tries, row.news, row.lease, row.why)
    return File(order, row.shopper_id, case, *facts)


def _file() -> Select[Any]:
    of_order = orders.c.id
    may_pay = and_(charge_attempts.c.order_id == of_order, charge_attempts.c.state != "cancelled")
    settling = [settlements.c[name] for name in OF_SETTLING]
    attempt = [column.label(f"attempt_{column.name}") for column in charge_attempts.c]
    going_back = exists().where(refund_orders.c.order_id == of_order, refund_orders.c.state == "due")
    own = refund_orders.c.order_id == of_order, refund_orders.c.asked_by.is_(None)
    facts = {
        "attempts": settlements.c.attempt,
        "refund_refused": exists().where(*own, refund_orders.c.state == "refused"),
        "has_address": exists().where(order_addresses.c.order_id == of_order),
        "untold": exists().where(shipments.c.order_id == of_order, shipments.c.told.is_(False)),
        "has_refund_due": going_back,
    }
    named = [fact.label(name) for name, fact in facts.items()]
    query = select(orders, *settling, *attempt, *named).join(settlements, settlements.c.order_id == of_order)
    return query.outerjoin(charge_attempts, may_pay).where(of_order == bindparam("order"))


OF_SETTLING = ("state", "again", "ending", "why", "mend_until", "grace_until", "tries", "news", "lease")
FILE = _file()


async def put_down(connection: AsyncConnection, file: File, due_at: datetime | None, tries: int = 0) -> None:
    """Give an order, whose file is open, back until it is due again; None: nothing happens by itself any more."""
    await change(connection, file.order.id, due_at=due_at, leased_until=None, tries=tries)


async def change(connection: AsyncConnection, order_id: str, **values: object) -> None:
    """Write into the row of an order that is locked."""
    await connection.execute(update(settlements).where(settlements.c.order_id == order_id).values(**values))


async def say_news(connection: AsyncConnection, order_id: str, now: datetime, **values: object) -> None:
    """Somebody else than who settles has changed something: the order is due now, and again where it is taken up."""
    due = {"due_at": func.least(settlements.c.due_at, now), "news": settlements.c.news + 1}
    await change(connection, order_id, **due, **values)


def as_order(row: Row[Any]) -> Order:
    """A row of `orders`."""
    return Order(*_FIELDS(row))


_FIELDS = attrgetter(*Order.__struct_fields__)


async def _with_money(connection: AsyncConnection, order: Order, case: Case, *, has_refund_due: bool) -> Case:
    sums = (await sums_by_order(connection, [order.id])).get(order.id, [])
    kept = sum(one.net.amount for one in sums if one.net.currency == order.currency)
    if not has_refund_due:
        return replace(case, kept=kept)
    due = select(refund_orders).where(refund_orders.c.order_id == order.id, refund_orders.c.state == "due")
    rows = (await connection.execute(due.order_by(refund_orders.c.asked_at, refund_orders.c.id))).all()
    first = Refund(rows[0].id, rows[0].amount, rows[0].asked_by)
    return replace(case, kept=kept - sum(row.amount for row in rows), refund=first)


def _attempt(row: Row[Any]) -> Attempt | None:
    if row.attempt_number is None:
        return None
    return Attempt(
        row.attempt_number,
        row.attempt_provider,
        row.attempt_customer,
        row.attempt_card,
        row.attempt_made_at,
        row.attempt_reference,
        row.attempt_state == "paid",
    )
