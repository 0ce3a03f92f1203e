"""What the sharing room promises of its books: every cent of a reward is in a coupon, and none is in two."""

from sqlalchemy.ext.asyncio import AsyncEngine

from app.platform.proof import Examined, no_row, prove

PROMISES = [
    no_row(
        "Every cent that helpers have earned is in a coupon of theirs, and in nobody else's.",
        """
        SELECT e.deal_id, format('%s of shopper %s is worth %s, and its coupon, of shopper %s, %s and %s',
            e.what, e.helper_id, e.amount, c.shopper_id, c.amount, c.state) AS words
        FROM (
            SELECT deal_id, 'the reward for ' || order_id AS what, helper_id, amount, coupon FROM rewards
            UNION ALL SELECT deal_id, 'the part of the pot', helper_id, amount, coupon FROM pot_shares
        ) e LEFT JOIN coupons c ON c.code = e.coupon
        WHERE e.amount <> CASE WHEN c.state IS NULL OR c.state = 'void' THEN 0 ELSE c.amount END
            OR c.shopper_id <> e.helper_id ORDER BY 1, 2
        """,
    ),
    no_row(
        "No coupon was given twice.",
        """
        SELECT NULL::bigint AS deal_id, format('coupon %s was given for %s things', coupon, count(*)) AS words
        FROM (SELECT coupon FROM rewards UNION ALL SELECT coupon FROM pot_shares) e
        WHERE coupon IS NOT NULL GROUP BY coupon HAVING count(*) > 1 ORDER BY coupon
        """,
    ),
    no_row(
        "No helper, and no deal's helpers together, have earned more than its caps.",
        """
        SELECT deal_id, format('its helpers have %s of %s at the most, one of them %s of %s', of_all, deal_cap,
            of_one, helper_cap) AS words
        FROM (
            SELECT deal_id, sum(amount) AS of_all, max(amount) AS of_one FROM (
                SELECT deal_id, helper_id, sum(amount) AS amount FROM rewards GROUP BY 1, 2
            ) each GROUP BY 1
        ) earned JOIN (
            SELECT deal_id, CASE WHEN bool_and(cap_per_deal IS NOT NULL) THEN max(cap_per_deal) END AS deal_cap,
                CASE WHEN bool_and(cap_per_helper IS NOT NULL) THEN max(cap_per_helper) END AS helper_cap
            FROM reward_terms GROUP BY 1
        ) caps USING (deal_id)
        WHERE of_all > deal_cap OR of_one > helper_cap ORDER BY 1
        """,
    ),
    no_row(
        "A reward can be spent only after its order was paid, and somebody else than its helper bought.",
        """
        SELECT r.deal_id, format('the reward for %s, bought by %s, is %s, and its coupon %s', r.order_id, r.shopper_id,
            r.verdict, c.state) AS words
        FROM rewards r JOIN coupons c ON c.code = r.coupon
        WHERE (c.state IN ('ready', 'used') AND (r.paid_at IS NULL OR r.verdict <> 'earns'))
            OR r.helper_id = r.shopper_id ORDER BY 1, r.order_id
        """,
    ),
    no_row(
        "What is earned by an order that is no more is taken back.",
        """
        SELECT r.deal_id, format('order %s is no more, and coupon %s is %s', r.order_id, c.code, c.state) AS words
        FROM rewards r JOIN coupons c ON c.code = r.coupon
        WHERE r.order_state = 'over' AND c.state IN ('pending', 'ready') ORDER BY 1, r.order_id
        """,
        at_rest=True,
    ),
    no_row(
        "No reward and no pot that something is still to become of is forgotten.",
        """
        SELECT r.deal_id, format('the reward for %s is forgotten', r.order_id) AS words
        FROM rewards r LEFT JOIN coupons c ON c.code = r.coupon
        WHERE r.due_at IS NULL AND (
            (r.order_state <> 'over' AND (r.verdict = '' OR (r.verdict = 'earns' AND r.granted_at IS NULL)))
            OR (r.order_state = 'paid' AND r.verdict = 'earns' AND c.state = 'pending')
            OR (r.order_state = 'paid' AND r.verdict = 'earns' AND r.coupon IS NULL AND r.judged_by IS NULL
                AND (r.judged_at < r.paid_at + interval '336 hours') IS NOT FALSE)
            OR (r.verdict = 'refused' AND c.state IN ('pending', 'ready')))
        UNION ALL
        SELECT p.deal_id, format('its pot of %s is shared before its time', p.amount)
        FROM pots p WHERE p.due_at IS NOT NULL AND EXISTS (SELECT FROM pot_shares s WHERE s.deal_id = p.deal_id)
        ORDER BY 1, 2
        """,
    ),
    no_row(
        "What is shared of a pot is shared to the last cent, and is no more than was won.",
        """
        SELECT p.deal_id, format('%s of its pot of %s are to be shared, and %s are', coalesce(p.split_amount, 0),
            p.amount, coalesce(sum(s.amount), 0)) AS words
        FROM pots p LEFT JOIN pot_shares s ON s.deal_id = p.deal_id
        WHERE p.due_at IS NULL GROUP BY p.deal_id
        HAVING coalesce(sum(s.amount), 0) IS DISTINCT FROM p.split_amount OR p.split_amount > p.amount ORDER BY 1
        """,
    ),
    no_row(
        "What everybody sees of help is what the links have sold.",
        """
        SELECT deal_id, format('shopper %s is said to have sold %s by %s orders, and has sold %s by %s', helper_id,
            coalesce(g.units, 0), coalesce(g.orders, 0), coalesce(r.units, 0), coalesce(r.orders, 0)) AS words
        FROM help_given g FULL JOIN (
            SELECT deal_id, helper_id, coalesce(sum(units) FILTER (WHERE order_state <> 'over'), 0) AS units,
                count(*) FILTER (WHERE order_state <> 'over') AS orders FROM rewards GROUP BY 1, 2
        ) r USING (deal_id, helper_id)
        WHERE (coalesce(g.units, 0), coalesce(g.orders, 0)) <> (coalesce(r.units, 0), coalesce(r.orders, 0))
        ORDER BY 1, helper_id
        """,
    ),
]


async def audit_sharing(engine: AsyncEngine) -> list[Examined]:
    """Prove rewards and pots. Raises what PostgreSQL raises."""
    return await prove(engine, PROMISES)
