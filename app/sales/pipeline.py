"""A sale's way through gate and ledger, in this process: two tasks that work in groups.

The reserver puts everything that waits through the gate in one call; the writer makes everything that was admitted
durable in one commit. While a call or a commit is under way the next group gathers, so groups grow with the load.
The tasks own the work, not the requests: a client that hangs up changes nothing.
"""

import asyncio
import time
from collections import deque
from collections.abc import Sequence
from datetime import datetime

from app.platform.clock import Clock
from app.platform.failpoints import reach
from app.platform.logging import get_logger
from app.sales import measures
from app.sales.gate import Admission, Admitted, Gate, GateLostError
from app.sales.ledger import (
    UNREACHABLE,
    Entry,
    FencedError,
    Ledger,
    LedgerUnknownError,
    PoisonedError,
    Recorded,
)
from app.sales.sale import PAUSE_SECONDS, STRANDED_SECONDS, Sale, longer
from app.sales.under_way import Purchase, Stage, judge
from app.sales.verdict import LimitReached, SoldOut, Verdict

log = get_logger(__name__)

ASK_AGAIN_SECONDS = 0.02  # between two looks for the order of a key that another process has in hand
GROUP = 100  # purchases in one gate call or commit; larger ones leave PostgreSQL idle while they are answered


class Pipeline:
    """Sells until the sale is finished."""

    def __init__(self, sale: Sale, gate: Gate, ledger: Ledger, clock: Clock) -> None:
        self.sale = sale
        self._gate, self._ledger, self._clock = gate, ledger, clock
        self._admitted: deque[tuple[int, list[Purchase]]] = deque()
        self._someone_is_admitted = asyncio.Event()
        sale.start(self._reserve())
        sale.start(self._write())

    async def _reserve(self) -> None:
        sale = self.sale
        try:
            while sale.finished is None:
                await sale.awake.wait()
                sale.awake.clear()
                while group := sale.next_group(GROUP):
                    await self._reserve_group(group)
        finally:
            self._someone_is_admitted.set()  # the writer ends when it has nothing in hand

    async def _reserve_group(self, group: list[Purchase]) -> None:
        epoch = self.sale.epoch  # before the await: a recount may move it on meanwhile
        await reach("before-admit")
        try:
            held = await self._look_up_holders(group)
            group = [purchase for purchase in group if not purchase.outcome.done()]
            if not group:
                return
            for purchase in group:
                purchase.stage = Stage.IN_HAND
            answer = await self._admit(epoch, group, held)
        except UNREACHABLE:
            self.sale.put_back(group)  # nobody asked the gate for them
            await longer(PAUSE_SECONDS)
            return
        except GateLostError as error:
            await self.sale.recover(epoch, str(error), group)
            return
        await reach("after-admit")
        self._sort(epoch, group, answer)

    async def _look_up_holders(self, group: list[Purchase]) -> dict[int, int]:
        """What those hold who bought before this epoch: the gate has to be told. Whoever asks again gets the order."""
        asked = self.sale.who_may_hold(group)
        if not asked:
            return {}
        standings, held = await self._ledger.look_up(self.sale.terms.deal_id, [p.wish for p in asked])
        for purchase in asked:
            standing = standings.get((purchase.wish.shopper_id, purchase.wish.key))
            if standing is not None:
                purchase.settle(judge(purchase, standing))
        return held

    async def _admit(self, epoch: int, group: list[Purchase], held: dict[int, int]) -> Admitted:
        terms, began = self.sale.terms, time.perf_counter()
        answer = await self._gate.admit(terms.deal_id, epoch, terms.limit, [p.wish for p in group], held)
        measures.gate_answered(len(group), time.perf_counter() - began)
        return answer

    def _sort(self, epoch: int, group: list[Purchase], answer: Admitted) -> None:
        sale = self.sale
        if sale.finished is not None:
            sale.put_back(group)  # the gate has moved on, and the writer may have ended already
            return
        taken, holdings = [], iter(answer.held)
        refused: list[tuple[Purchase, Verdict]] = []
        for purchase, admission in zip(group, answer.admissions, strict=True):
            match admission:
                case Admission.TAKEN:
                    taken.append(purchase)
                case Admission.KEY_KNOWN:
                    sale.start(self._await_the_other(epoch, purchase))
                case Admission.OVER_LIMIT:
                    refused.append((purchase, LimitReached(sale.terms.limit, next(holdings))))
                case Admission.SOLD_OUT:
                    refused.append((purchase, SoldOut(sale.terms.deal_id)))
        if refused:
            sale.start(sale.turn_away(refused))
        if taken:
            self._admitted.append((epoch, taken))
            self._someone_is_admitted.set()

    async def _await_the_other(self, epoch: int, purchase: Purchase) -> None:
        """The gate knows the key, we do not: another process is recording it, has given it up, or died before it could.

        Either its order stands, or the gate is asked again. Where it says the same for long nobody has the key in hand.
        """
        sale, now = self.sale, time.monotonic()
        purchase.known_since = purchase.known_since or now
        try:
            standing = await self._ledger.find(purchase.wish.shopper_id, purchase.wish.key)
        except UNREACHABLE:
            standing, purchase.known_since = None, now  # the other cannot record it, either
        if standing is not None:
            purchase.settle(judge(purchase, standing))
            return
        if now - purchase.known_since < STRANDED_SECONDS:
            await asyncio.sleep(ASK_AGAIN_SECONDS)
        else:
            purchase.known_since = now
            await sale.recover(epoch, "a key is in nobody's hands")  # however busy the sale is otherwise
        sale.put_back([purchase])

    async def _write(self) -> None:
        while self._admitted or self.sale.finished is None:
            if not self._admitted:
                await self._someone_is_admitted.wait()
                self._someone_is_admitted.clear()
                continue
            epoch, group = self._admitted.popleft()
            while self._admitted and self._admitted[0][0] == epoch and len(group) < GROUP:
                group = group + self._admitted.popleft()[1]
            await self._record(epoch, group)

    async def _record(self, epoch: int, group: list[Purchase]) -> None:
        """Make the group durable, however long that takes, and answer it. Unknown is not failed: it is sent again."""
        now, pause, in_doubt = self._clock.now(), PAUSE_SECONDS, False
        while True:
            await reach("before-commit")
            try:
                recorded = await self._commit(epoch, now, group)
            except LedgerUnknownError as error:
                if not in_doubt:
                    log.warning("a commit is in doubt, sent again", error=str(error), orders=len(group))
                in_doubt = True
                pause = await longer(pause)
            except (FencedError, PoisonedError) as error:
                if in_doubt:
                    await self._settle_doubts(epoch, str(error), group)
                elif isinstance(error, FencedError):
                    await self.sale.recover(epoch, str(error), group)
                else:
                    await self._set_apart(epoch, group, error)
                return
            else:
                await reach("after-commit")
                # Beside: the next group is on its way to PostgreSQL before the answers of this one are written.
                self.sale.start(self._answer(epoch, group, recorded))
                return

    async def _commit(self, epoch: int, now: datetime, group: list[Purchase]) -> Recorded:
        began = time.perf_counter()
        entries = [Entry(p.order_id, p.wish, p.discount) for p in group]
        recorded = await self._ledger.record(self.sale.terms.deal_id, epoch, now, entries)
        measures.flushed(len(group), time.perf_counter() - began)
        return recorded

    async def _answer(self, epoch: int, group: list[Purchase], recorded: Recorded) -> None:
        await reach("before-answer")
        without_order = []
        for purchase, standing in zip(group, recorded.standings, strict=True):
            if standing is None or standing.order.id != purchase.order_id:
                without_order.append(purchase)
            purchase.settle(judge(purchase, standing))
        self.sale.changed(recorded.left)
        await self._give_back(epoch, without_order)

    async def _settle_doubts(self, epoch: int, reason: str, group: list[Purchase]) -> None:
        """A commit without an answer, then the fence: once the epoch has moved on, what does not stand never will."""
        await self.sale.recover(epoch, reason)
        await self.sale.settle_what_stands(group)
        self.sale.put_back(group)

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
        if not group or epoch != self.sale.epoch:
            return  # a recount has counted those units already
        try:
            await self._gate.give_back(self.sale.terms.deal_id, epoch, [p.wish for p in group])
        except GateLostError as error:
            await self.sale.recover(epoch, str(error))
