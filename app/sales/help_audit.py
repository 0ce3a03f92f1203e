"""What sales promises of coupons that came back, and of rewards: they are as far as the orders that they are about."""

from app.platform.proof import no_row

PROMISES = [
    no_row(
        "No order that is cancelled or refunded keeps a coupon, and every coupon that came back was such an order's.",
        """
        SELECT o.deal_id, format('order %s is %s, and has coupon %s', o.id, o.status, c.code) AS words
        FROM coupons c JOIN orders o ON o.id = c.order_id AND c.state = 'used'
        WHERE o.status IN ('cancelled', 'refunded')
        UNION ALL
        SELECT o.deal_id, format('coupon %s came back from order %s, which is %s', b.code, b.order_id,
            coalesce(o.status, 'not there'))
        FROM coupon_returns b LEFT JOIN orders o ON o.id = b.order_id
        WHERE o.status IS NULL OR o.status NOT IN ('cancelled', 'refunded') ORDER BY 1
        """,
    ),
    no_row(
        "The reward for an order is as far as the order itself, and is about whoever bought it.",
        """
        SELECT o.deal_id, format('order %s of shopper %s is %s, and its reward says %s of shopper %s', r.order_id,
            o.shopper_id, o.status, r.order_state, r.shopper_id) AS words
        FROM rewards r LEFT JOIN orders o ON o.id = r.order_id
        WHERE (o.shopper_id, o.deal_id, o.quantity) IS DISTINCT FROM (r.shopper_id, r.deal_id, r.units)
            OR r.order_state <> CASE WHEN o.status IN ('paid', 'shipped') THEN 'paid'
                WHEN o.status IN ('cancelled', 'refunded') THEN 'over' ELSE 'placed' END ORDER BY 1, r.order_id
        """,
    ),
    no_row(
        "Whoever helped with an order that is being settled has a reward for it, earned or not.",
        """
        SELECT a.deal_id, format('order %s was helped by shopper %s, and nothing comes of it', a.order_id,
            a.helper_id) AS words
        FROM attributions a JOIN settlements s ON s.order_id = a.order_id
        LEFT JOIN rewards r ON (r.order_id, r.helper_id) = (a.order_id, a.helper_id)
        WHERE r.order_id IS NULL ORDER BY 1, a.order_id
        """,
    ),
]
