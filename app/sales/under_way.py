"""A purchase under way: how far it has come, where its outcome will be known, and what the books mean for it."""

import asyncio
from collections.abc import Callable
from enum import Enum, auto

from msgspec import Struct, field
from msgspec.structs import replace

from app.sales.ledger import Standing
from app.sales.offers import Offer
from app.sales.order import Wish, new_order_id
from app.sales.verdict import (
    Bought,
    CouponNotUsable,
    DealOver,
    GateClosed,
    KeyReused,
    OutcomeUnknown,
    SoldOut,
    Verdict,
)


class Stage(Enum):
    """How far a purchase has come; decides what can be said when its time is up."""

    WAITING = auto()  # nobody has asked the gate: it can still be withdrawn
    IN_HAND = auto()  # it may become an order at any moment


class Purchase(Struct, eq=False):
    """A wish on its way, and where its outcome will be known. `discount` in minor units."""

    wish: Wish
    outcome: "asyncio.Future[Verdict]"
    over: Callable[["Purchase"], None]  # called once it is settled, before anybody hears of it
    discount: int = 0
    order_id: str = field(default_factory=new_order_id)
    stage: Stage = Stage.WAITING
    known_since: float | None = None  # the gate knows its key from elsewhere (monotonic seconds)

    def settle(self, verdict: Verdict) -> None:
        """Say what became of it, once."""
        if not self.outcome.done():
            self.outcome.set_result(verdict)
            self.over(self)

    def fail(self, error: Exception) -> None:
        """Say that nothing can become of it."""
        if not self.outcome.done():
            self.outcome.set_exception(error)
            self.over(self)

    def time_is_up(self) -> None:
        """Whoever asked waits no longer. What waits is withdrawn: nobody takes up what is settled."""
        withdrawn = self.stage is Stage.WAITING and self.known_since is None
        self.settle(GateClosed() if withdrawn else OutcomeUnknown())


def judge(purchase: Purchase, standing: Standing | None) -> Verdict:
    """What the order that stands under a purchase's key means for it; None stands where its coupon was gone."""
    if standing is None:
        return CouponNotUsable()
    if standing.order.id == purchase.order_id:
        return Bought(standing.order)
    if standing.body_hash == purchase.wish.body_hash:
        return Bought(standing.order, replayed=True)
    return KeyReused()


async def outcome_of(earlier: Purchase, patience: float) -> Verdict:
    """What becomes of a purchase that somebody else began under the same key. Waits `patience` seconds."""
    try:
        async with asyncio.timeout(patience):
            verdict = await asyncio.shield(earlier.outcome)
    except TimeoutError:
        return OutcomeUnknown()
    except asyncio.CancelledError:
        if not earlier.outcome.cancelled():
            raise
        return OutcomeUnknown()  # whoever asked first was cut off
    return replace(verdict, replayed=True) if isinstance(verdict, Bought) else verdict


def closed_verdict(offer: Offer) -> Verdict:
    """What to say of an offer whose gate is shut for good, or while the show is paused."""
    if offer.left == 0:
        return SoldOut(offer.terms.deal_id)
    if offer.closed_at is not None:
        return DealOver()
    return GateClosed(paused=True)
