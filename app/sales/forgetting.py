"""What people who deleted their accounts have left with others: cards, friends lists, addresses that no parcel needs.

An account is deleted in one moment, while its cards are dropped at a provider that may be away, and an address is
needed until the parcel is out. So this looks again and again for what is left; each step is safe to repeat.
"""

import asyncio
from functools import partial

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from app.payments import Payments
from app.platform.ending import end_tasks
from app.platform.failpoints import reach
from app.platform.logging import get_logger
from app.platform.rounds import go_rounds, wait_for
from app.sharing import forget_gone_friends, forget_sharers

log = get_logger(__name__)

EVERY_SECONDS = 60.0
AT_ONCE = 100  # people

LEFT_CARDS = text("""
    SELECT DISTINCT cards.shopper_id FROM payment_cards cards JOIN shoppers ON shoppers.id = cards.shopper_id
    WHERE shoppers.email IS NULL AND cards.provider = :provider LIMIT :most
""")
# Orders that nothing is sent for any more, or whose parcel is out.
FORGET_ADDRESSES = text("""
    DELETE FROM order_addresses USING orders, shoppers
    WHERE orders.id = order_addresses.order_id AND shoppers.id = orders.shopper_id
        AND shoppers.email IS NULL AND orders.status IN ('shipped', 'cancelled', 'refunded')
""")


class Forgetting:
    """Runs in every process that serves the shop."""

    def __init__(self, engine: AsyncEngine, payments: Payments) -> None:
        self._engine = engine
        self._payments = payments
        self._due = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def start(self, every: float = EVERY_SECONDS) -> None:
        """Begin."""
        self._task = asyncio.create_task(self._run(every), name="forgetting")

    async def stop(self) -> None:
        """Leave off; whoever runs next goes on."""
        if self._task is not None:
            await end_tasks([self._task])

    def wake(self) -> None:
        """Somebody has gone: look now."""
        self._due.set()

    async def round(self) -> int:
        """Forget what is left of at most a hundred people, and answer of how many. Raises ProviderAway."""
        which = {"provider": self._payments.provider.name, "most": AT_ONCE}
        async with self._engine.begin() as connection:
            await connection.execute(FORGET_ADDRESSES)
            await forget_gone_friends(connection)
            await forget_sharers(connection)
            gone = list((await connection.scalars(LEFT_CARDS, which)).all())
        for shopper_id in gone:
            await reach("before-cards-are-forgotten")
            await self._payments.cards.forget(shopper_id)
        return len(gone)

    async def _run(self, every: float) -> None:
        async def forget() -> None:
            self._due.clear()
            while await self.round():
                pass

        await go_rounds(
            forget, partial(wait_for, self._due, every), log, "what people left who have gone must wait"
        )
