"""Whether a unit of a deal may still come back, and how its line stands."""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.sales.line.step import LineState
from app.sales.line.tables import closed_lines, line_offers, line_places
from app.sales.offers import Offer
from app.sales.settlement.tables import settlement_marks, settlements
from app.sales.tables import orders, sold_by_second

GRACE = timedelta(minutes=10)  # in which a shopper may cancel what is paid


async def read_line_state(connection: AsyncConnection, offer: Offer, now: datetime) -> LineState:
    """How the line of this deal stands. Give it a transaction that holds the offer's row, where it has to be true."""
    deal_id = offer.terms.deal_id
    kept = select(func.count()).where(line_offers.c.deal_id == deal_id, line_offers.c.state == "open")
    waiting = select(func.count()).where(line_places.c.deal_id == deal_id, line_places.c.state == "waiting")
    withdrawn = exists().where(closed_lines.c.deal_id == deal_id)
    query = select(
        kept.scalar_subquery().label("kept"),
        waiting.scalar_subquery().label("waiting"),
        withdrawn.label("withdrawn"),
        _may_come_back(deal_id, now).label("may_come_back"),
    )
    row = (await connection.execute(query)).one()
    return LineState(
        left=offer.left,
        kept=row.kept,
        on_sale=offer.closed_at is None,
        withdrawn=row.withdrawn,
        may_come_back=row.may_come_back,
        waiting=row.waiting,
    )


async def has_sold_out(connection: AsyncConnection, offer: Offer) -> bool:
    """Whether every unit of the deal has found a buyer at some time, come back since or not."""
    ordered = select(func.coalesce(func.sum(sold_by_second.c.units), 0))
    found = await connection.scalar(ordered.where(sold_by_second.c.deal_id == offer.terms.deal_id))
    return int(found or 0) >= offer.terms.quantity


def _may_come_back(deal_id: int, now: datetime) -> ColumnElement[bool]:
    """Some order of the deal holds units and is not past every way back.

    Whoever settles has yet to see it, or has something to do with it (to charge it, to give a card its time, to cancel
    it, which takes for as long as the provider is away), or it is paid and its shopper may still think better of it. A
    refund by staff puts nothing back, once it is made.
    """
    mark = select(settlement_marks.c.place).where(settlement_marks.c.deal_id == deal_id).scalar_subquery()
    of_deal = orders.c.deal_id == deal_id
    unseen = exists().where(of_deal, orders.c.place > func.coalesce(mark, 0))
    holds = orders.c.status.in_(("placed", "declined", "paid"))
    open_ = settlements.c.deal_id == deal_id, settlements.c.due_at.is_not(None)
    unsettled = exists().where(*open_, orders.c.id == settlements.c.order_id, holds)
    in_grace = exists().where(of_deal, orders.c.status == "paid", orders.c.placed_at > now - GRACE)
    return or_(unseen, unsettled, in_grace)
