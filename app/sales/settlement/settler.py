"""Sees one order through: reads how it stands, asks the provider, writes down what came of it, and so on.

The provider is never asked inside a transaction, and what is asked is written down before. So whoever dies anywhere on
the way leaves an order that another process takes up where it was, when the lease has run out.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime

from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.payments import (
    Cancelled,
    Declined,
    Money,
    NeverArrived,
    Outcome,
    Paid,
    Payments,
    Refunded,
    RefundRefused,
    StepNeeded,
    Unresolved,
)
from app.platform.clock import Clock
from app.platform.failpoints import reach
from app.platform.logging import get_logger
from app.sales.gate import Gate
from app.sales.order import Order
from app.sales.settlement import counted, records
from app.sales.settlement.case import (
    Ask,
    Begin,
    End,
    GiveBack,
    Look,
    OrderRefund,
    Release,
    SayShipped,
    Step,
    Wait,
    Withdraw,
    change_by,
    next_step,
    wait_after,
)
from app.sales.settlement.docket import File, Taken, open_file, put_down, read_file
from app.sales.settlement.words import SiteWords
from app.sales.units_back import Freed, give_to_gate

log = get_logger(__name__)

Answer = Outcome | Refunded | RefundRefused
Asked = Ask | Look | Withdraw | GiveBack


class NotOurProvider(Exception):
    """An attempt was made at a provider that the shop had before, and has no key for any more."""


class Settler(Struct):
    """One a process. `tell` is given the orders whose pages have something new to show, after it is committed."""

    engine: AsyncEngine
    gate: Gate
    payments: Payments
    clock: Clock
    site: SiteWords
    tell: Callable[[Order, int], Awaitable[None]]

    async def see_through(self, taken: Taken) -> None:
        """Do all that can be done for this order now. Where something breaks it is tried again later."""
        try:
            await self._go_on(taken)
        except Exception:
            log.exception("an order cannot be settled yet", order_id=taken.order_id, tries=taken.tries + 1)
            await self._try_later(taken)

    async def _go_on(self, taken: Taken) -> None:
        step: Step | None = None
        answer: Answer | None = None
        heard: int | None = None
        while not isinstance(step, Wait):
            turn = Turn(self, taken, heard)
            async with self.engine.begin() as connection:
                asked = step
                step = await turn.write(connection, asked, answer)
                heard = turn.heard
            await self._after_commit(turn)
            if isinstance(step, Ask | Look | Withdraw | GiveBack):
                await reach("before-provider")
                answer = await self._ask(taken.order_id, step, turn)
                counted.answered(step, answer)
                await reach("after-provider")

    async def _after_commit(self, turn: "Turn") -> None:
        await reach("after-settled")
        if turn.freed is not None:
            await give_to_gate(self.gate, turn.freed)
        if turn.has_news:
            await self.tell(turn.order, turn.shopper_id)

    async def _ask(self, order_id: str, step: Asked, turn: "Turn") -> Answer:
        provider = self.payments.at(step.attempt.provider)
        if provider is None:
            raise NotOurProvider(f"{order_id} was charged at {step.attempt.provider}")
        if provider is not self.payments.provider and isinstance(step, Ask | Look):
            step = Withdraw(step.attempt)  # nothing is paid there any more
        total = Money(turn.order.total, turn.order.currency)
        charge = step.attempt.charge(order_id, total, self.site.page_of(order_id))
        match step:
            case Ask(attempt) if attempt.reference is None:
                return await provider.charge(charge)
            case Ask() | Look():
                found = await provider.look_up(charge, step.attempt.reference)
                return await provider.charge(charge) if isinstance(found, NeverArrived) else found
            case Withdraw():
                return await provider.cancel(charge, step.attempt.reference)
            case GiveBack(attempt, refund):
                assert attempt.reference is not None, "what is paid has a name"
                amount = Money(refund.amount, turn.order.currency)
                return await provider.refund(attempt.reference, amount, refund.id)

    async def _try_later(self, taken: Taken) -> None:
        """The lease would run out by itself; this is sooner, where PostgreSQL is there."""
        try:
            async with self.engine.begin() as connection:
                file = await open_file(connection, taken)
                if file is not None:
                    tries = file.tries + 1
                    await put_down(connection, file, self.clock.now() + wait_after(tries + 2), tries)
        except Exception as error:  # noqa: BLE001 - then the lease runs out
            log.warning("an order is left to its lease", order_id=taken.order_id, error=repr(error))


class Turn:
    """One transaction of an order: what was answered, then all that needs nobody else, up to the next question."""

    def __init__(self, settler: Settler, taken: Taken, heard: int | None) -> None:
        self.taken = taken
        self.order: Order
        self.shopper_id: int
        self.heard = heard  # the news there were when the order was taken up
        self.freed: Freed | None = None
        self.has_news = False
        self._settler, self._site = settler, settler.site
        self._now = settler.clock.now()

    async def write(self, connection: AsyncConnection, asked: Step | None, answer: Answer | None) -> Step:
        """Write it, and answer what to do next; a `Wait` where that is nothing, and the order is put down."""
        file = await open_file(connection, self.taken)
        if file is None:
            return Wait(None)  # another has taken it up
        self.order, self.shopper_id = file.order, file.shopper_id
        self.heard = file.news if self.heard is None else self.heard
        looked = False
        if asked is not None and answer is not None:
            if isinstance(answer, Unresolved) or not await self._write_answer(
                connection, file, asked, answer
            ):
                return await self._wait_for_an_answer(connection, file, answer)
            file, looked = await self._read_again(connection), True
        while True:
            step = next_step(file.case, self._now, looked=looked)
            if isinstance(step, Ask | Look | Withdraw | GiveBack):
                return step
            if isinstance(step, Wait):
                await self._put_down(connection, file, step.until)
                return step
            await self._write_step(connection, file, step)
            file = await self._read_again(connection)

    async def _read_again(self, connection: AsyncConnection) -> File:
        """The lock is held; something was written."""
        file = await read_file(connection, self.taken.order_id)
        self.order = file.order
        return file

    async def _put_down(self, connection: AsyncConnection, file: File, until: datetime | None) -> None:
        if until is not None and file.news != self.heard:
            until = self._now  # somebody had something to say while we asked
        await put_down(connection, file, until)

    async def _wait_for_an_answer(self, connection: AsyncConnection, file: File, answer: Answer) -> Step:
        reference = getattr(answer, "reference", None)
        if isinstance(answer, Unresolved) and file.case.attempt is not None and not file.case.attempt.is_paid:
            await records.write_reference(connection, file, reference)
        tries = file.tries + 1
        again = self._now if file.news != self.heard else self._now + wait_after(tries)
        await put_down(connection, file, again, tries)
        return Wait(again)

    async def _write_answer(
        self, connection: AsyncConnection, file: File, asked: Step, answer: Answer
    ) -> bool:
        """Write down what came of a question; False where it says nothing."""
        now, site = self._now, self._site
        match answer:
            case Paid():
                if not (file.case.attempt and file.case.attempt.is_paid):
                    await records.write_paid(connection, file, answer, site, now)
            case Cancelled() if isinstance(asked, Withdraw):
                await records.write_withdrawn(connection, file, answer.reference)
            case Declined() | StepNeeded() | Cancelled():
                changed = change_by(file.case, answer)
                await records.write_change(connection, file, changed, answer.reference, site, now)
            case Refunded():
                await records.write_refunded(connection, file, answer, site, now)
            case RefundRefused():
                log.error("a refund is refused", order_id=file.order.id, code=answer.code, words=answer.words)
                await records.write_refund_refused(connection, file, now)
            case _:
                return False
        self.has_news = True
        return True

    async def _write_step(self, connection: AsyncConnection, file: File, step: Step) -> None:
        now, site = self._now, self._site
        match step:
            case Begin():
                await self._begin(connection, file)
            case OrderRefund(amount):
                await records.write_refund_order(connection, file, amount, now)
            case End(why):
                await records.write_ending(connection, file, why)
            case SayShipped():
                await records.write_shipped(connection, file, site, now)
            case Release():
                self.freed = await records.write_cancelled(connection, file, site, now)
                counted.cancelled(file.why)
        self.has_news = True

    async def _begin(self, connection: AsyncConnection, file: File) -> None:
        now, site, payments = self._now, self._site, self._settler.payments
        if file.case.state == "new":
            await records.copy_address(connection, file, site, now)
        if file.order.total == 0:
            await records.write_free_of_charge(connection, file, site, now)
            return
        means = await payments.cards.means_of(connection, file.shopper_id)
        if means is None:
            await records.write_cardless(connection, file, site, now)
        else:
            await records.write_attempt(connection, file, payments.provider.name, means, now)
