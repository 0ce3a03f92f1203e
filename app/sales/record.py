"""What became of an offer that is closed: who came when, and what its orders are worth.

Counting a deal's orders takes longer than reading a row, so each offer is counted once, soon after its end, and kept in
`sale_records`. The row bears the offer's `revision`. Whoever changes an order of an offer that
is closed (a refund, a card that is declined) moves that on, and the next who asks counts anew.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec import Struct
from sqlalchemy import ARRAY, BigInteger, ColumnElement, any_, func, literal, or_, select, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.platform.lease import take_turns
from app.sales.tables import offers, refusals, sale_records, sold_by_second

FIRST_MINUTES = 5
BATCH = 20  # offers counted in one statement, so that none runs long
TURN = "sale records"  # of two processes that count at once, one waits and finds it done


class SaleRecord(Struct, frozen=True):
    """A closed offer in figures. Amounts in minor units of its currency.

    What happened stays as it was: the first and the last order, `quickest_seconds` from the opening to the first, when
    the last unit went, units in the first five minutes. All else counts the orders that stand now (placed, paid or
    shipped); `given_back` are the units of those that stand no more. `revenue` is what the goods brought after
    `discounts`, without `shipping`. `first_shopper_id` is for this house only, and never shown.
    """

    deal_id: int
    orders: int
    units: int
    given_back: int
    orders_of_one: int
    orders_of_two: int
    orders_of_more: int
    revenue: int
    discounts: int
    shipping: int
    helped_units: int
    first_minutes_units: int
    quickest_seconds: float | None
    seconds_to_sell_out: float | None
    first_order_at: datetime | None
    last_order_at: datetime | None
    sold_out_at: datetime | None
    first_shopper_id: int | None


COUNT = text(
    """
    INSERT INTO sale_records (
        deal_id, revision, orders, units, given_back, orders_of_one, orders_of_two, orders_of_more, revenue, discounts,
        shipping, helped_units, first_minutes_units, first_order_at, last_order_at, sold_out_at, first_shopper_id
    )
    SELECT f.deal_id, f.revision, count(o.id) FILTER (WHERE o.stands),
        coalesce(sum(o.quantity) FILTER (WHERE o.stands), 0), coalesce(sum(o.quantity) FILTER (WHERE NOT o.stands), 0),
        count(o.id) FILTER (WHERE o.stands AND o.quantity = 1), count(o.id) FILTER (WHERE o.stands AND o.quantity = 2),
        count(o.id) FILTER (WHERE o.stands AND o.quantity > 2),
        coalesce(sum(o.total - o.shipping) FILTER (WHERE o.stands), 0),
        coalesce(sum(o.discount) FILTER (WHERE o.stands), 0), coalesce(sum(o.shipping) FILTER (WHERE o.stands), 0),
        coalesce(sum(a.units) FILTER (WHERE o.stands), 0),
        coalesce((SELECT sum(s.units) FROM sold_by_second s
            WHERE s.deal_id = f.deal_id AND s.second < f.opened_at + :first_minutes), 0),
        min(o.placed_at), max(o.placed_at),
        CASE WHEN sum(o.quantity) >= f.quantity THEN max(o.placed_at) END,
        max(o.shopper_id) FILTER (WHERE o.place = 1)
    FROM offers f
    LEFT JOIN (
        SELECT *, status IN ('placed', 'paid', 'shipped') AS stands FROM orders WHERE deal_id = ANY (:deals)
    ) o ON o.deal_id = f.deal_id
    LEFT JOIN attributions a ON a.order_id = o.id
    WHERE f.deal_id = ANY (:deals)
    GROUP BY f.deal_id
    ON CONFLICT (deal_id) DO UPDATE SET
        revision = excluded.revision, orders = excluded.orders, units = excluded.units,
        given_back = excluded.given_back, orders_of_one = excluded.orders_of_one,
        orders_of_two = excluded.orders_of_two, orders_of_more = excluded.orders_of_more, revenue = excluded.revenue,
        discounts = excluded.discounts, shipping = excluded.shipping, helped_units = excluded.helped_units,
        first_minutes_units = excluded.first_minutes_units, first_order_at = excluded.first_order_at,
        last_order_at = excluded.last_order_at, sold_out_at = excluded.sold_out_at,
        first_shopper_id = excluded.first_shopper_id
    WHERE sale_records.revision < excluded.revision
    """
)


async def count_closed_offers(engine: AsyncEngine) -> int:
    """Count whatever offer is closed and not counted as it stands now; answers how many. Repeating it is harmless."""
    is_new = or_(sale_records.c.revision.is_(None), sale_records.c.revision < offers.c.revision)
    due = (
        select(offers.c.deal_id)
        .outerjoin(sale_records, sale_records.c.deal_id == offers.c.deal_id)
        .where(offers.c.closed_at.is_not(None), is_new)
        .order_by(offers.c.deal_id)
        .limit(BATCH)
    )
    counted = 0
    async with engine.connect() as connection:
        is_done = (await connection.execute(due)).first() is None  # mostly so, and then nobody has to wait
    while not is_done:
        async with engine.begin() as connection:
            await take_turns(connection, TURN)
            batch = list((await connection.execute(due)).scalars())
            given = {"deals": batch, "first_minutes": timedelta(minutes=FIRST_MINUTES)}
            await connection.execute(COUNT, given)
        counted += len(batch)
        is_done = not batch
    return counted


async def read_sale_records(connection: AsyncConnection, deal_ids: Sequence[int]) -> dict[int, SaleRecord]:
    """The records of these deals, as they were counted; one that is on offer still, or never was, has none."""
    query = (
        select(sale_records, offers.c.opened_at)
        .join(offers, offers.c.deal_id == sale_records.c.deal_id)
        .where(_is_among(sale_records.c.deal_id, deal_ids))
    )
    found = {}
    for row in await connection.execute(query):
        found[row.deal_id] = SaleRecord(
            row.deal_id,
            row.orders,
            row.units,
            row.given_back,
            row.orders_of_one,
            row.orders_of_two,
            row.orders_of_more,
            row.revenue,
            row.discounts,
            row.shipping,
            row.helped_units,
            row.first_minutes_units,
            _seconds(row.opened_at, row.first_order_at),
            _seconds(row.opened_at, row.sold_out_at),
            row.first_order_at,
            row.last_order_at,
            row.sold_out_at,
            row.first_shopper_id,
        )
    return found


async def read_curves(connection: AsyncConnection, deal_ids: Sequence[int]) -> dict[int, list[int]]:
    """Units in each minute of these deals' age, up to the last that sold any."""
    age = func.extract("epoch", sold_by_second.c.second - offers.c.opened_at)
    minute = func.greatest(0, func.floor(age / 60))  # the second in which a deal opens began before it did
    query = (
        select(
            sold_by_second.c.deal_id, minute.label("minute"), func.sum(sold_by_second.c.units).label("units")
        )
        .join(offers, offers.c.deal_id == sold_by_second.c.deal_id)
        .where(_is_among(sold_by_second.c.deal_id, deal_ids))
        .group_by(sold_by_second.c.deal_id, minute)
        .order_by(sold_by_second.c.deal_id, minute)
    )
    curves: dict[int, list[int]] = {deal_id: [] for deal_id in deal_ids}
    for row in await connection.execute(query):
        curve = curves[row.deal_id]
        curve += [0] * (int(row.minute) - len(curve))
        curve.append(row.units)
    return curves


def _is_among(column: ColumnElement[int], ids: Sequence[int]) -> ColumnElement[bool]:
    return column == any_(literal(list(ids), ARRAY(BigInteger)))  # one parameter, however many they are


async def read_refused_totals(connection: AsyncConnection, deal_ids: Sequence[int]) -> dict[int, int]:
    """How many attempts at each of these deals were refused; a deal without any is not there."""
    query = (
        select(refusals.c.deal_id, func.sum(refusals.c.attempts).label("attempts"))
        .where(_is_among(refusals.c.deal_id, deal_ids))
        .group_by(refusals.c.deal_id)
    )
    return {row.deal_id: int(row.attempts) for row in await connection.execute(query)}


def _seconds(opened_at: datetime, moment: datetime | None) -> float | None:
    return None if moment is None else round(max(0.0, (moment - opened_at).total_seconds()), 1)
