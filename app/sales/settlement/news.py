"""What the provider tells by itself, taken as a hint: the order it names is looked at, and the provider is asked.

It may come late, twice, out of order, before what it tells of is known here, or never. So nothing is believed, and
whoever waits for an answer asks again in any case. One thing can only be heard: that a bank sent a refund back.
"""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import ColumnElement, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.payments import Money, News, Payment, Payments, order_paid_by, write_failed_refund
from app.platform.logging import get_logger
from app.sales.settlement.case import order_of
from app.sales.settlement.tables import refund_orders, settlements
from app.sales.tables import orders

log = get_logger(__name__)

OPEN = ("asked", "step", "declined")


async def take_news(engine: AsyncEngine, payments: Payments, now: datetime) -> int:
    """Take what has come, and have the orders looked at; how much it was."""
    async with engine.begin() as connection:
        news = await payments.events.take(connection)
        for one in news:
            if one.kind == "refund-failed":
                await _take_failed_refund(connection, payments.provider.name, one, now)
        named = {_order_of(one) for one in news} - {None}
        await _look_at(connection, [name for name in named if name is not None], now)
    return len(news)


async def _look_at(connection: AsyncConnection, order_ids: Collection[str], now: datetime) -> None:
    """Only those that wait for an answer: what is settled needs no look, and the rest is not known here."""
    if not order_ids:
        return
    waits = or_(settlements.c.state.in_(OPEN), settlements.c.ending != "", _has_refund_due())
    due = {"due_at": func.least(settlements.c.due_at, now), "news": settlements.c.news + 1}
    mine = (settlements.c.order_id.in_(order_ids), settlements.c.due_at.is_not(None), waits)
    # One after the other: two processes that take news of the same orders must not wait for each other in a circle.
    locked = select(settlements.c.order_id).where(*mine).order_by(settlements.c.order_id).with_for_update()
    found = list((await connection.execute(locked)).scalars())
    if found:
        await connection.execute(update(settlements).where(settlements.c.order_id.in_(found)).values(**due))


def _has_refund_due() -> ColumnElement[bool]:
    due = refund_orders.c.order_id == settlements.c.order_id, refund_orders.c.state == "due"
    return select(refund_orders.c.id).where(*due).exists()


def _order_of(news: News) -> str | None:
    if news.order_id is not None:
        return news.order_id
    return None if news.attempt is None else order_of(news.attempt)


async def _take_failed_refund(connection: AsyncConnection, provider: str, news: News, now: datetime) -> None:
    """The money is ours again, and still the shopper's: the staff has to see to it, and gets to know which order's."""
    # A refund does not say whose it is; its payment is in the books.
    order_id = await order_paid_by(connection, provider, news.reference)
    made = refund_orders.c.order_id == order_id, refund_orders.c.state == "made"
    rows = (await connection.execute(select(refund_orders).where(*made).with_for_update())).all()
    log.error(
        "a refund came back from the bank", order_id=order_id, reference=news.reference, known=len(rows)
    )
    if len(rows) != 1 or order_id is None:
        return  # which of them it was is not said: `verify` shows what the provider has, and what we have
    currency = (
        await connection.execute(select(orders.c.currency).where(orders.c.id == order_id))
    ).scalar_one()
    payment = Payment(provider, order_id, news.reference)
    await write_failed_refund(connection, payment, rows[0].name, Money(rows[0].amount, currency), now)
    failed = update(refund_orders).where(refund_orders.c.id == rows[0].id)
    await connection.execute(failed.values(state="failed", done_at=now))
