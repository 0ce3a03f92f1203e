"""What the show promises of stalls and pots: none is forgotten, and none is won that was not promised."""

from app.platform.proof import no_row

PROMISES = [
    no_row(
        "A deal that holds up the show is live, and its stall lasts; no other does.",
        """
        SELECT coalesce(d.id, s.deal_id) AS deal_id, format('is %s, holds up the show since %s, and its stall %s',
            d.state, coalesce(d.stalled_since::text, 'never'), coalesce('lasts since ' || s.since, 'is over')) AS words
        FROM deals d FULL JOIN (SELECT * FROM stalls WHERE until IS NULL) s ON s.deal_id = d.id
        WHERE (d.state = 'live' AND d.stalled_since IS NOT NULL) <> (s.deal_id IS NOT NULL) ORDER BY 1
        """,
    ),
    no_row(
        "A pot is won as it was promised, and where everything was sold in time.",
        """
        SELECT p.deal_id, format('its pot of %s was won; promised were %s until %s, by when %s of %s were sold',
            p.amount, coalesce(d.pot, 0), coalesce(d.pot_until::text, 'never'), sold.units, d.quantity) AS words
        FROM pots p LEFT JOIN deals d ON d.id = p.deal_id
        CROSS JOIN LATERAL (
            SELECT coalesce(sum(o.quantity), 0) AS units FROM orders o
            WHERE o.deal_id = p.deal_id AND o.placed_at < d.pot_until
        ) sold
        WHERE (d.pot, d.currency) IS DISTINCT FROM (p.amount, p.currency) OR sold.units < d.quantity ORDER BY 1
        """,
    ),
    no_row(
        "A pot that the crowd has won is theirs.",
        """
        -- who stood in line buys after the end
        SELECT d.id AS deal_id, format('was sold out before %s, and its pot of %s is nobody''s', d.pot_until, d.pot)
            AS words
        FROM deals d
        WHERE d.end_reason = 'sold-out' AND d.pot IS NOT NULL AND d.pot_until IS NOT NULL
            AND NOT EXISTS (SELECT FROM pots p WHERE p.deal_id = d.id)
            AND NOT EXISTS (
                SELECT FROM orders o
                WHERE o.deal_id = d.id AND o.placed_at BETWEEN d.pot_until AND d.ended_at
            ) ORDER BY 1
        """,
    ),
]
