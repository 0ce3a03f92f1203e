"""What the sales room promises of its books, each as a query for what breaks it, and of the live deal's gate."""

import asyncio

from msgspec import Struct
from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncEngine

from app.platform.proof import LOOK_AGAIN_SECONDS, Breach, Examined, no_row, prove
from app.sales.gate import Gate
from app.sales.help_audit import PROMISES as HELP_PROMISES
from app.sales.line.audit import PROMISES as LINE_PROMISES
from app.sales.offers import Offer, open_deal_id, read_offer
from app.sales.settlement.audit import PROMISES as SETTLEMENT_PROMISES

AT_REST = "What the gate still gives out and what is sold add up to what there was."
STILL_SECONDS = 4.0  # a shop that runs has found and counted again units in nobody's hands by then
PATIENCE_SECONDS = 10.0  # how long purchases may go on before we say that we saw no rest

# A cancelled order keeps its place, its key, its second, what it has off and its helper, and holds no units. Its coupon
# has gone back, and so has a refunded one's.
PROMISES = [
    no_row(
        "No deal has sold more than it had.",
        """
        SELECT deal_id, format('%s units are sold, of %s', greatest(sold, units), quantity) AS words
        FROM offers LEFT JOIN (
            SELECT deal_id, sum(quantity) AS units FROM orders WHERE status <> 'cancelled' GROUP BY 1
        ) held USING (deal_id)
        WHERE greatest(sold, units) > quantity ORDER BY 1
        """,
    ),
    no_row(
        "What is written as sold is what the orders say.",
        """
        SELECT deal_id, format('%s are written as sold, the orders have %s', sold, coalesce(units, 0)) AS words
        FROM offers LEFT JOIN (
            SELECT deal_id, sum(quantity) AS units FROM orders WHERE status <> 'cancelled' GROUP BY 1
        ) held USING (deal_id)
        WHERE sold <> coalesce(units, 0) ORDER BY 1
        """,
    ),
    no_row(
        "What shoppers are written to hold is what their orders say.",
        """
        SELECT deal_id, format('shopper %s is written to hold %s, the orders have %s',
            shopper_id, coalesce(buyers.units, 0), coalesce(held.units, 0)) AS words
        FROM buyers FULL JOIN (
            SELECT deal_id, shopper_id, sum(quantity) AS units FROM orders WHERE status <> 'cancelled' GROUP BY 1, 2
        ) held USING (deal_id, shopper_id)
        WHERE coalesce(buyers.units, 0) <> coalesce(held.units, 0) ORDER BY 1, shopper_id
        """,
    ),
    no_row(
        "Each deal's orders are counted.",
        """
        SELECT deal_id, format('%s are counted, there are %s', orders, coalesce(found, 0)) AS words
        FROM offers LEFT JOIN (SELECT deal_id, count(*) AS found FROM orders GROUP BY 1) o USING (deal_id)
        WHERE orders <> coalesce(found, 0) ORDER BY 1
        """,
    ),
    no_row(
        "What is written as sold in each second is what was ordered in it, cancelled since or not.",
        """
        SELECT deal_id, format('%s seconds have other units than were ordered in them, the first is %s',
            count(*), min(second)) AS words
        FROM sold_by_second FULL JOIN (
            SELECT deal_id, date_trunc('second', placed_at) AS second, sum(quantity) AS ordered
            FROM orders GROUP BY 1, 2
        ) o USING (deal_id, second)
        WHERE coalesce(units, 0) <> coalesce(ordered, 0) GROUP BY 1 ORDER BY 1
        """,
    ),
    no_row(
        "Each deal's orders have the places from 1 on, without a gap, each once.",
        """
        SELECT deal_id, format('%s orders have %s places from %s to %s',
            count(*), count(DISTINCT place), min(place), max(place)) AS words
        FROM orders GROUP BY 1
        HAVING min(place) <> 1 OR max(place) <> count(*) OR count(DISTINCT place) <> count(*) ORDER BY 1
        """,
    ),
    no_row(
        "A shopper's key stands for one order.",
        """
        SELECT min(deal_id) AS deal_id,
            format('key %L of shopper %s stands for %s orders', idempotency_key, shopper_id, count(*)) AS words
        FROM orders GROUP BY shopper_id, idempotency_key HAVING count(*) > 1 ORDER BY 1
        """,
    ),
    no_row(
        "No shopper has more of a deal than its limit.",
        """
        SELECT deal_id, format('shopper %s has %s, the limit is %s', shopper_id, units, unit_limit) AS words
        FROM offers JOIN (
            SELECT deal_id, shopper_id, sum(quantity) AS units FROM orders WHERE status <> 'cancelled' GROUP BY 1, 2
        ) held USING (deal_id)
        WHERE units > unit_limit ORDER BY 1, shopper_id
        """,
    ),
    no_row(
        "Orders and holdings are of deals that were on offer.",
        """
        SELECT deal_id, format('was never on offer, and has %s orders and %s units in hands', sum(ordered), sum(held))
            AS words
        FROM (
            SELECT deal_id, 1 AS ordered, 0 AS held FROM orders UNION ALL SELECT deal_id, 0, units FROM buyers
        ) found LEFT JOIN offers USING (deal_id)
        WHERE offers.deal_id IS NULL GROUP BY 1 ORDER BY 1
        """,
    ),
    no_row(
        "Orders and holdings are of shoppers that there are.",
        """
        SELECT deal_id, format('there is no shopper %s, who has %s orders and is written to hold %s',
            shopper_id, sum(ordered), sum(held)) AS words
        FROM (
            SELECT deal_id, shopper_id, 1 AS ordered, 0 AS held FROM orders
            UNION ALL SELECT deal_id, shopper_id, 0, units FROM buyers
        ) found LEFT JOIN shoppers ON shoppers.id = shopper_id
        WHERE shoppers.id IS NULL GROUP BY deal_id, shopper_id ORDER BY 1, shopper_id
        """,
    ),
    no_row(
        "Every order has the title, the price and the shipping that its deal was offered with.",
        """
        SELECT deal_id, format('order %s: %s for %s + %s %s, on offer: %s for %s + %s %s',
            o.id, o.title, o.unit_price, o.shipping, o.currency,
            offers.title, offers.unit_price, offers.shipping, offers.currency) AS words
        FROM orders o JOIN offers USING (deal_id)
        WHERE (o.title, o.unit_price, o.shipping, o.currency)
            <> (offers.title, offers.unit_price, offers.shipping, offers.currency) ORDER BY 1, o.place
        """,
    ),
    no_row(
        "Every order adds up.",
        """
        SELECT deal_id, format('order %s: %s × %s − %s + %s = %s',
            id, quantity, unit_price, discount, shipping, total) AS words
        FROM orders
        WHERE total <> unit_price::bigint * quantity - discount + shipping OR total < 0 OR discount < 0
        ORDER BY 1, place
        """,
    ),
    no_row(
        "No order has anything off without a coupon that was used for it, or a friend who brought it.",
        """
        SELECT o.deal_id, format('order %s of shopper %s has %s off', o.id, o.shopper_id, o.discount) AS words
        FROM orders o JOIN offers f ON f.deal_id = o.deal_id
        LEFT JOIN attributions a ON a.order_id = o.id
        LEFT JOIN coupon_returns b ON b.order_id = o.id AND o.status IN ('cancelled', 'refunded')
        LEFT JOIN coupons c ON (c.order_id = o.id AND c.state = 'used') OR c.code = b.code
        WHERE o.discount <> 0 AND o.discount <> least(o.unit_price::bigint * o.quantity, coalesce(c.amount, 0)
            + CASE WHEN a.order_id IS NULL THEN 0 WHEN a.as_friend THEN greatest(f.friend_discount, f.friends_discount)
                ELSE f.friend_discount END::bigint * o.quantity)
        ORDER BY 1, o.place
        """,
    ),
    no_row(
        "A used coupon has lowered its owner's order, by what it is worth.",
        """
        SELECT o.deal_id, format('coupon %s of shopper %s, worth %s, is used for order %s, which has %s off',
            c.code, c.shopper_id, c.amount, c.order_id, coalesce(o.discount::text, 'never stood and nothing')) AS words
        FROM coupons c LEFT JOIN orders o ON o.id = c.order_id
        WHERE c.state = 'used' AND ((o.shopper_id, o.currency) IS DISTINCT FROM (c.shopper_id, c.currency)
            OR o.discount < least(c.amount, o.unit_price::bigint * o.quantity)) ORDER BY 1
        """,
    ),
    no_row(
        "Whoever is said to have helped has helped somebody else with an order, cancelled since or not.",
        """
        SELECT a.deal_id, format('shopper %s is said to have helped with %s units in order %s',
            a.helper_id, a.units, a.order_id) AS words
        FROM attributions a LEFT JOIN orders o ON o.id = a.order_id
        WHERE (o.deal_id, o.quantity) IS DISTINCT FROM (a.deal_id, a.units) OR o.shopper_id = a.helper_id ORDER BY 1
        """,
    ),
    no_row(
        "At most one deal is on offer.",
        """
        SELECT deal_id, 'is on offer together with another' AS words FROM offers
        WHERE closed_at IS NULL AND (SELECT count(*) FROM offers WHERE closed_at IS NULL) > 1 ORDER BY 1
        """,
    ),
]


class Balance(Struct, frozen=True):
    """An offer, and what its gate had left a moment later; None where it was not open."""

    offer: Offer
    left: int | None

    @property
    def unaccounted(self) -> int:
        """Units that are neither sold nor given out any more; below 0 the gate has too many."""
        return 0 if self.left is None else self.offer.left - self.left

    @property
    def state(self) -> tuple[int, int, int | None]:
        """Equal as long as nothing moves."""
        return self.offer.epoch, self.offer.sold, self.left


async def audit_sales(engine: AsyncEngine, redis: Redis) -> list[Examined]:
    """Prove offers, orders, their settling, and the live deal's gate.

    Raises what PostgreSQL raises, and GateLostError.
    """
    promised = await prove(engine, [*PROMISES, *HELP_PROMISES, *SETTLEMENT_PROMISES, *LINE_PROMISES])
    return [*promised, await examine_gate(engine, Gate(redis))]


async def examine_gate(
    engine: AsyncEngine, gate: Gate, *, still: float = STILL_SECONDS, patience: float = PATIENCE_SECONDS
) -> Examined:
    """Whether the live deal's gate and its books agree. Purchases in flight make a difference that goes away again.

    A difference counts that stands `still` seconds while nothing moves. Waits `patience` seconds for a rest.
    """
    loop = asyncio.get_running_loop()
    began = since = loop.time()
    seen = await _balance(engine, gate)
    while seen is not None and seen.unaccounted != 0:
        await asyncio.sleep(LOOK_AGAIN_SECONDS)
        before, seen = seen, await _balance(engine, gate)
        if seen is None or seen.state != before.state:
            since = loop.time()
        elif loop.time() - since >= still:
            return Examined(AT_REST, [Breach(seen.offer.terms.deal_id, _words(seen))])
        if loop.time() - began >= patience:
            return Examined(AT_REST, [], "purchases are in flight all the time, so nothing was seen at rest")
    if seen is None:
        return Examined(AT_REST, [], "nothing is on sale")
    return Examined(AT_REST, [], "the gate is not open" if seen.left is None else "")


async def _balance(engine: AsyncEngine, gate: Gate) -> Balance | None:
    """How the deal on offer stands; None where there is none, or it is paused."""
    async with engine.connect() as connection:
        live = await open_deal_id(connection)
        offer = None if live is None else await read_offer(connection, live)
    if offer is None or offer.paused:
        return None
    return Balance(offer, await gate.left(offer.terms.deal_id, offer.epoch))


def _words(seen: Balance) -> str:
    parts = f"the gate of epoch {seen.offer.epoch} has {seen.left} left and {seen.offer.sold} are sold"
    return f"{parts}, of {seen.offer.terms.quantity}"
