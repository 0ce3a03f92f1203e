"""What the line promises, each as a query for what breaks it."""

from app.platform.proof import no_row

PROMISES = [
    no_row(
        "Of no deal more is sold and kept for its line than there was.",
        """
        SELECT deal_id, format('%s are sold and %s are kept, of %s', sold, kept, quantity) AS words
        FROM offers JOIN (
            SELECT deal_id, count(*) AS kept FROM line_offers WHERE state = 'open' GROUP BY 1
        ) l USING (deal_id)
        WHERE sold + kept > quantity ORDER BY 1
        """,
    ),
    no_row(
        "Nothing is kept for the line while a deal is on sale, or after it was withdrawn.",
        """
        SELECT l.deal_id, format('offer %s to shopper %s is open', l.id, l.shopper_id) AS words
        FROM line_offers l LEFT JOIN offers o ON o.deal_id = l.deal_id AND o.closed_at IS NOT NULL
        LEFT JOIN closed_lines c ON c.deal_id = l.deal_id
        WHERE l.state = 'open' AND (o.deal_id IS NULL OR c.deal_id IS NOT NULL) ORDER BY 1, l.id
        """,
    ),
    no_row(
        "Nobody stands twice in a deal's line, or holds two open offers of it.",
        """
        SELECT deal_id,
            format('shopper %s has %s places and %s open offers', shopper_id, sum(places), sum(kept)) AS words
        FROM (
            SELECT deal_id, shopper_id, 1 AS places, 0 AS kept FROM line_places WHERE state IN ('waiting', 'offered')
            UNION ALL SELECT deal_id, shopper_id, 0, 1 FROM line_offers WHERE state = 'open'
        ) found
        GROUP BY deal_id, shopper_id HAVING sum(places) > 1 OR sum(kept) > 1 ORDER BY 1, shopper_id
        """,
    ),
    no_row(
        "Every offer was made to a place in its deal's line, and both say the same of how it ended.",
        """
        SELECT coalesce(l.deal_id, p.deal_id) AS deal_id,
            format('offer %s to shopper %s is %s, place %s of shopper %s is %s',
                l.id, l.shopper_id, l.state, p.id, p.shopper_id, p.state) AS words
        FROM line_offers l FULL JOIN (
            SELECT * FROM line_places WHERE state IN ('offered', 'served', 'missed')
                OR id IN (SELECT place_id FROM line_offers)
        ) p ON p.id = l.place_id
        WHERE (p.deal_id, p.shopper_id) IS DISTINCT FROM (l.deal_id, l.shopper_id)
            OR p.state IS DISTINCT FROM CASE l.state
                WHEN 'open' THEN 'offered' WHEN 'taken' THEN 'served' WHEN 'expired' THEN 'missed'
                WHEN 'given-up' THEN 'left' ELSE 'over' END
        ORDER BY 1, l.id
        """,
    ),
    no_row(
        "An offer that was taken is one order of one unit, of its shopper and its deal.",
        """
        SELECT l.deal_id, format('offer %s was taken by shopper %s with order %s: %s of shopper %s, of deal %s',
            l.id, l.shopper_id, l.order_id, o.quantity, o.shopper_id, o.deal_id) AS words
        FROM line_offers l LEFT JOIN orders o ON o.id = l.order_id
        WHERE l.state = 'taken' AND (o.deal_id, o.shopper_id, o.quantity)
            IS DISTINCT FROM (l.deal_id, l.shopper_id, 1) ORDER BY 1, l.id
        """,
    ),
]
