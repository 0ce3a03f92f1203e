"""Giving money back at the desk, once where two people press at the same moment."""

from datetime import datetime
from typing import ClassVar

from sqlalchemy.ext.asyncio import AsyncConnection

from app.inventory.changes import Who
from app.inventory.orders.finding import one_order
from app.inventory.orders.trail import note_orders
from app.payments import Money
from app.platform.errors import Problem
from app.platform.lease import take_turns
from app.sales.desk import OrderAtDesk, RefundAsked, ask_refund


class RefundMoved(Problem):
    """Somebody has given back something of this order since you looked at it, so nothing was given back now. `refunded`
    is how it stands, in minor units; look at the order, and ask again if that is still what you want."""

    status = 409
    title = "The order's refunds have changed"
    example: ClassVar[dict[str, object]] = {"refunded": 500}


async def refund_order(
    connection: AsyncConnection,
    order_id: str,
    amount: int | None,
    why: str,
    *,
    seen: int | None,
    who: Who,
    now: datetime,
) -> RefundAsked:
    """Have `amount` (minor units; None: all that is left) given back, in this transaction; it is sent soon after.

    `seen` is how much had been given back when `who` looked; None does not care. Raises NotFound, RefundMoved, and
    NotRefundable.
    """
    await take_turns(connection, refund_turn(order_id))
    found = (await one_order(connection, order_id)).found
    if seen is not None and seen != found.refunded:
        raise _moved(found)
    order = found.order
    part = None if amount is None else Money(amount, order.currency)
    assert who.person_id is not None, "money is given back by people at the desk"
    asked = await ask_refund(connection, order_id, part, why, who.person_id, now)
    said = {"amount": asked.amount.amount} | ({"why": why} if why else {})
    await note_orders(connection, "refund", [order], said, who=who, now=now)
    return asked


def refund_turn(order_id: str) -> str:
    """The turn that those take who give back money of this order."""
    return f"refunds of {order_id!r}"


def _moved(found: OrderAtDesk) -> RefundMoved:
    given_back = Money(found.refunded, found.order.currency)
    return RefundMoved(f"{given_back} is given back by now.", refunded=found.refunded)
