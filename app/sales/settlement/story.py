"""What an order's owner is told of it: how far it is, what is missing, until when."""

from datetime import datetime
from typing import Any, Literal

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.identity import Address, addresses_of
from app.payments import Money
from app.sales.order import Order
from app.sales.settlement.case import GRACE, Case, Need, State, may_cancel_until, needs_of
from app.sales.settlement.docket import as_order
from app.sales.settlement.tables import order_addresses, refund_orders, settlements, shipments
from app.sales.tables import orders

Ending = Literal["", "cancelling", "refunding"]
WhyCancelled = Literal["", "shopper", "card", "step", "address"]


class RefundMade(Struct, frozen=True):
    """Money that goes back. `at` is when it was asked for, or, once that is known, when it was done."""

    amount: Money
    at: datetime
    state: Literal["due", "made", "refused", "failed"]


class OrderStory(Struct, frozen=True):
    """An order and all that has to be said of it.

    `needs` is what its shopper has to give, `mend_until` until when a card or the step; an address until
    `address_until`. `cancel_until` is None where it is too late to cancel. While `ending` says so it is being
    cancelled.
    """

    order: Order
    shopper_id: int
    needs: frozenset[Need]
    step_address: str
    decline_words: str
    mend_until: datetime | None
    address_until: datetime
    cancel_until: datetime | None
    address: Address | None
    refunds: tuple[RefundMade, ...]
    carrier: str
    tracking: str
    shipped_at: datetime | None
    ending: Ending
    why_cancelled: WhyCancelled


async def read_story(
    connection: AsyncConnection, order_id: str, now: datetime, *, shopper_id: int | None
) -> OrderStory | None:
    """The story of an order; None where there is none, or it is not this shopper's. None asks for anybody's."""
    if "\0" in order_id:
        return None  # PostgreSQL has no text with a NUL in it, not even to look for
    row = await _read(connection, order_id)
    if row is None or shopper_id not in (None, row.shopper_id):
        return None
    order, address = as_order(row), _address(row)
    if row.state is None and address is None:  # nobody has begun to settle it, and taken a copy
        address = (await addresses_of(connection, [row.shopper_id])).get(row.shopper_id)
    case = _case(row, has_address=address is not None)
    until = may_cancel_until(case)
    return OrderStory(
        order,
        row.shopper_id,
        needs=needs_of(case),
        step_address=row.step_address or "",
        decline_words=row.words or "",
        mend_until=case.mend_until,
        address_until=case.grace_until,
        cancel_until=until if until is not None and now < until else None,
        address=address,
        refunds=await _refunds(connection, order),
        carrier=row.carrier or "",
        tracking=row.tracking or "",
        shipped_at=row.shipped_at,
        ending=row.ending or "",
        why_cancelled=(row.why or "") if order.status == "cancelled" or case.ending else "",
    )


async def _read(connection: AsyncConnection, order_id: str) -> Row[Any] | None:
    settling = [settlements.c[name] for name in SETTLING]
    goes_to = [order_addresses.c[name].label(f"to_{name}") for name in Address.__struct_fields__]
    parcel = [shipments.c.carrier, shipments.c.tracking, shipments.c.shipped_at]
    query = (
        select(orders, *settling, *goes_to, *parcel)
        .outerjoin(settlements, settlements.c.order_id == orders.c.id)
        .outerjoin(order_addresses, order_addresses.c.order_id == orders.c.id)
        .outerjoin(shipments, shipments.c.order_id == orders.c.id)
    )
    return (await connection.execute(query.where(orders.c.id == order_id))).one_or_none()


SETTLING = ("state", "again", "words", "step_address", "mend_until", "grace_until", "ending", "why")


def _case(row: Row[Any], *, has_address: bool) -> Case:
    """As far as what is told depends on it."""
    state: State = row.state or "new"
    case = Case(
        status=row.status,
        state=state,
        total=row.total,
        kept=0,
        attempt=None,
        refund=None,
        has_address=has_address,
        again=False,
        ending="",
        mend_until=None,
        grace_until=row.placed_at + GRACE,
    )
    if row.state is None:
        return case
    known = {name: getattr(row, name) for name in ("again", "ending", "mend_until", "grace_until")}
    return replace(case, **known)


def _address(row: Row[Any]) -> Address | None:
    if row.to_name is None:
        return None
    return Address(**{name: getattr(row, f"to_{name}") for name in Address.__struct_fields__})


async def _refunds(connection: AsyncConnection, order: Order) -> tuple[RefundMade, ...]:
    mine = select(refund_orders).where(refund_orders.c.order_id == order.id)
    rows = await connection.execute(mine.order_by(refund_orders.c.asked_at, refund_orders.c.id))
    return tuple(
        RefundMade(Money(row.amount, order.currency), row.done_at or row.asked_at, row.state) for row in rows
    )
