"""The story of a purchase, as this process tells it: ask the gate, make it durable, answer."""

import asyncio
from collections.abc import Coroutine
from datetime import datetime
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
from app.sales.order import Terms, Wish, discount_for
from app.sales.patience import Patience
from app.sales.pipeline import Pipeline
from app.sales.recount import NotOnOffer, Opened, recount
from app.sales.refused import RefusedAttempts
from app.sales.sale import STRANDED_SECONDS, Sale
from app.sales.sold_out import SoldOutDeals
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
        self.changed, self.exhausted = asyncio.Event(), asyncio.Event()
        self.live_deal_id: int | None = None  # as `follow` was told last
        self._engine, self._clock = engine, clock
        self._gate = Gate(redis)
        self._pipelines: dict[int, Pipeline] = {}
        self._sold_out = SoldOutDeals(engine)
        self._patience = Patience(PATIENCE_SECONDS)
        self._under_way: dict[tuple[int, str], Purchase] = {}
        self._tasks: set[asyncio.Task[Any]] = set()
        self._looking: set[asyncio.Task[Any]] = set()  # those of them that look for a deal
        self._looks: dict[int, asyncio.Task[Pipeline | Offer | None]] = {}  # under way, by deal
        # By deal: epoch, sold and left, and since when.
        self._unsettled: dict[int, tuple[object, datetime]] = {}

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
        verdict = self._sold_out.answer(wish) if wish.line_offer is None else None
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
        pipeline = self._pipelines.get(wish.deal_id)
        if pipeline is not None and wish.line_offer is None and _takes(pipeline, wish):
            if wish.coupon is None and not friendship_counts(pipeline.sale.terms, wish):
                if wish.referral is not None:
                    purchase.discount = discount_for(pipeline.sale.terms, wish)
                pipeline.sale.submit(purchase)
            else:
                self._aside(self._begin_with_a_look(purchase))
        elif len(self._looking) < MOST_LOOKING:
            aside = self._begin_with_a_look if wish.line_offer is None else self._take_line_offer
            look = self._aside(aside(purchase))
            self._looking.add(look)
            look.add_done_callback(self._looking.discard)
        else:  # a crowd that asks for what is not on sale must not take all else away
            purchase.settle(GateClosed())

    async def _begin_with_a_look(self, purchase: Purchase) -> None:
        """Read what has to be read, then hand it on; or say why that cannot be."""
        try:
            wish = purchase.wish
            pipeline = await self._pipeline(wish.deal_id)
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
        self.live_deal_id = deal_id
        for other in self._pipelines.keys() - {deal_id}:
            await self._look_after(other)
        if deal_id is None:
            measures.live(0)
        else:
            await self._look_after(deal_id)

    async def _look_after(self, deal_id: int) -> None:
        pipeline = await self._pipeline(deal_id)
        if not isinstance(pipeline, Pipeline):
            return
        sale, offer = pipeline.sale, await read_offer(self._engine, deal_id)
        assert offer is not None, "a deal that was on offer stays in the books"
        if deal_id == self.live_deal_id:
            measures.live(offer.epoch)
        await self._remember(offer)
        left = await self._gate.left(deal_id, offer.epoch)
        if sale.epoch < offer.epoch:  # somebody else has counted, paused or closed
            await sale.recover(sale.epoch, f"epoch {offer.epoch} has begun")
            return
        seen, now = (offer.epoch, offer.sold, left), self._clock.now()
        if deal_id not in self._unsettled or self._unsettled[deal_id][0] != seen:
            self._unsettled[deal_id] = (seen, now)
        if left is None:
            await sale.recover(offer.epoch, "the gate is not open")
        elif left != offer.left and (now - self._unsettled[deal_id][1]).total_seconds() >= STRANDED_SECONDS:
            await sale.recover(offer.epoch, f"{offer.left - left} units are in nobody's hands")

    async def _remember(self, offer: Offer) -> None:
        """Whether anything is left of an offer, for those who come too late."""
        if offer.closed_at is not None or (offer.left == 0 and not offer.paused):
            await self._sold_out.learn(offer)
        else:
            self._sold_out.forget(offer.terms.deal_id)

    async def is_ready(self) -> bool:
        """Whether the live deal, where there is one, can be bought. Raises what the servers raise."""
        if self.live_deal_id is None:
            return True
        offer = await read_offer(self._engine, self.live_deal_id)
        if offer is None or offer.closed_at is not None or offer.paused:
            return True
        return await self._gate.left(self.live_deal_id, offer.epoch) is not None

    def terms_of(self, deal_id: int) -> Terms | None:
        """What this process sells a deal on; None where it does not, or not yet."""
        pipeline = self._pipelines.get(deal_id)
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
        for pipeline in [*self._pipelines.values()]:
            await pipeline.sale.stop()
        await self.ledger.close()
        await self.refused.stop()

    async def _pipeline(self, deal_id: int) -> Pipeline | Offer | None:
        """The pipeline of an open deal; the offer of one that is not; None where there never was an offer."""
        known = self._pipelines.get(deal_id)
        if known is not None and known.sale.finished is None:
            return known
        look = self._looks.get(deal_id)
        if look is None:  # all who ask meanwhile wait for the same look
            look = self._looks[deal_id] = self._aside(self._look(deal_id))
            look.add_done_callback(lambda _: self._looks.pop(deal_id, None))
        return await asyncio.shield(look)

    async def _look(self, deal_id: int) -> Pipeline | Offer | None:
        offer = await read_offer(self._engine, deal_id)
        if offer is None or offer.closed_at is not None or offer.paused:
            self._pipelines.pop(deal_id, None)
            self._unsettled.pop(deal_id, None)
            if offer is not None:
                await self._remember(offer)
            return offer
        current = self._pipelines.get(deal_id)  # another request may have made it while we read
        if current is None or current.sale.finished is not None:
            sale = Sale(offer, self.ledger, self._recount, self._tell)
            current = Pipeline(sale, self._gate, self.ledger, self._clock)
            self._pipelines[deal_id] = current  # a finished one ends by itself, with its last commit
        return current

    def _tell(self, left: int) -> None:
        self.changed.set()
        if left == 0:
            self.exhausted.set()

    def _recount(self, deal_id: int, epoch: int) -> Coroutine[Any, Any, Opened | NotOnOffer]:
        return recount(self._engine, self._gate, deal_id, epoch)


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
