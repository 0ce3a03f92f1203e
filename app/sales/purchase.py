"""The story of a purchase, as this process tells it: ask the gate, make it durable, answer."""

import asyncio
from dataclasses import replace
from datetime import datetime

from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncEngine

from app.platform.clock import Clock
from app.sales.gate import Gate
from app.sales.ledger import Ledger
from app.sales.offers import Offer, read_offer
from app.sales.order import Wish
from app.sales.pipeline import Pipeline
from app.sales.recount import NotOnOffer, Opened, recount
from app.sales.under_way import Purchase, Stage, closed_verdict, judge
from app.sales.verdict import (
    Bought,
    GateClosed,
    KeyReused,
    NoSuchDeal,
    OutcomeUnknown,
    QuantityOutOfRange,
    Verdict,
)

PATIENCE_SECONDS = 8.0  # how long a request waits for its outcome
STRANDED_SECONDS = (
    2.0  # how long units may be on their way from the gate to the ledger without anything moving
)


class Checkout:
    """Buying, for one process. Inventory opens and closes the offers; whoever wants a unit calls `purchase`.

    `changed` is set whenever this process sold something, `exhausted` when nothing is left of a deal or it has ended;
    whoever waits for them clears them.
    """

    def __init__(self, engine: AsyncEngine, redis: Redis, clock: Clock) -> None:
        self.ledger = Ledger(engine)
        self.changed, self.exhausted = asyncio.Event(), asyncio.Event()
        self.live_deal_id: int | None = None  # as `follow` was told last
        self._engine, self._clock = engine, clock
        self._gate = Gate(redis)
        self._pipelines: dict[int, Pipeline] = {}
        self._under_way: dict[tuple[int, str], Purchase] = {}
        self._unsettled: tuple[object, datetime] | None = None  # epoch, sold and left, and since when

    async def purchase(self, wish: Wish, *, patience: float = PATIENCE_SECONDS) -> Verdict:
        """Buy what is wished for. Returns only what is true: a `Bought` order is durable. Waits `patience` seconds.

        The same wish again gives the same order, also while the first is under way.
        """
        name = (wish.shopper_id, wish.key)
        purchase = self._under_way.get(name)
        if purchase is not None and purchase.wish != wish:
            return KeyReused()
        if purchase is not None:
            verdict = await self._outcome(purchase, patience)
            return replace(verdict, replayed=True) if isinstance(verdict, Bought) else verdict
        purchase = Purchase(wish, asyncio.get_running_loop().create_future())
        self._under_way[name] = purchase
        purchase.outcome.add_done_callback(lambda _: self._under_way.pop(name, None))
        refusal = await self._begin(purchase)
        if refusal is not None:
            purchase.settle(refusal)
        return await self._outcome(purchase, patience)

    async def follow(self, deal_id: int | None) -> None:
        """This is the live deal: see to it that its gate is open and true. Harmless at any time, however often.

        Units that are neither sold nor given out any more belong to a process that died: they come back by a recount.
        """
        self.live_deal_id = deal_id
        for other in self._pipelines.keys() - {deal_id}:
            await self._look_after(other)
        if deal_id is not None:
            await self._look_after(deal_id)

    async def _look_after(self, deal_id: int) -> None:
        pipeline = await self._pipeline(deal_id)
        if not isinstance(pipeline, Pipeline):
            return
        offer = await read_offer(self._engine, deal_id)
        assert offer is not None, "a deal that was on offer stays in the books"
        left = await self._gate.left(deal_id, offer.epoch)
        if pipeline.epoch < offer.epoch:  # somebody else has counted, paused or closed
            await pipeline.recover(pipeline.epoch, f"epoch {offer.epoch} has begun")
            return
        seen, now = (offer.epoch, offer.sold, left), self._clock.now()
        if self._unsettled is None or self._unsettled[0] != seen:
            self._unsettled = (seen, now)
        if left is None:
            await pipeline.recover(offer.epoch, "the gate is not open")
        elif left != offer.left and (now - self._unsettled[1]).total_seconds() >= STRANDED_SECONDS:
            await pipeline.recover(offer.epoch, f"{offer.left - left} units are in nobody's hands")

    async def is_ready(self) -> bool:
        """Whether the live deal, where there is one, can be bought. Raises what the servers raise."""
        if self.live_deal_id is None:
            return True
        offer = await read_offer(self._engine, self.live_deal_id)
        if offer is None or offer.closed_at is not None or offer.paused:
            return True
        return await self._gate.left(self.live_deal_id, offer.epoch) is not None

    async def stop(self) -> None:
        """End this process's part in every sale."""
        for pipeline in [*self._pipelines.values()]:
            await pipeline.stop()

    async def _begin(self, purchase: Purchase) -> Verdict | None:
        """Hand the purchase to its deal's pipeline; or say at once why that cannot be."""
        try:
            pipeline = await self._pipeline(purchase.wish.deal_id)
            if isinstance(pipeline, Pipeline) and purchase.wish.quantity <= pipeline.terms.limit:
                pipeline.submit(purchase)
                return None
            standing = await self.ledger.find(purchase.wish.shopper_id, purchase.wish.key)
        except BaseException:
            purchase.settle(OutcomeUnknown())  # whoever waits for the same purchase may ask again
            raise
        if standing is not None:
            return judge(purchase, standing)
        if isinstance(pipeline, Pipeline):
            return QuantityOutOfRange(pipeline.terms.limit)
        return NoSuchDeal() if pipeline is None else closed_verdict(pipeline)

    async def _outcome(self, purchase: Purchase, patience: float) -> Verdict:
        try:
            async with asyncio.timeout(patience):
                return await asyncio.shield(purchase.outcome)
        except TimeoutError:
            if purchase.outcome.done():  # in the same turn of the loop
                return purchase.outcome.result()
            if purchase.stage is not Stage.WAITING:
                return OutcomeUnknown()
            purchase.settle(GateClosed())  # withdrawn: nobody takes up what is settled
            return GateClosed()

    async def _pipeline(self, deal_id: int) -> Pipeline | Offer | None:
        """The pipeline of an open deal; the offer of one that is not; None where there never was an offer."""
        known = self._pipelines.get(deal_id)
        if known is not None and known.finished is None:
            return known
        offer = await read_offer(self._engine, deal_id)
        if offer is None or offer.closed_at is not None or offer.paused:
            self._pipelines.pop(deal_id, None)
            return offer
        current = self._pipelines.get(deal_id)  # another request may have made it while we read
        if current is None or current.finished is not None:
            current = Pipeline(offer, self._gate, self.ledger, self._recount, self._clock, self._tell)
            self._pipelines[deal_id] = (
                current  # a finished one ends by itself when its last commit is through
            )
        return current

    def _tell(self, left: int) -> None:
        self.changed.set()
        if left == 0:
            self.exhausted.set()

    def _recount(self, deal_id: int, epoch: int) -> "asyncio.Future[Opened | NotOnOffer]":
        return asyncio.ensure_future(recount(self._engine, self._gate, deal_id, epoch))
