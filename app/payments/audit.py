"""What payments promise of their books, and that the provider says the same."""

from datetime import datetime, timedelta

from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.payments.books import Sum, sums_by_reference
from app.payments.provider import Provider, ProviderAway, ProviderRefusesUs
from app.platform.proof import SETTLE_SECONDS, Breach, Examined, Promise, no_row, prove

BOOKED_WITHIN = timedelta(days=1)  # of the attempt; the provider goes by when a payment was made
LIKE_THE_PROVIDER = "The money ledger is what the provider says, payment by payment."

PROMISES = [
    no_row(
        "Of no payment more was given back than came in.",
        """
        SELECT NULL::bigint AS deal_id, format('%s of %s: %s %s came in, %s went back', reference, provider,
            came, currency, back) AS words
        FROM (
            SELECT provider, reference, currency,
                coalesce(sum(amount) FILTER (WHERE kind = 'charged'), 0) AS came,
                coalesce(sum(CASE kind WHEN 'refunded' THEN amount WHEN 'refund-failed' THEN -amount END), 0) AS back
            FROM money_moves GROUP BY provider, reference, currency
        ) payments WHERE back > came OR back < 0 ORDER BY reference
        """,
    ),
    no_row(
        "No order is charged twice, unless one of the charges was given back.",
        """
        SELECT NULL::bigint AS deal_id, format('order %s is charged %s times and keeps %s %s', order_id,
            charges, kept, currency) AS words
        FROM (
            SELECT order_id, currency, count(*) FILTER (WHERE kind = 'charged') AS charges,
                max(amount) FILTER (WHERE kind = 'charged') AS largest,
                sum(CASE kind WHEN 'refunded' THEN -amount ELSE amount END) AS kept
            FROM money_moves GROUP BY order_id, currency
        ) orders WHERE charges > 1 AND kept > largest ORDER BY order_id
        """,
        at_rest=True,
    ),
    no_row(
        "A payment is one order's, in one currency.",
        """
        SELECT NULL::bigint AS deal_id, format('%s of %s is in the books for %s orders in %s currencies', reference,
            provider, count(DISTINCT order_id), count(DISTINCT currency)) AS words
        FROM money_moves GROUP BY provider, reference
        HAVING count(DISTINCT order_id) > 1 OR count(DISTINCT currency) > 1 ORDER BY reference
        """,
    ),
    no_row(
        "A refund that failed had been made, with the same amount.",
        """
        SELECT NULL::bigint AS deal_id, format('refund %s failed with %s', name, amount) AS words
        FROM money_moves failed WHERE kind = 'refund-failed' AND NOT EXISTS (
            SELECT FROM money_moves made WHERE (made.provider, made.name, made.amount, made.reference, made.kind)
                = (failed.provider, failed.name, failed.amount, failed.reference, 'refunded')
        ) ORDER BY name
        """,
    ),
    no_row(
        "Of a shopper's cards one is charged.",
        """
        SELECT NULL::bigint AS deal_id, format('shopper %s has %s cards, none of which is charged', shopper_id,
            count(*)) AS words
        FROM payment_cards GROUP BY shopper_id, provider HAVING NOT bool_or(is_default) ORDER BY shopper_id
        """,
    ),
]


async def audit_payments(
    engine: AsyncEngine, provider: Provider, since: datetime, *, patience: float = SETTLE_SECONDS
) -> list[Examined]:
    """Prove the books; against the provider, what was charged since then. Raises what PostgreSQL raises."""
    unseen = ""

    async def look(connection: AsyncConnection) -> list[Breach]:
        nonlocal unseen
        try:
            return await unlike_the_provider(connection, provider, since)
        except (ProviderAway, ProviderRefusesUs) as error:
            unseen = f"not seen: {error}"
            return []

    examined = await prove(
        engine, [*PROMISES, Promise(LIKE_THE_PROVIDER, look, at_rest=True)], patience=patience
    )
    return [*examined[:-1], replace(examined[-1], note=unseen)]


async def unlike_the_provider(
    connection: AsyncConnection, provider: Provider, since: datetime
) -> list[Breach]:
    """Payments for which the books and the provider name different sums."""
    booked = await sums_by_reference(connection, provider.name, since)
    unseen = set(await sums_by_reference(connection, provider.name, since + BOOKED_WITHIN))
    breaches = []
    async for standing in provider.statement(since):
        unseen.discard(standing.reference)
        theirs, ours = Sum(standing.paid, standing.refunded), booked.get(standing.reference)
        if ours != theirs:
            breaches.append(
                Breach(None, f"{standing.reference}: {_words(ours)} here, {_words(theirs)} there")
            )
    return breaches + [
        Breach(None, f"{reference}: {_words(booked[reference])} here, unknown there")
        for reference in sorted(unseen)
    ]


def _words(found: Sum | None) -> str:
    return "nothing" if found is None else f"{found.charged} in and {found.refunded} back"
