"""Which deals this process sells: a pipeline for each, true to the books whatever others have done to them."""

import asyncio
from collections.abc import Coroutine
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncEngine

from app.platform.clock import Clock
from app.platform.ending import end_tasks
from app.sales import measures
from app.sales.gate import Gate
from app.sales.ledger import Ledger
from app.sales.offers import Offer, read_offer
from app.sales.order import Wish
from app.sales.pipeline import Pipeline
from app.sales.recount import NotOnOffer, Opened, recount
from app.sales.sale import STRANDED_SECONDS, Sale
from app.sales.sold_out import SoldOutDeals
from app.sales.verdict import Verdict


class OnSale:
    """The deals that this process sells, and those of which it knows that nothing is left.

    `changed` is set whenever something is sold here, `exhausted` when nothing is left of a deal or it has ended.
    """

    def __init__(self, engine: AsyncEngine, gate: Gate, ledger: Ledger, clock: Clock) -> None:
        self.changed, self.exhausted = asyncio.Event(), asyncio.Event()
        self.live_deal_id: int | None = None  # as `follow` was told last
        self._engine, self._gate, self._ledger, self._clock = engine, gate, ledger, clock
        self._pipelines: dict[int, Pipeline] = {}
        self._sold_out = SoldOutDeals(engine)
        self._looks: dict[int, asyncio.Task[Pipeline | Offer | None]] = {}  # under way, by deal
        # By deal: epoch, sold and left, and since when.
        self._unsettled: dict[int, tuple[object, datetime]] = {}

    def pipeline_of(self, deal_id: int) -> Pipeline | None:
        """What sells a deal here, finished or not; None where nothing does, or not yet."""
        return self._pipelines.get(deal_id)

    def answer(self, wish: Wish) -> Verdict | None:
        """What can be said at once, of a deal of which nothing is left; None where somebody has to be asked."""
        return self._sold_out.answer(wish)

    async def look_up(self, deal_id: int) -> Pipeline | Offer | None:
        """The pipeline of an open deal; the offer of one that is not; None where there never was an offer."""
        known = self._pipelines.get(deal_id)
        if known is not None and known.sale.finished is None:
            return known
        look = self._looks.get(deal_id)
        if look is None:  # all who ask meanwhile wait for the same look
            look = self._looks[deal_id] = asyncio.create_task(self._look(deal_id))
            look.add_done_callback(lambda _: self._looks.pop(deal_id, None))
        return await asyncio.shield(look)

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
        await end_tasks([*self._looks.values()])
        for pipeline in [*self._pipelines.values()]:
            await pipeline.sale.stop()

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
            sale = Sale(offer, self._ledger, self._recount, self._tell)
            current = Pipeline(sale, self._gate, self._ledger, self._clock)
            self._pipelines[deal_id] = current  # a finished one ends by itself, with its last commit
        return current

    async def _look_after(self, deal_id: int) -> None:
        pipeline = await self.look_up(deal_id)
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

    def _tell(self, left: int) -> None:
        self.changed.set()
        if left == 0:
            self.exhausted.set()

    def _recount(self, deal_id: int, epoch: int) -> Coroutine[Any, Any, Opened | NotOnOffer]:
        return recount(self._engine, self._gate, deal_id, epoch)
