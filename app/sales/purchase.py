"""The story of a purchase, as this process tells it: ask the gate, make it durable, answer."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncEngine

from app.platform.clock import Clock
from app.platform.ending import end_tasks
from app.sales import measures
from app.sales.friends_price import among_friends, friendship_counts
from app.sales.gate import Gate
from app.sales.ledger import Ledger
from app.sales.line.taking import settle_by_offer
from app.sales.offers import Offer, read_offer
from app.sales.on_sale import OnSale
from app.sales.order import Terms, Wish, discount_for
from app.sales.patience import Patience
from app.sales.pipeline import Pipeline
from app.sales.refused import RefusedAttempts
from app.sales.under_way import Purchase, Stage, closed_verdict, judge, outcome_of
from app.sales.verdict import (
    CouponNotUsable,
    GateClosed,
    KeyReused,
    NoSuchDeal,
    QuantityOutOfRange,
    Verdict,
)
from app.sharing import quote

Result = TypeVar("Result")

MOST_LOOKING = 500  # purchases at the same time of deals that this process does not sell
MOST_PRICING = 500  # and of those it does, with a coupon or a friend's price that has to be looked up
PATIENCE_SECONDS = 8.0  # how long a request waits for its outcome
RUSH_SECONDS = 1.0  # after a purchase, in which the next is to be expected


class Checkout:
    """Buying, for one process. Inventory opens and closes the offers; whoever wants a unit calls `purchase`.

    `changed` is set whenever this process sold something, `exhausted` when nothing is left of a deal or it has ended;
    whoever waits for them clears them.
    """

    def __init__(self, engine: AsyncEngine, redis: Redis, clock: Clock) -> None:
        self.ledger = Ledger(engine)
        self.refused = RefusedAttempts(engine)
        self._engine, self._clock = engine, clock
        self._gate = Gate(redis)
        self._on_sale = OnSale(engine, self._gate, self.ledger, clock)
        self.changed, self.exhausted = self._on_sale.changed, self._on_sale.exhausted
        self._patience = Patience(PATIENCE_SECONDS)
        self._under_way: dict[tuple[int, str], Purchase] = {}
        self._tasks: set[asyncio.Task[Any]] = set()
        self._looking: set[asyncio.Task[Any]] = set()  # those of them that look for a deal
        self._pricing: set[asyncio.Task[Any]] = set()  # and those that look what it costs this shopper

    async def purchase(self, wish: Wish, *, patience: float = PATIENCE_SECONDS) -> Verdict:
        """Buy what is wished for. Returns only what is true: a `Bought` order is durable. Waits `patience` seconds.

        The same wish again gives the same order, also while the first is under way.
        """
        found = self.begin(wish, patience=patience)
        if not isinstance(found, asyncio.Future):
            return found
        try:
            return await found
        except asyncio.CancelledError:
            self._leave(wish, found)  # nobody settles what was cut off
            raise

    def begin(self, wish: Wish, *, patience: float = PATIENCE_SECONDS) -> "Verdict | asyncio.Future[Verdict]":
        """The same for whoever has no task to wait in: the verdict, or where it will be known."""
        name = (wish.shopper_id, wish.key)
        earlier = self._under_way.get(name)
        if earlier is not None:
            return self._join(earlier, wish, patience)
        verdict = self._on_sale.answer(wish) if wish.line_offer is None else None
        if verdict is not None:
            self._say(wish, verdict)
            return verdict
        loop = asyncio.get_running_loop()
        purchase = self._under_way[name] = Purchase(wish, loop.create_future(), self._over)
        if patience == self._patience.seconds:
            self._patience.watch(purchase)
        else:
            loop.call_later(patience, purchase.time_is_up)
        self._begin(purchase)
        return purchase.outcome

    def _over(self, purchase: Purchase) -> None:
        self._leave(purchase.wish, purchase.outcome)
        if purchase.outcome.exception() is None:
            self._say(purchase.wish, purchase.outcome.result())

    def _leave(self, wish: Wish, outcome: "asyncio.Future[Verdict]") -> None:
        name = (wish.shopper_id, wish.key)
        purchase = self._under_way.get(name)
        if purchase is not None and purchase.outcome is outcome:
            del self._under_way[name]

    def _say(self, wish: Wish, verdict: Verdict) -> None:
        measures.settled(verdict)
        self.refused.settled(wish.deal_id, verdict)

    def _join(self, earlier: Purchase, wish: Wish, patience: float) -> "Verdict | asyncio.Future[Verdict]":
        """Wait for the purchase that is under way under the same key."""
        if earlier.wish.body_hash != wish.body_hash:
            return KeyReused()
        return self._aside(outcome_of(earlier, patience))

    def _aside(self, work: Coroutine[Any, Any, Result]) -> "asyncio.Task[Result]":
        """Run something that no request waits in; the loop itself does not hold a task."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def _begin(self, purchase: Purchase) -> None:
        """Hand it to its deal's pipeline at once, where nothing has to be looked up first."""
        wish = purchase.wish
        pipeline = self._on_sale.pipeline_of(wish.deal_id)
        if pipeline is not None and wish.line_offer is None and _takes(pipeline, wish):
            if wish.coupon is None and not friendship_counts(pipeline.sale.terms, wish):
                if wish.referral is not None:
                    purchase.discount = discount_for(pipeline.sale.terms, wish)
                pipeline.sale.submit(purchase)
            else:
                self._begin_aside(self._begin_with_a_look, purchase, self._pricing, MOST_PRICING)
        else:
            begin = self._begin_with_a_look if wish.line_offer is None else self._take_line_offer
            self._begin_aside(begin, purchase, self._looking, MOST_LOOKING)

    def _begin_aside(
        self,
        begin: Callable[[Purchase], Coroutine[Any, Any, None]],
        purchase: Purchase,
        others: set[asyncio.Task[Any]],
        most: int,
    ) -> None:
        """Something has to be read first. Where many do the same already, a crowd must not take all else away."""
        if len(others) >= most:
            purchase.settle(GateClosed())
            return
        look = self._aside(begin(purchase))
        others.add(look)
        look.add_done_callback(others.discard)

    async def _begin_with_a_look(self, purchase: Purchase) -> None:
        """Read what has to be read, then hand it on; or say why that cannot be."""
        try:
            wish = purchase.wish
            pipeline = await self._on_sale.look_up(wish.deal_id)
            if purchase.outcome.done():
                return  # its time was up
            if (
                isinstance(pipeline, Pipeline)
                and _takes(pipeline, wish)
                and await self._price(pipeline.sale.terms, purchase)
            ):
                pipeline.sale.submit(purchase)
                return
            standing = await self.ledger.find(wish.shopper_id, wish.key)
            purchase.settle(_refusal(pipeline, wish) if standing is None else judge(purchase, standing))
        except Exception as error:  # noqa: BLE001 - whoever waits has to hear of it, whatever it is
            purchase.fail(error)

    async def _take_line_offer(self, purchase: Purchase) -> None:
        """Buy what the deal's line was offered: without a gate, and whatever this process thinks is left."""
        try:
            wish = purchase.wish
            offer = await read_offer(self._engine, wish.deal_id)
            if offer is not None and not await self._price(offer.terms, purchase):
                purchase.settle(judge(purchase, await self.ledger.find(wish.shopper_id, wish.key)))
                return
            purchase.stage = Stage.IN_HAND
            await settle_by_offer(self._engine, self._clock, purchase)
            self.changed.set()
        except Exception as error:  # noqa: BLE001 - as above
            purchase.fail(error)

    async def _price(self, terms: Terms, purchase: Purchase) -> bool:
        """Put the discount on; False where the coupon is not to be used."""
        if friendship_counts(terms, purchase.wish):
            purchase.wish = await among_friends(self._engine, purchase.wish)
        wish = purchase.wish
        if wish.coupon is None:
            purchase.discount = discount_for(terms, wish)
            return True
        goods, now = terms.unit_price * wish.quantity, self._clock.now()
        asked = (wish.coupon, wish.shopper_id)
        found = await quote(self._engine, *asked, goods=goods, currency=terms.currency, now=now)
        purchase.discount = 0 if found is None else discount_for(terms, wish, coupon=found.amount)
        return found is not None

    async def follow(self, deal_id: int | None) -> None:
        """This is the live deal: see to it that its gate is open and true. Harmless at any time, however often.

        Units that are neither sold nor given out any more belong to a process that died: they come back by a recount.
        """
        await self._on_sale.follow(deal_id)

    async def is_ready(self) -> bool:
        """Whether the live deal, where there is one, can be bought. Raises what the servers raise."""
        return await self._on_sale.is_ready()

    @property
    def live_deal_id(self) -> int | None:
        """As `follow` was told last."""
        return self._on_sale.live_deal_id

    def terms_of(self, deal_id: int) -> Terms | None:
        """What this process sells a deal on; None where it does not, or not yet."""
        pipeline = self._on_sale.pipeline_of(deal_id)
        return None if pipeline is None else pipeline.sale.terms

    @property
    def waiting(self) -> int:
        """Purchases whose outcome is not known yet."""
        return len(self._under_way)

    @property
    def is_rush(self) -> bool:
        """Whether somebody asked to buy within the last second: what can wait should."""
        return not self._patience.has_been_quiet(RUSH_SECONDS)

    async def stop(self) -> None:
        """End this process's part in every sale."""
        await end_tasks([*self._tasks])
        await self._on_sale.stop()
        await self.ledger.close()
        await self.refused.stop()


def _takes(pipeline: Pipeline, wish: Wish) -> bool:
    return pipeline.sale.finished is None and wish.quantity <= pipeline.sale.terms.limit


def _refusal(found: Pipeline | Offer | None, wish: Wish) -> Verdict:
    """Why a wish that no order stands for does not reach the gate."""
    match found:
        case None:
            return NoSuchDeal()
        case Offer():
            return closed_verdict(found)
    return CouponNotUsable() if _takes(found, wish) else QuantityOutOfRange(found.sale.terms.limit)
