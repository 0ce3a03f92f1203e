"""Orders that nobody has begun to settle. Buying writes nothing for whoever settles: it is the places that tell."""

from datetime import datetime, timedelta

from sqlalchemy import func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.sales.settlement.case import GRACE
from app.sales.settlement.tables import settlement_marks
from app.sales.tables import offers
from app.sharing import orders_begun

BATCH = 500  # orders in one statement: a moment's work, so that a rush is not in its way
LATE = timedelta(
    minutes=1
)  # an order found later than this lay while the shop stood still, and has its grace from now

TAKE = text(
    """
    WITH fresh AS (
        SELECT id, deal_id, shopper_id, placed_at, place FROM orders
        WHERE deal_id = :deal AND place > :place AND place <= :place + :batch ORDER BY place
    ), begun AS (
        INSERT INTO settlements (order_id, deal_id, shopper_id, state, grace_until, due_at)
        SELECT id, deal_id, shopper_id, 'new',
            CASE WHEN placed_at < :late THEN :now ELSE placed_at END + :grace, least(placed_at, :now)
        FROM fresh ON CONFLICT (order_id) DO NOTHING
    )
    SELECT count(*) AS orders, max(place) AS place, array_agg(id) AS ids, array_agg(shopper_id) AS shoppers FROM fresh
    """
)
ONE = text(
    """
    INSERT INTO settlements (order_id, deal_id, shopper_id, state, grace_until, due_at)
    SELECT id, deal_id, shopper_id, 'new', CASE WHEN placed_at < :late THEN :now ELSE placed_at END + :grace, :now
    FROM orders WHERE id = :order ON CONFLICT (order_id) DO NOTHING RETURNING shopper_id
    """
)


async def behind(connection: AsyncConnection, *, everything: bool) -> list[int]:
    """The deals that have orders which nobody settles; where not `everything` is looked at, the one on offer alone."""
    place = func.coalesce(settlement_marks.c.place, 0)
    marked = offers.outerjoin(settlement_marks, settlement_marks.c.deal_id == offers.c.deal_id)
    query = select(offers.c.deal_id).select_from(marked).where(offers.c.orders > place)
    if not everything:
        query = query.where(offers.c.closed_at.is_(None))
    return list((await connection.execute(query.order_by(offers.c.deal_id))).scalars())


async def begin_settling(engine: AsyncEngine, deal_id: int, now: datetime) -> int:
    """Take the next orders of a deal in hand; how many. None of them where another process is at it."""
    marks = settlement_marks.c
    async with engine.begin() as connection:
        first = insert(settlement_marks).values(deal_id=deal_id, place=0).on_conflict_do_nothing()
        await connection.execute(first)
        mine = select(marks.place).where(marks.deal_id == deal_id).with_for_update(skip_locked=True)
        place = (await connection.execute(mine)).scalar()
        if place is None:
            return 0
        given = {"deal": deal_id, "place": place, "batch": BATCH} | _moments(now)
        taken = (await connection.execute(TAKE, given)).one()
        if taken.orders:
            moved_on = update(settlement_marks).where(marks.deal_id == deal_id).values(place=taken.place)
            await connection.execute(moved_on)
            await orders_begun(connection, taken.ids, taken.shoppers, now)
        return int(taken.orders)


async def begin_with(connection: AsyncConnection, order_id: str, now: datetime) -> None:
    """Take this order in hand, whose turn has not come yet, because somebody asks something of it."""
    begun = (await connection.execute(ONE, {"order": order_id} | _moments(now))).scalars().all()
    await orders_begun(connection, [order_id] * len(begun), begun, now)


def _moments(now: datetime) -> dict[str, object]:
    return {"now": now, "late": now - LATE, "grace": GRACE}
