"""What the show promises of its books: one deal at a time, in turn, and nothing live that is not on offer."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.inventory import stall_audit
from app.inventory.tables import deals
from app.platform.proof import Breach, Examined, Promise, no_row, prove
from app.sales import read_offers


async def _unlike_the_offers(connection: AsyncConnection) -> list[Breach]:
    """Deals that the desk and the till see differently."""
    on_offer = {offer.terms.deal_id: offer for offer in await read_offers(connection)}
    had_a_turn = select(deals).where(deals.c.turn.is_not(None)).order_by(deals.c.turn)
    breaches = []
    for deal in await connection.execute(had_a_turn):
        offer = on_offer.pop(deal.id, None)
        if offer is None:
            breaches.append(Breach(deal.id, f"is {deal.state}, but was never put on offer"))
        elif (deal.state == "live") != (offer.closed_at is None):
            offered = "open" if offer.closed_at is None else "closed"
            breaches.append(Breach(deal.id, f"is {deal.state}, but its offer is {offered}"))
        elif (deal.price, deal.quantity) != (offer.terms.unit_price, offer.terms.quantity):
            breaches.append(Breach(deal.id, "has another price or quantity than its offer"))
    return breaches + [Breach(deal_id, "is on offer, but never had a turn") for deal_id in on_offer]


PROMISES = [
    no_row(
        "At most one deal is live.",
        """
        SELECT id AS deal_id, 'is live together with another' AS words FROM deals
        WHERE state = 'live' AND (SELECT count(*) FROM deals WHERE state = 'live') > 1 ORDER BY 1
        """,
    ),
    no_row(
        "One deal is live while the show runs and another is due.",
        """
        SELECT id AS deal_id, 'waits, and nothing is live' AS words FROM deals, shows
        WHERE started AND NOT paused AND state = 'queued' AND (not_before IS NULL OR not_before <= now())
            AND NOT EXISTS (SELECT FROM deals WHERE state = 'live') ORDER BY position, id LIMIT 1
        """,
        at_rest=True,
    ),
    no_row(
        "Turns are given from 1 on, none left out, none twice.",
        """
        SELECT NULL::bigint AS deal_id, format('%s deals have %s turns from %s to %s; the show counts %s',
            count(turn), count(DISTINCT turn), coalesce(min(turn), 0), coalesce(max(turn), 0),
            coalesce((SELECT max(turns) FROM shows), 0)) AS words FROM deals
        HAVING coalesce(min(turn), 1) <> 1 OR coalesce(max(turn), 0) <> count(turn)
            OR count(DISTINCT turn) <> count(turn)
            OR coalesce(max(turn), 0) <> coalesce((SELECT max(turns) FROM shows), 0)
        """,
    ),
    no_row(
        "A deal has had a turn when it is live or over, and only then.",
        """
        SELECT id AS deal_id, format('is %s, and its turn is %s', state, coalesce(turn::text, 'none')) AS words
        FROM deals WHERE (state IN ('live', 'ended')) <> (turn IS NOT NULL) ORDER BY 1
        """,
    ),
    no_row(
        "Each deal begins when the one before it is over.",
        """
        -- a second, because the clocks of several machines differ
        SELECT id AS deal_id, format('began before deal %s was over', before) AS words FROM (
            SELECT id, started_at, lag(id) OVER w AS before, lag(ended_at) OVER w AS over, lag(state) OVER w AS state
            FROM deals WHERE turn IS NOT NULL WINDOW w AS (ORDER BY turn)
        ) in_turn WHERE before IS NOT NULL AND (state = 'live' OR started_at < over - interval '1 second') ORDER BY 1
        """,
    ),
    no_row(
        "A live deal ends when the show's mode has it end.",
        """
        -- two days and some hours: a clock that went back over midnight leaves a deal until the midnight after
        SELECT id AS deal_id, format('is live in a %s show%s, and its end is %s',
            shows.mode, CASE WHEN paused THEN ' that is paused' ELSE '' END, coalesce(ends_at::text, 'none')) AS words
        FROM deals, shows WHERE state = 'live' AND CASE
            WHEN shows.mode = 'daily' THEN ends_at IS NULL OR ends_at - now() > interval '52 hours'
            WHEN paused THEN ends_at IS NOT NULL
            ELSE (ends_at IS NULL) <> (max_minutes IS NULL) END ORDER BY 1
        """,
        at_rest=True,
    ),
    no_row(
        "A deal whose time is up does not stay on stage while the show runs.",
        """
        SELECT id AS deal_id, format('should have ended at %s', ends_at) AS words FROM deals, shows
        WHERE started AND NOT paused AND state = 'live' AND ends_at <= now() ORDER BY 1
        """,
        at_rest=True,
    ),
    no_row(
        "Nothing is live when the show is stopped.",
        """
        SELECT id AS deal_id, 'is live, and the show is stopped' AS words FROM deals, shows
        WHERE state = 'live' AND NOT started ORDER BY 1
        """,
    ),
    Promise("A live deal is on offer as it was queued, and no other is.", _unlike_the_offers),
]


async def audit_show(engine: AsyncEngine) -> list[Examined]:
    """Prove the queue and the show. Raises what PostgreSQL raises."""
    return await prove(engine, [*PROMISES, *stall_audit.PROMISES])
