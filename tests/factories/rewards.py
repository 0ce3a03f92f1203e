"""Orders that were helped, in books without sales: what settling would tell, told by hand."""

from datetime import datetime
from itertools import count

from msgspec import Struct, field
from redis.asyncio import Redis
from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncEngine

from app.platform.proof import examine
from app.sharing import (
    Evidence,
    Rewarding,
    RewardTerms,
    order_is_over,
    order_is_paid,
    orders_begun,
    set_terms,
)
from app.sharing.audit import PROMISES
from app.sharing.reward_tables import rewards
from app.sharing.tables import attributions, coupons
from app.stream import Stream
from tests.factories.audit import broken
from tests.factories.identity import MovableClock

DEAL = 37
TERMS = RewardTerms("USD", 250)
DAY = 24 * 3600.0
_orders = count(1)


class Standing(Struct, frozen=True):
    """A reward and its coupon as they stand."""

    verdict: str
    why: str
    amount: int
    coupon: str | None
    state: str | None
    expires_at: datetime | None


class Crowd(Struct):
    """A deal with helpers, in a test's hands."""

    engine: AsyncEngine
    redis: Redis
    clock: MovableClock
    evidence: Evidence = field(default_factory=Evidence)
    stands: tuple[int, int] = (1, 1)  # units of each deal that stand, of how many

    async def terms(self, terms: RewardTerms = TERMS, deal: int = DEAL) -> None:
        """From now on help brings that."""
        async with self.engine.begin() as connection:
            await set_terms(connection, deal, terms, self.clock.now())

    async def help(
        self,
        helper: int,
        buyer: int,
        units: int = 1,
        *,
        deal: int = DEAL,
        link: str = "b3a",
        own_browser: bool = False,
    ) -> str:
        """An order that `helper` brought is placed, and begun to be settled; its id."""
        order_id = f"order-{next(_orders):06}"
        row = {"order_id": order_id, "deal_id": deal, "helper_id": helper, "link": link, "units": units}
        now = self.clock.now()
        async with self.engine.begin() as connection:
            await connection.execute(
                insert(attributions).values(**row, created_at=now, own_browser=own_browser)
            )
            await orders_begun(connection, [order_id, "nobody helped"], [buyer, buyer], now)
        return order_id

    async def paid(self, *order_ids: str) -> None:
        """They are."""
        async with self.engine.begin() as connection:
            for order_id in order_ids:
                await order_is_paid(connection, order_id, self.clock.now())

    async def over(self, *order_ids: str) -> None:
        """They are cancelled, or refunded."""
        async with self.engine.begin() as connection:
            for order_id in order_ids:
                await order_is_over(connection, order_id, self.clock.now())

    def process(self) -> Rewarding:
        """One that rewards."""
        stream = Stream(self.engine, self.redis, self.redis, self.clock)
        return Rewarding(self.engine, self.evidence, self._standing_units, stream, self.clock)

    async def _standing_units(self, *_: object) -> tuple[int, int]:
        return self.stands

    async def round(self) -> int:
        """All that is due by now."""
        return await self.process().round()

    async def standing(self, order_id: str) -> Standing:
        """How an order's reward is."""
        query = (
            select(
                rewards.c.verdict,
                rewards.c.why,
                rewards.c.amount,
                rewards.c.coupon,
                coupons.c.state,
                coupons.c.expires_at,
            )
            .outerjoin(coupons, coupons.c.code == rewards.c.coupon)
            .where(rewards.c.order_id == order_id)
        )
        async with self.engine.connect() as connection:
            return Standing(*(await connection.execute(query)).one())

    async def coupon(self, order_id: str) -> tuple[str | None, int]:
        """The state of an order's reward's coupon, and what the reward is worth."""
        found = await self.standing(order_id)
        return found.state, found.amount

    async def assert_the_books_are_right(self) -> None:
        """What sharing promises."""
        async with self.engine.connect() as connection:
            assert broken(await examine(connection, PROMISES)) == {}
