"""What the sales room counts for Prometheus. On the way of a purchase: once a group, or a plain number."""

import re

from prometheus_client import Gauge, Histogram

from app.platform.metrics import Tally
from app.sales.verdict import Bought, KeyReused, OfferNotYours, QuantityOutOfRange, Verdict

SIZES = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
SECONDS = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5)
NAMES: dict[type[object], str] = {  # others are called as their class is, which is also their problem's slug
    QuantityOutOfRange: "invalid",
    KeyReused: "idempotency-key-reused",
    OfferNotYours: "invalid",
}

_gate_groups = Histogram(
    "breadmaker_gate_group_purchases", "Purchases in one call of the gate.", buckets=SIZES
)
_gate_seconds = Histogram("breadmaker_gate_seconds", "How long the gate took to answer.", buckets=SECONDS)
_ledger_groups = Histogram("breadmaker_ledger_group_orders", "Purchases in one commit.", buckets=SIZES)
_flush_seconds = Histogram("breadmaker_ledger_flush_seconds", "How long a commit took.", buckets=SECONDS)
_recount_seconds = Histogram(
    "breadmaker_recount_seconds", "How long this process's recounts took.", buckets=SECONDS
)
_epoch = Gauge(
    "breadmaker_live_epoch", "The live deal's epoch; 0 without one.", multiprocess_mode="livemostrecent"
)
_outcomes = Tally("breadmaker_purchases", "Purchases by what became of them.", "outcome")


def gate_answered(purchases: int, seconds: float) -> None:
    """The gate has decided a group."""
    _gate_groups.observe(purchases)
    _gate_seconds.observe(seconds)


def flushed(purchases: int, seconds: float) -> None:
    """A group is durable."""
    _ledger_groups.observe(purchases)
    _flush_seconds.observe(seconds)


def recounted(seconds: float) -> None:
    """A gate was closed, counted and opened by this process."""
    _recount_seconds.observe(seconds)


def live(epoch: int) -> None:
    """This is the live deal's epoch; 0 where there is no live deal."""
    _epoch.set(epoch)


def settled(verdict: Verdict) -> None:
    """Somebody is told what became of a purchase."""
    _outcomes.add(name_of(verdict))


def refused(slug: str) -> None:
    """Somebody is told why there was no purchase at all; `slug` is the problem's."""
    _outcomes.add(slug)


def name_of(verdict: Verdict) -> str:
    """What the outcome is called: a refusal as its problem is."""
    if isinstance(verdict, Bought):
        return "replayed" if verdict.replayed else "bought"
    kind = type(verdict)
    name = NAMES.get(kind)
    if name is None:
        name = NAMES[kind] = re.sub(r"(?<!^)(?=[A-Z])", "-", kind.__name__).lower()
    return name
