"""What sales tells of orders that were helped, in its own transactions. Of the others nothing is written."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.sharing.coupons import give_back

BEGIN = text(
    """
    WITH begun AS (
        INSERT INTO rewards (order_id, deal_id, helper_id, shopper_id, link, units, placed_at, due_at)
        SELECT a.order_id, a.deal_id, a.helper_id, s.shopper_id, a.link, a.units, a.created_at, :now
        FROM unnest(CAST(:orders AS text[]), CAST(:shoppers AS bigint[])) AS s (order_id, shopper_id)
        JOIN attributions a ON a.order_id = s.order_id
        ON CONFLICT (order_id) DO NOTHING
        RETURNING deal_id, helper_id, units
    )
    INSERT INTO help_given AS g (deal_id, helper_id, orders, units)
    SELECT deal_id, helper_id, count(*), sum(units) FROM begun GROUP BY deal_id, helper_id ORDER BY deal_id, helper_id
    ON CONFLICT (deal_id, helper_id) DO UPDATE SET orders = g.orders + excluded.orders, units = g.units + excluded.units
    """
)
# More is known now than when it was placed: the card, and where the parcel goes. So what earned is judged once more,
# before an account can be emptied of it. What the staff have decided stays.
PAID = text(
    """
    UPDATE rewards SET order_state = 'paid', paid_at = :now, due_at = :now,
        verdict = CASE WHEN verdict = 'earns' AND judged_by IS NULL THEN '' ELSE verdict END
    WHERE order_id = :order AND order_state = 'placed'
    """
)
OVER = text(
    """
    WITH ended AS (
        UPDATE rewards SET order_state = 'over', due_at = :now WHERE order_id = :order AND order_state <> 'over'
        RETURNING deal_id, helper_id, units
    )
    UPDATE help_given g SET orders = g.orders - 1, units = g.units - e.units
    FROM ended e WHERE g.deal_id = e.deal_id AND g.helper_id = e.helper_id
    """
)


async def orders_begun(
    connection: AsyncConnection, order_ids: Sequence[str], shopper_ids: Sequence[int], now: datetime
) -> None:
    """These orders are being settled, each with who bought it: whoever helped may earn by it. Harmless to repeat."""
    if order_ids:
        given = {"orders": list(order_ids), "shoppers": list(shopper_ids), "now": now}
        await connection.execute(BEGIN, given)


async def order_is_paid(connection: AsyncConnection, order_id: str, now: datetime) -> None:
    """It is, as a whole."""
    await connection.execute(PAID, {"order": order_id, "now": now})


async def order_is_over(connection: AsyncConnection, order_id: str, now: datetime) -> None:
    """It is cancelled, or all that was paid has gone back: so does its coupon, and its helper earns nothing by it."""
    await give_back(connection, order_id, now)
    await connection.execute(OVER, {"order": order_id, "now": now})
