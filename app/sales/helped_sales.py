"""What help sold by deal, of the orders that stand, beside all that the deal sold."""

from collections.abc import Collection

from msgspec import Struct
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection


class HelpedSales(Struct, frozen=True):
    """Orders that somebody's link brought, of those that are placed, paid or shipped. Amounts in minor units of the
    deal's currency, for the goods, after discounts; `friend_discounts` came off them beside coupons. `all_units` and
    `all_revenue` are of all the deal's orders."""

    orders: int = 0
    units: int = 0
    revenue: int = 0
    friend_discounts: int = 0
    all_units: int = 0
    all_revenue: int = 0


HELPED = text(
    """
    SELECT a.deal_id, count(*) AS orders, sum(o.quantity) AS units, sum(o.total - o.shipping) AS revenue,
        sum(greatest(0, o.discount - coalesce(c.amount, 0))) AS friend_discounts
    FROM attributions a JOIN orders o ON o.id = a.order_id LEFT JOIN coupons c ON c.order_id = o.id
    WHERE o.status IN ('placed', 'paid', 'shipped')
        AND (CAST(:deals AS bigint[]) IS NULL OR a.deal_id = ANY (:deals))
    GROUP BY a.deal_id
    """
)
# A deal whose record is as its offer is now is not counted again.
ALL = text(
    """
    SELECT f.deal_id, coalesce(s.units, n.units, 0) AS units, coalesce(s.revenue, n.revenue, 0) AS revenue
    FROM offers f LEFT JOIN sale_records s ON s.deal_id = f.deal_id AND s.revision = f.revision
    LEFT JOIN LATERAL (
        SELECT sum(o.quantity) AS units, sum(o.total - o.shipping) AS revenue FROM orders o
        WHERE s.deal_id IS NULL AND o.deal_id = f.deal_id AND o.status IN ('placed', 'paid', 'shipped')
    ) n ON true
    WHERE f.deal_id = ANY (:deals)
    """
)


async def read_helped_sales(
    connection: AsyncConnection, deal_ids: Collection[int] | None = None
) -> dict[int, HelpedSales]:
    """What help sold of these deals that were on offer; of None, of every deal that somebody helped."""
    wanted = None if deal_ids is None else list(deal_ids)
    helped = {row.deal_id: row for row in await connection.execute(HELPED, {"deals": wanted})}
    asked = list(helped) if wanted is None else wanted
    found = {}
    for whole in await connection.execute(ALL, {"deals": asked}):
        part = helped.get(whole.deal_id)
        sold = (
            (0, 0, 0, 0) if part is None else (part.orders, part.units, part.revenue, part.friend_discounts)
        )
        found[whole.deal_id] = HelpedSales(*(int(number) for number in (*sold, whole.units, whole.revenue)))
    return found
