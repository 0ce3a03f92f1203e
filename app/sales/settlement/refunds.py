"""Money that staff gives back. It is written down here, and done by whoever settles."""

import secrets
from datetime import datetime

from msgspec import Struct
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from app.payments import Money
from app.platform.errors import Problem
from app.sales.settlement.docket import lock_file, say_news
from app.sales.settlement.tables import refund_orders


class NotRefundable(Problem):
    """There is nothing to give back of this order, or less than was asked for. Nothing was changed."""

    status = 409
    title = "That cannot be refunded"


class RefundAsked(Struct, frozen=True):
    """It will be done soon, under this id."""

    id: str
    amount: Money


async def ask_refund(
    connection: AsyncConnection, order_id: str, amount: Money | None, why: str, by: int, now: datetime
) -> RefundAsked:
    """Have so much given back, or all that is left. `by` is the staff's shopper id. Raises NotRefundable.

    Two who ask at once take turns, and the second finds what is left.
    """
    file = None if "\0" in order_id else await lock_file(connection, order_id)
    if file is None or file.case.kept <= 0:
        raise NotRefundable("Nothing was paid, or all of it has gone back.")
    if file.case.ending:
        raise NotRefundable("The order is being cancelled, and all that was paid goes back.")
    left = Money(file.case.kept, file.order.currency)
    wanted = amount or left
    if wanted.currency != left.currency or not 0 < wanted.amount <= left.amount:
        raise NotRefundable(f"{left} is left of what was paid.", left=left.document())
    asked = RefundAsked(f"{order_id}.refund.{secrets.token_urlsafe(9)}", wanted)
    row = {"id": asked.id, "order_id": order_id, "amount": wanted.amount, "why": why, "asked_by": by}
    await connection.execute(insert(refund_orders).values(**row, state="due", asked_at=now))
    await say_news(connection, order_id, now)
    return asked
