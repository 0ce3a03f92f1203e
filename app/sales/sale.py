"""One open offer as this process sells it: who waits for its gate, under which epoch, and how it recovers."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Sequence

from app.platform.ending import end_tasks
from app.platform.logging import get_logger
from app.sales.gate import GateLostError
from app.sales.ledger import UNREACHABLE, Ledger
from app.sales.offers import Offer
from app.sales.recount import HalfwayError, NotOnOffer, Opened
from app.sales.under_way import Purchase, Stage, closed_verdict, judge
from app.sales.verdict import GateClosed, Verdict

log = get_logger(__name__)

MOST_WAITING = 20_000  # purchases that may wait for a gate that is away
PAUSE_SECONDS = 0.01  # before the next try after a fault, doubled up to:
LONGEST_PAUSE_SECONDS = 0.02
STRANDED_SECONDS = 2.0  # how long units may be on their way from gate to ledger without anything moving
CALM_SECONDS = (
    1.0  # a recount that is needed again sooner than this has to wait a little, and longer each time
)

RecoverGate = Callable[[int, int], Awaitable[Opened | NotOnOffer]]


class Sale:
    """The purchases that wait, and the one recovery. `changed` is called with the units left after every commit."""

    def __init__(
        self, offer: Offer, ledger: Ledger, recover_gate: RecoverGate, changed: Callable[[int], None]
    ) -> None:
        self.terms = offer.terms
        self.finished: Verdict | None = None  # once the deal is over or paused: what to say to everyone
        self.changed = changed
        self.awake = asyncio.Event()  # somebody waits for the gate, or the sale is finished
        self._ledger, self._recover_gate = ledger, recover_gate
        self._waiting: deque[Purchase] = deque()
        self._recovering = asyncio.Lock()
        self._recovered_at, self._pause = 0.0, 0.0
        self._tasks: set[asyncio.Task[None]] = set()
        self._holders: frozenset[int] | None = None
        self._adopt(offer.epoch, offer.orders)

    def submit(self, purchase: Purchase) -> None:
        """Let it wait for the gate; or, where very many wait already, say at once that the gate is closed."""
        while self._waiting and self._waiting[0].outcome.done():
            self._waiting.popleft()  # withdrawn while the gate was away
        if len(self._waiting) >= MOST_WAITING:
            purchase.settle(GateClosed())
            return
        self._waiting.append(purchase)
        self.awake.set()

    def next_group(self, most: int) -> list[Purchase]:
        """Take at most so many of those that wait, first come first."""
        group: list[Purchase] = []
        while self.finished is None and self._waiting and len(group) < most:
            purchase = self._waiting.popleft()
            if not purchase.outcome.done():  # else it was withdrawn
                group.append(purchase)
        return group

    def who_may_hold(self, group: Sequence[Purchase]) -> list[Purchase]:
        """Those who may have bought before this epoch, which the gate does not know."""
        if self._holders is None:
            return [*group]
        return [purchase for purchase in group if purchase.wish.shopper_id in self._holders]

    def put_back(self, group: Sequence[Purchase]) -> None:
        """Let a group wait again, before all others. Where the sale is finished it is told so instead."""
        for purchase in group:
            purchase.stage = Stage.WAITING
        self._waiting.extendleft(reversed(group))
        self.awake.set()
        if self.finished is not None and self._waiting:
            self.start(self.turn_away([(purchase, self.finished) for purchase in self._waiting]))
            self._waiting.clear()

    async def recover(self, epoch: int, reason: str, group: Sequence[Purchase] = ()) -> None:
        """Have the gate of `epoch` replaced, adopt the new one, and only then let the group wait for it again.

        The caller is certain that nothing of the group is recorded. Where the gate has been replaced already, only
        the group is put back.
        """
        for purchase in group:
            purchase.stage = Stage.WAITING
        async with self._recovering:
            if epoch == self.epoch and self.finished is None:
                log.warning("recounting", deal_id=self.terms.deal_id, epoch=epoch, reason=reason)
                await self._calm_down()
                await self._adopt_another(epoch)
        self.put_back(group)

    async def settle_what_stands(self, group: Sequence[Purchase]) -> None:
        """Settle those of a group whose order stands. Waits until PostgreSQL can say so."""
        pause = PAUSE_SECONDS
        while True:
            try:
                standings = await self._ledger.find_all([purchase.wish for purchase in group])
            except UNREACHABLE:
                pause = await longer(pause)
                continue
            for purchase in group:
                standing = standings.get((purchase.wish.shopper_id, purchase.wish.key))
                if standing is not None:
                    purchase.settle(judge(purchase, standing))
            return

    def start(self, work: Coroutine[object, object, None]) -> None:
        """Run a part of the sale. One that fails is a mistake of ours, and ends the sale in this process."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    async def stop(self) -> None:
        """End the tasks. What is under way stays unanswered: its outcome is not known."""
        await end_tasks([*self._tasks])

    async def _calm_down(self) -> None:
        """A fault that comes back at once, such as a veto that will not go away, is not chased in a circle."""
        now = asyncio.get_running_loop().time()
        if now - self._recovered_at < CALM_SECONDS:
            self._pause = min(max(2 * self._pause, PAUSE_SECONDS), CALM_SECONDS)
            await asyncio.sleep(self._pause)
        else:
            self._pause = 0.0

    async def _adopt_another(self, epoch: int) -> None:
        pause, longest, faults = PAUSE_SECONDS, LONGEST_PAUSE_SECONDS, 0
        while True:
            try:
                found = await self._recover_gate(self.terms.deal_id, epoch)
            except (GateLostError, *UNREACHABLE) as error:
                if isinstance(error, HalfwayError):
                    epoch = error.epoch  # it is ours already: no need to wait for whoever began it
                    longest = CALM_SECONDS  # each try moves the epoch on and reads all orders
                if faults == 0:
                    log.warning("cannot recount yet", deal_id=self.terms.deal_id, error=repr(error))
                faults += 1
                pause = await longer(pause, longest)
                continue
            self._recovered_at = asyncio.get_running_loop().time()
            match found:
                case Opened(new_epoch, orders):
                    self._adopt(new_epoch, orders)
                case NotOnOffer(offer):
                    self._finish(offer)
            return

    def _adopt(self, epoch: int, orders: int) -> None:
        """Sell by the gate of `epoch`, which began with `orders` orders or fewer."""
        self.epoch, self._holders = epoch, frozenset()
        if orders:
            self._holders = None  # not known yet: anybody may be one
            self.start(self._learn_holders(epoch))

    async def _learn_holders(self, epoch: int) -> None:
        pause = PAUSE_SECONDS
        while epoch == self.epoch and self.finished is None:
            try:
                holders = await self._ledger.holders(self.terms.deal_id)
            except UNREACHABLE:
                pause = await longer(pause)
                continue
            if epoch == self.epoch:
                self._holders = holders
            return

    def _finish(self, offer: Offer) -> None:
        self.finished = closed_verdict(offer)
        self.put_back(())
        self.changed(0)

    async def turn_away(self, refused: Sequence[tuple[Purchase, Verdict]]) -> None:
        """Say no, each with its verdict; but an order that stands under a purchase's key stays the answer to it."""
        await self.settle_what_stands([purchase for purchase, _ in refused])
        for purchase, verdict in refused:
            purchase.settle(verdict)

    def _ended(self, task: "asyncio.Task[None]") -> None:
        """A task that failed: the next purchase gets a new sale. What was in hand is told so when its time is up,
        and units that nobody has come back by a recount."""
        self._tasks.discard(task)
        if task.cancelled() or (error := task.exception()) is None:
            return
        log.error("a sale gives up", deal_id=self.terms.deal_id, exc_info=error)
        self.finished = self.finished or GateClosed()
        self.awake.set()
        while self._waiting:
            self._waiting.popleft().settle(GateClosed())


async def longer(pause: float, longest: float = LONGEST_PAUSE_SECONDS) -> float:
    """Wait for `pause` seconds; answers how long to wait the next time, `longest` at most."""
    await asyncio.sleep(pause)
    return min(pause * 2, longest)
