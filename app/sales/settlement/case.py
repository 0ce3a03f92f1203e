"""What to do next for an order, decided from how it stands. Nothing here acts."""

from datetime import datetime, timedelta
from typing import Literal

from msgspec import Struct

from app.payments import Cancelled, Charge, Declined, Money, StepNeeded

GRACE = timedelta(minutes=10)  # after an order is placed: to cancel it, and to say where it goes
MENDING = timedelta(minutes=10)  # after a decline, for another card
MOST_ATTEMPTS = 10  # of one order: our charges are no way to try out cards
STEP_LOOKS = timedelta(seconds=15)  # between two looks whether the bank has seen the shopper
# After each look that brought no answer; the last one on and on.
WAITS = tuple(timedelta(seconds=s) for s in (2, 5, 15, 30, 60, 120, 300))

State = Literal["new", "asked", "step", "declined", "cardless", "paid", "cancelled"]
Why = Literal["shopper", "card", "step", "address"]
Need = Literal["card", "address", "step"]
TO_MEND: tuple[State, ...] = ("step", "declined", "cardless")


class Attempt(Struct, frozen=True):
    """One attempt to be paid, as it was written down. `reference` is the provider's name for it, once known."""

    number: int
    provider: str
    customer: str
    card: str
    made_at: datetime
    reference: str | None
    is_paid: bool

    def charge(self, order_id: str, amount: Money, return_address: str) -> Charge:
        """As the provider is asked; the same whenever it is sent."""
        name = attempt_name(order_id, self.number)
        means = (self.customer, self.card)
        return Charge(name, order_id, amount, *means, self.made_at, return_address)


class Refund(Struct, frozen=True):
    """Money that is to go back, under the key `id`; without `asked_by` because its order is being cancelled."""

    id: str
    amount: int
    asked_by: int | None


class Case(Struct, frozen=True):
    """An order to be settled, all as of one moment; `status` is the order's own, `state` how far settling is.

    `attempt` is the one that may be paid, or is. `kept` is what came in and did not go back, nor is to.
    """

    status: str
    state: State
    total: int
    kept: int
    attempt: Attempt | None
    refund: Refund | None
    has_address: bool
    again: bool
    ending: str
    mend_until: datetime | None
    grace_until: datetime
    parcel_untold: bool = False  # it was shipped, and nobody has written so
    refund_refused: bool = (
        False  # it was to be cancelled before, and the provider would not give the money back
    )


class Begin(Struct, frozen=True):
    """Write the next attempt down, then send it; or note that there is no card, or that nothing is to be paid."""


class Ask(Struct, frozen=True):
    """Send the attempt, which may have been sent before."""

    attempt: Attempt


class Look(Struct, frozen=True):
    """Ask how the attempt stands."""

    attempt: Attempt


class Withdraw(Struct, frozen=True):
    """Have the provider make sure that the attempt is never paid."""

    attempt: Attempt


class GiveBack(Struct, frozen=True):
    """Have the provider give money back."""

    attempt: Attempt
    refund: Refund


class OrderRefund(Struct, frozen=True):
    """Write down that all that is kept goes back."""

    amount: int


class End(Struct, frozen=True):
    """Cancel the order from now on, for this reason."""

    why: Why


class Release(Struct, frozen=True):
    """Nothing can be paid any more, and nothing is kept: the order is cancelled, and its units are free."""


class SayShipped(Struct, frozen=True):
    """Write to the shopper that it has left."""


class Wait(Struct, frozen=True):
    """Nothing to do until then; None: nothing happens by itself any more."""

    until: datetime | None


Step = Begin | Ask | Look | Withdraw | GiveBack | OrderRefund | End | Release | SayShipped | Wait


def next_step(case: Case, now: datetime, *, looked: bool = False) -> Step:
    """What to do for this order; `looked` where the provider was asked a moment ago how its attempt stands."""
    if case.refund is not None and case.attempt is not None and case.attempt.is_paid:
        return GiveBack(case.attempt, case.refund)
    if case.parcel_untold:
        return SayShipped()
    if case.status in ("cancelled", "refunded"):
        return Wait(None)
    if case.ending:
        return _next_to_the_end(case)
    goes_nowhere = not case.has_address and case.status != "shipped" and not case.refund_refused
    if goes_nowhere and now >= case.grace_until:
        return End("address")
    if case.state == "paid":
        return Wait(case.grace_until if goes_nowhere else None)
    return _next_to_be_paid(case, now, looked=looked)


def _next_to_the_end(case: Case) -> Step:
    """The attempt first: whoever gave a unit away before could see it paid."""
    if case.attempt is not None and not case.attempt.is_paid:
        return Withdraw(case.attempt)
    return OrderRefund(case.kept) if case.kept > 0 else Release()


def _next_to_be_paid(case: Case, now: datetime, *, looked: bool) -> Step:
    if case.state == "new" or (case.again and case.attempt is None):
        return Begin()
    if case.attempt is not None and case.state == "asked":
        return Ask(case.attempt)
    if case.attempt is not None and case.again:
        return Withdraw(case.attempt)  # else a shopper who finishes its step pays twice
    if case.mend_until is not None and now >= case.mend_until:
        return End("step" if case.state == "step" else "card")
    if case.attempt is not None and not looked:
        return Look(case.attempt)
    return Wait(_next_look(case, now))


def _next_look(case: Case, now: datetime) -> datetime | None:
    """The earliest of what comes: the end of mending, of the grace for an address, and the next look at a step."""
    moments = [case.mend_until, None if case.has_address else case.grace_until]
    if case.state == "step":
        moments.append(now + STEP_LOOKS)
    return min((moment for moment in moments if moment is not None), default=None)


def wait_after(tries: int) -> timedelta:
    """How long to wait where `tries` looks, one after the other, brought no answer."""
    return WAITS[min(max(tries, 1), len(WAITS)) - 1]


def end_of_mending(case: Case, now: datetime) -> datetime:
    """Ten minutes from the first decline. A further card that is declined gives no further time."""
    return case.mend_until or now + MENDING


class Change(Struct, frozen=True):
    """What an answer of the provider's changes, where it changes something short of being paid."""

    state: State
    status: str
    words: str = ""
    step_address: str = ""
    attempt_is_over: bool = False


def change_by(case: Case, answer: Declined | StepNeeded | Cancelled) -> Change:
    """How an order stands that has to be mended. It keeps its unit meanwhile."""
    if isinstance(answer, StepNeeded) and answer.address:
        return Change("step", case.status, step_address=answer.address)
    over = isinstance(answer, Cancelled)
    words = answer.words if isinstance(answer, Declined) else CANCELLED if over else UNFINISHED
    return Change("declined", "declined", words=words, attempt_is_over=over)


CANCELLED = "The payment was called off."
UNFINISHED = "The bank wants another step, which can not be taken from here."


def attempt_name(order_id: str, number: int) -> str:
    """An attempt's id, which is the provider's idempotency key."""
    return f"{order_id}.{number}"


def order_of(attempt: str) -> str:
    """The order that an attempt was made for."""
    return attempt.rpartition(".")[0]


def may_cancel_until(case: Case) -> datetime | None:
    """Until when a shopper may cancel: within the grace, and for as long as the order waits for a card or a step."""
    if case.ending or case.status not in ("placed", "paid", "declined"):
        return None
    return max(case.grace_until, case.mend_until or case.grace_until)


def may_take_address(case: Case, now: datetime) -> bool:
    """Whether the order can be told where to go: until it has left, and the first time within the grace."""
    open_yet = not case.ending and case.status in ("placed", "paid", "declined")
    return open_yet and (case.has_address or now < case.grace_until)


def needs_of(case: Case) -> frozenset[Need]:
    """What the order's shopper has to give."""
    if case.ending or case.status in ("shipped", "cancelled", "refunded"):
        return frozenset()
    wanted: set[Need] = set() if case.has_address else {"address"}
    if case.state == "step":
        wanted.add("step")
    elif case.state in ("declined", "cardless") and not case.again:
        wanted.add("card")
    return frozenset(wanted)
