"""One open deal's way through gate and ledger, in this process: two tasks that work in groups.

The reserver puts everything that waits through the gate in one call; the writer makes everything that was admitted
durable in one commit. While a call or a commit is under way the next group gathers, so groups grow with the load.
The tasks own the work, not the requests: a client that hangs up changes nothing.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Coroutine, Sequence
from functools import partial

from app.platform.clock import Clock
from app.platform.logging import get_logger
from app.sales.gate import Admission, Gate, GateLostError
from app.sales.ledger import (
    UNREACHABLE,
    Entry,
    FencedError,
    Ledger,
    LedgerUnknownError,
    PoisonedError,
    Recorded,
)
from app.sales.offers import Offer
from app.sales.recount import NotOnOffer, Opened
from app.sales.under_way import Purchase, Stage, closed_verdict, judge
from app.sales.verdict import GateClosed, LimitReached, OutcomeUnknown, SoldOut, Verdict

log = get_logger(__name__)

GROUP = 500  # purchases in one gate call; Lua's unpack takes no more than a few thousand
MOST_WAITING = 20_000  # purchases that may wait for a gate that is away
PAUSE_SECONDS = 0.02  # before the next try after a fault, doubled up to:
LONGEST_PAUSE_SECONDS = 1.0


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
        self._in_hand: set[Purchase] = set()
        self._admitted: deque[tuple[int, list[Purchase]]] = deque()
        self._someone_waits, self._someone_is_admitted = asyncio.Event(), asyncio.Event()
        self._recovering = asyncio.Lock()
        self._tasks: list[asyncio.Task[None]] = []
        for work in (self._reserve(), self._write()):
            self._start(work)

    def submit(self, purchase: Purchase) -> None:
        """Let it wait for the gate; or, where very many wait already, say at once that the gate is closed."""
        while self._waiting and self._waiting[0].outcome.done():
            self._waiting.popleft()  # withdrawn while the gate was away
        if len(self._waiting) >= MOST_WAITING:
            purchase.settle(GateClosed())
            return
        self._waiting.append(purchase)
        self._someone_waits.set()

    async def recover(self, epoch: int, reason: str) -> None:
        """Have the gate of `epoch` replaced; nothing happens where that has been done already."""
        await self._recover(epoch, reason, [])

    async def stop(self) -> None:
        """End the tasks. What is under way stays unanswered: its outcome is not known."""
        tasks = [*self._tasks]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

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
            if not purchase.outcome.done():  # else it was withdrawn
                purchase.stage = Stage.IN_HAND
                self._in_hand.add(purchase)
                purchase.outcome.add_done_callback(partial(self._out_of_hand, purchase))
                group.append(purchase)
        return group

    def _out_of_hand(self, purchase: Purchase, _: object) -> None:
        self._in_hand.discard(purchase)

    def _sort(
        self, epoch: int, group: Sequence[Purchase], admissions: Sequence[Admission], held: Sequence[int]
    ) -> None:
        if self.finished is not None:
            self._put_back(group)  # the gate has moved on, and the writer may have ended already
            return
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
            self._start(self._await_the_other(epoch, purchase))

    async def _await_the_other(self, epoch: int, purchase: Purchase) -> None:
        """The gate knows the key, we do not: another process is recording it, or died before it could."""
        pause = PAUSE_SECONDS
        while not purchase.outcome.done():
            try:
                standing = await self._ledger.find(purchase.wish.shopper_id, purchase.wish.key)
            except UNREACHABLE:
                standing = None
            if standing is not None:
                purchase.settle(judge(purchase, standing))
            elif self.epoch != epoch or self.finished is not None:
                self._put_back([purchase])  # that gate is gone, and with it what the other had in hand
                return
            pause = await longer(pause)

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
        in_doubt, pause = False, PAUSE_SECONDS
        while True:
            try:
                recorded = await self._ledger.record(self.terms.deal_id, epoch, self._clock.now(), entries)
            except LedgerUnknownError as error:
                log.warning("a commit is in doubt, sending it again", error=str(error))
                in_doubt = True
                pause = await longer(pause)
            except FencedError as error:
                if in_doubt:
                    await self._settle_doubts(epoch, str(error), group)
                else:
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

    async def _settle_doubts(self, epoch: int, reason: str, group: Sequence[Purchase]) -> None:
        """A commit without an answer, then the fence: once the epoch has moved on, what does not stand never will."""
        await self._recover(epoch, reason, [])
        await self._settle_what_stands(group)
        self._put_back(group)

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

    async def _recover(self, epoch: int, reason: str, group: Sequence[Purchase]) -> None:
        """Have the gate of `epoch` replaced, adopt the new one, and only then let the group wait for it again.

        The caller is certain that nothing of the group is recorded.
        """
        for purchase in group:
            purchase.stage = Stage.WAITING
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
            except (GateLostError, *UNREACHABLE) as error:
                log.warning("cannot recount yet", deal_id=self.terms.deal_id, error=repr(error))
                pause = await longer(pause)
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
        for purchase in group:
            purchase.stage = Stage.WAITING
        self._waiting.extendleft(reversed(group))
        self._someone_waits.set()
        if self.finished is not None and self._waiting:
            self._start(self._turn_away([*self._waiting], self.finished))
            self._waiting.clear()

    async def _turn_away(self, group: Sequence[Purchase], verdict: Verdict) -> None:
        """Nothing is sold any more; but an order that stands under a purchase's key stays the answer to it."""
        await self._settle_what_stands(group)
        for purchase in group:
            purchase.settle(verdict)

    async def _settle_what_stands(self, group: Sequence[Purchase]) -> None:
        pause = PAUSE_SECONDS
        while True:
            try:
                standings = await self._ledger.find_all([purchase.wish for purchase in group])
            except UNREACHABLE as error:
                log.warning("cannot read the books yet", deal_id=self.terms.deal_id, error=repr(error))
                pause = await longer(pause)
                continue
            for purchase in group:
                standing = standings.get((purchase.wish.shopper_id, purchase.wish.key))
                if standing is not None:
                    purchase.settle(judge(purchase, standing))
            return

    def _start(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.append(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: "asyncio.Task[None]") -> None:
        """A task that fails is a mistake of ours: this pipeline gives up, the next purchase gets a new one.

        What becomes of what it had in hand is not known; units that nobody has come back by a recount.
        """
        self._tasks.remove(task)
        if task.cancelled() or (error := task.exception()) is None:
            return
        log.error("a pipeline gives up", deal_id=self.terms.deal_id, exc_info=error)
        self.finished = self.finished or GateClosed()
        for event in (self._someone_waits, self._someone_is_admitted):
            event.set()
        while self._waiting:
            self._waiting.popleft().settle(GateClosed())
        for purchase in [*self._in_hand]:
            purchase.settle(OutcomeUnknown())


async def longer(pause: float) -> float:
    """Wait for `pause` seconds; answers how long to wait the next time."""
    await asyncio.sleep(pause)
    return min(pause * 2, LONGEST_PAUSE_SECONDS)
