"""What settling promises of its books: each cent of an order, and that no unit is free that may still be paid."""

from app.platform.proof import no_row

PROMISES = [
    no_row(
        "What an order says of money is what the money ledger has, to the last cent.",
        """
        SELECT o.deal_id, format('order %s is %s for %s %s: %s came in, %s went back',
            o.id, o.status, o.total, o.currency, coalesce(b.charged, 0), coalesce(b.back, 0)) AS words
        FROM orders o LEFT JOIN (
            SELECT order_id, currency, sum(amount) FILTER (WHERE kind = 'charged') AS charged,
                coalesce(sum(CASE kind WHEN 'refunded' THEN amount WHEN 'refund-failed' THEN -amount END), 0) AS back
            FROM money_moves GROUP BY order_id, currency
        ) b ON b.order_id = o.id AND b.currency = o.currency
        WHERE CASE
            WHEN o.status IN ('paid', 'shipped') THEN coalesce(b.charged, 0) <> o.total
                OR (b.back >= b.charged AND NOT EXISTS (
                    SELECT FROM settlements s WHERE s.order_id = o.id AND s.ending <> ''))
            WHEN o.status = 'refunded' THEN coalesce(b.charged, 0) <> o.total OR b.back <> b.charged
            WHEN o.status = 'cancelled' THEN coalesce(b.charged, 0) <> coalesce(b.back, 0)
                OR coalesce(b.charged, 0) NOT IN (0, o.total)
            ELSE coalesce(b.charged, 0) <> 0
        END ORDER BY 1, o.place
        """,
    ),
    no_row(
        "The money ledger is about orders that there are, in their own currency.",
        """
        SELECT o.deal_id, format('%s %s is in the books for order %s', m.amount, m.currency, m.order_id) AS words
        FROM money_moves m LEFT JOIN orders o ON o.id = m.order_id
        WHERE o.id IS NULL OR o.currency <> m.currency ORDER BY m.id
        """,
    ),
    no_row(
        "No unit is free whose order may still be paid.",
        """
        SELECT o.deal_id, format('order %s is cancelled, and its attempt %s is not', o.id, a.number) AS words
        FROM orders o JOIN charge_attempts a ON a.order_id = o.id AND a.state = 'open'
        WHERE o.status = 'cancelled' ORDER BY 1, o.place
        """,
    ),
    no_row(
        "Whatever was paid was asked for, and is one attempt of its order.",
        """
        SELECT o.deal_id, format('order %s: %s is in the books, and paid by %s attempts', o.id, m.reference,
            count(a.number)) AS words
        FROM money_moves m JOIN orders o ON o.id = m.order_id
        LEFT JOIN charge_attempts a
            ON (a.order_id, a.reference, a.provider, a.state) = (m.order_id, m.reference, m.provider, 'paid')
        WHERE m.kind = 'charged' GROUP BY o.deal_id, o.id, m.reference HAVING count(a.number) <> 1 ORDER BY 1, 2
        """,
    ),
    no_row(
        "Every refund that was made is in the money ledger, and every one in it was asked for.",
        """
        SELECT o.deal_id, format('order %s: refund %s of %s is %s, and in the books as %s', o.id, r.name, r.amount,
            r.state, coalesce(m.amount::text, 'nothing')) AS words
        FROM (
            SELECT order_id, name, amount, state FROM refund_orders WHERE state IN ('made', 'failed')
        ) r FULL JOIN (
            SELECT order_id, name, amount FROM money_moves WHERE kind = 'refunded'
        ) m USING (order_id, name)
        LEFT JOIN orders o ON o.id = order_id
        WHERE r.amount IS DISTINCT FROM m.amount ORDER BY 1, 2
        """,
    ),
    no_row(
        "Every order is being settled, up to its deal's mark.",
        """
        SELECT o.deal_id, format('order %s, the %s. of its deal, is settled by nobody', o.id, o.place) AS words
        FROM orders o JOIN settlement_marks m ON m.deal_id = o.deal_id AND o.place <= m.place
        LEFT JOIN settlements s ON s.order_id = o.id WHERE s.order_id IS NULL ORDER BY 1, o.place
        """,
    ),
    no_row(
        "How far an order is settled is what it says of itself.",
        """
        SELECT o.deal_id, format('order %s is %s, and settled as %s', o.id, o.status, s.state) AS words
        FROM settlements s JOIN orders o ON o.id = s.order_id
        WHERE (s.state = 'cancelled') <> (o.status = 'cancelled')
            OR (s.state = 'paid') <> (o.status IN ('paid', 'shipped', 'refunded')) ORDER BY 1, o.place
        """,
    ),
    no_row(
        "What was shipped is marked so, and had somewhere to go.",
        """
        SELECT o.deal_id, format('order %s is %s', o.id, o.status) AS words
        FROM orders o LEFT JOIN shipments p ON p.order_id = o.id LEFT JOIN order_addresses a ON a.order_id = o.id
        WHERE (o.status = 'shipped' AND (p.order_id IS NULL OR a.order_id IS NULL))
            OR (p.order_id IS NOT NULL AND o.status NOT IN ('shipped', 'refunded')) ORDER BY 1, o.place
        """,
    ),
    no_row(
        "No order that something is still to become of is forgotten.",
        """
        SELECT deal_id, format('order %s is %s, and nobody will look at it', order_id, state) AS words
        FROM settlements WHERE due_at IS NULL AND (state IN ('new', 'asked', 'step', 'declined', 'cardless')
            OR ending <> '') ORDER BY 1, order_id
        """,
    ),
]
