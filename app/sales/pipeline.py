"""One open deal's way through gate and ledger, in this process: two tasks that work in groups.

The reserver puts everything that waits through the gate in one call; the writer makes everything that was admitted
durable in one commit. While a call or a commit is under way the next group gathers, so groups grow with the load.
The tasks own the work, not the requests: a client that hangs up changes nothing.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import Enum, auto

from sqlalchemy.exc import SQLAlchemyError

from app.platform.clock import Clock
from app.platform.logging import get_logger
from app.sales.gate import Admission, Gate, GateLostError
from app.sales.ledger import Entry, FencedError, Ledger, LedgerUnknownError, PoisonedError, Recorded, Standing
from app.sales.offers import Offer
from app.sales.order import Wish, new_order_id
from app.sales.recount import NotOnOffer, Opened
from app.sales.verdict import (
    Bought,
    DealOver,
    GateClosed,
    KeyReused,
    LimitReached,
    SoldOut,
    Verdict,
)

log = get_logger(__name__)

GROUP = 500  # purchases in one gate call; Lua's unpack takes no more than a few thousand
PAUSE_SECONDS = 0.02  # before the next try after a fault, doubled up to:
LONGEST_PAUSE_SECONDS = 1.0


class Stage(Enum):
    """How far a purchase has come; decides what can be said when its time is up."""

    WAITING = auto()  # nobody has asked the gate: it can still be withdrawn
    IN_HAND = auto()  # it may become an order at any moment
    WITHDRAWN = auto()


@dataclass(eq=False, slots=True)
class Purchase:
    """A wish on its way, and where its outcome will be known."""

    wish: Wish
    outcome: "asyncio.Future[Verdict]"
    order_id: str = field(default_factory=new_order_id)
    stage: Stage = Stage.WAITING

    def settle(self, verdict: Verdict) -> None:
        """Say what became of it, once."""
        if not self.outcome.done():
            self.outcome.set_result(verdict)

    def fail(self, error: Exception) -> None:
        """Say that nothing can become of it."""
        if not self.outcome.done():
            self.outcome.set_exception(error)


class Pipeline:
    """Sells one offer until it is closed. `changed` is called with the units left after every commit."""

    def __init__(
        self,
        offer: Offer,
        gate: Gate,
        ledger: Ledger,
        recover: Callable[[int, int], "asyncio.Future[Opened | NotOnOffer]"],
        clock: Clock,
        changed: Callable[[int], None],
    ) -> None:
        self.terms = offer.terms
        self.epoch = offer.epoch
        self.finished: Verdict | None = None  # once the deal is over or paused: what to say to everyone
        self._gate, self._ledger, self._recover_gate = gate, ledger, recover
        self._clock, self._changed = clock, changed
        self._waiting: deque[Purchase] = deque()
        self._admitted: deque[tuple[int, list[Purchase]]] = deque()
        self._someone_waits, self._someone_is_admitted = asyncio.Event(), asyncio.Event()
        self._recovering = asyncio.Lock()
        self._tasks = [asyncio.create_task(self._reserve()), asyncio.create_task(self._write())]

    def submit(self, purchase: Purchase) -> None:
        """Let it wait for the gate."""
        purchase.stage = Stage.WAITING
        self._waiting.append(purchase)
        self._someone_waits.set()

    async def recover(self, epoch: int, reason: str) -> None:
        """Have the gate of `epoch` replaced; nothing happens where that has been done already."""
        await self._recover(epoch, reason, [])

    async def stop(self) -> None:
        """End the tasks. What is under way stays unanswered: its outcome is not known."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    # The reserver ---------------------------------------------------------------------------------------------

    async def _reserve(self) -> None:
        while self.finished is None:
            await self._someone_waits.wait()
            self._someone_waits.clear()
            while group := self._next_group():
                epoch = self.epoch  # before the await: a recount may move it on meanwhile
                try:
                    answer = await self._gate.admit(
                        self.terms.deal_id, epoch, self.terms.limit, [p.wish for p in group]
                    )
                except GateLostError as error:
                    await self._recover(epoch, str(error), group)
                    continue
                self._sort(epoch, group, answer.admissions, answer.held)

    def _next_group(self) -> list[Purchase]:
        group: list[Purchase] = []
        while self.finished is None and self._waiting and len(group) < GROUP:
            purchase = self._waiting.popleft()
            if purchase.stage is Stage.WAITING:
                purchase.stage = Stage.IN_HAND
                group.append(purchase)
        return group

    def _sort(
        self, epoch: int, group: Sequence[Purchase], admissions: Sequence[Admission], held: Sequence[int]
    ) -> None:
        taken, known, holdings = [], [], iter(held)
        for purchase, admission in zip(group, admissions, strict=True):
            match admission:
                case Admission.TAKEN:
                    taken.append(purchase)
                case Admission.KEY_KNOWN:
                    known.append(purchase)
                case Admission.OVER_LIMIT:
                    purchase.settle(LimitReached(self.terms.limit, next(holdings)))
                case Admission.SOLD_OUT:
                    purchase.settle(SoldOut(self.terms.deal_id))
        if taken:
            self._admitted.append((epoch, taken))
            self._someone_is_admitted.set()
        for purchase in known:
            task = asyncio.create_task(self._await_the_other(epoch, purchase))
            self._tasks.append(task)
            task.add_done_callback(self._tasks.remove)

    async def _await_the_other(self, epoch: int, purchase: Purchase) -> None:
        """The gate knows the key, we do not: another process is recording it, or died before it could."""
        pause = PAUSE_SECONDS
        while not purchase.outcome.done():
            try:
                standing = await self._ledger.find(purchase.wish.shopper_id, purchase.wish.key)
            except (SQLAlchemyError, OSError):
                standing = None
            if standing is not None:
                purchase.settle(judge(purchase, standing))
            elif self.epoch != epoch or self.finished is not None:
                purchase.stage = Stage.WAITING
                self._put_back([purchase])  # that gate is gone, and with it what the other had in hand
                return
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)

    # The writer -----------------------------------------------------------------------------------------------

    async def _write(self) -> None:
        while self.finished is None or self._admitted:
            await self._someone_is_admitted.wait()
            self._someone_is_admitted.clear()
            while self._admitted:
                epoch, group = self._admitted.popleft()
                while self._admitted and self._admitted[0][0] == epoch:
                    group += self._admitted.popleft()[1]
                await self._record(epoch, group)

    async def _record(self, epoch: int, group: list[Purchase]) -> None:
        entries = [Entry(purchase.order_id, purchase.wish) for purchase in group]
        pause = PAUSE_SECONDS
        while True:
            try:
                recorded = await self._ledger.record(self.terms.deal_id, epoch, self._clock.now(), entries)
            except LedgerUnknownError as error:
                log.warning("a commit is in doubt, sending it again", error=str(error))
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
            except FencedError as error:
                await self._recover(epoch, str(error), group)
                return
            except PoisonedError as error:
                await self._set_apart(epoch, group, error)
                return
            else:
                await self._answer(epoch, group, recorded)
                return

    async def _answer(self, epoch: int, group: list[Purchase], recorded: Recorded) -> None:
        not_ours = []
        for purchase, standing in zip(group, recorded.standings, strict=True):
            if standing.order.id != purchase.order_id:
                not_ours.append(purchase)
            purchase.settle(judge(purchase, standing))
        self._changed(recorded.left)
        await self._give_back(epoch, not_ours)

    async def _set_apart(self, epoch: int, group: list[Purchase], error: PoisonedError) -> None:
        """Find the purchase that cannot be recorded by halving; it fails alone."""
        if len(group) > 1:
            middle = len(group) // 2
            await self._record(epoch, group[:middle])
            await self._record(epoch, group[middle:])
            return
        log.error("a purchase cannot be recorded", order_id=group[0].order_id, error=str(error))
        group[0].fail(error)
        await self._give_back(epoch, group)

    async def _give_back(self, epoch: int, group: Sequence[Purchase]) -> None:
        if not group or epoch != self.epoch:
            return  # a recount has counted those units already
        try:
            await self._gate.give_back(self.terms.deal_id, epoch, [p.wish for p in group])
        except GateLostError as error:
            await self._recover(epoch, str(error), [])

    # Recovery -------------------------------------------------------------------------------------------------

    async def _recover(self, epoch: int, reason: str, group: Sequence[Purchase]) -> None:
        """Have the gate of `epoch` replaced, adopt the new one, and only then let the group wait for it again."""
        for purchase in group:
            purchase.stage = Stage.WAITING  # it is certain that none of them is recorded
        async with self._recovering:
            if epoch == self.epoch and self.finished is None:
                log.warning("recounting", deal_id=self.terms.deal_id, epoch=epoch, reason=reason)
                await self._adopt_another(epoch)
        self._put_back(group)

    async def _adopt_another(self, epoch: int) -> None:
        pause = PAUSE_SECONDS
        while True:
            try:
                found = await self._recover_gate(self.terms.deal_id, epoch)
            except (GateLostError, SQLAlchemyError, OSError, TimeoutError) as error:
                log.warning("cannot recount yet", deal_id=self.terms.deal_id, error=repr(error))
                await asyncio.sleep(pause)
                pause = min(pause * 2, LONGEST_PAUSE_SECONDS)
                continue
            match found:
                case Opened(new_epoch):
                    self.epoch = new_epoch
                case NotOnOffer(offer):
                    self._finish(offer)
            return

    def _finish(self, offer: Offer) -> None:
        self.finished = closed_verdict(offer)
        self._put_back(())
        for event in (self._someone_waits, self._someone_is_admitted):
            event.set()  # both tasks end when they have nothing in hand
        self._changed(0)

    def _put_back(self, group: Sequence[Purchase]) -> None:
        self._waiting.extendleft(reversed(group))
        while self.finished is not None and self._waiting:
            self._waiting.popleft().settle(self.finished)
        self._someone_waits.set()


def judge(purchase: Purchase, standing: Standing) -> Verdict:
    """What the order that stands under a purchase's key means for it."""
    if standing.order.id == purchase.order_id:
        return Bought(standing.order)
    if standing.body_hash == purchase.wish.body_hash:
        return Bought(standing.order, replayed=True)
    return KeyReused()


def closed_verdict(offer: Offer) -> Verdict:
    """What to say of an offer whose gate is shut for good, or while the show is paused."""
    if offer.left == 0:
        return SoldOut(offer.terms.deal_id)
    if offer.closed_at is not None:
        return DealOver()
    return GateClosed(paused=True)
