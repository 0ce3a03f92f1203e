"""Past deals that were sold with help: orders in the books, and rewards as the rounds leave them."""

from collections.abc import Sequence

from sqlalchemy import update

from app.sharing import RewardTerms, order_is_paid, orders_begun
from app.sharing.tables import attributions
from tests.factories.records import past_deal
from tests.factories.rewards import TERMS, Crowd

Sold = tuple[int | None, int, int]  # helper, buyer, units


async def helped_deal(
    crowd: Crowd,
    sold: Sequence[Sold],
    *,
    terms: RewardTerms = TERMS,
    same_browser: bool = False,
    **chosen: object,
) -> list[str]:
    """A deal that is over, all of it paid; its orders' ids. With `same_browser` every reward is held."""
    bought = [(float(place), buyer, units) for place, (_, buyer, units) in enumerate(sold)]
    helpers = [helper for helper, _, _ in sold]
    quantity = sum(units for _, _, units in sold)
    given = {"quantity": quantity, "limit": 100, "status": "paid"} | chosen
    deal_id = await past_deal(crowd.engine, bought, helpers=helpers, **given)  # type: ignore[arg-type]
    ids = [f"{deal_id}-{place}" for place in range(1, len(sold) + 1)]
    await crowd.terms(terms, deal_id)
    now = crowd.clock.now()
    async with crowd.engine.begin() as connection:
        if same_browser:
            theirs = update(attributions).where(attributions.c.deal_id == deal_id)
            await connection.execute(theirs.values(own_browser=True))
        await orders_begun(connection, ids, [buyer for _, buyer, _ in sold], now)
        for order_id in ids:
            await order_is_paid(connection, order_id, now)
    await crowd.round()
    return ids
