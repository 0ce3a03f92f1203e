"""What Stripe's documents mean to us. They come as plain dicts; the fields are those of the pinned API version."""

from collections.abc import Mapping
from typing import Any

from app.payments.provider import (
    Cancelled,
    CardOnFile,
    Declined,
    EventKind,
    NeverArrived,
    Outcome,
    Paid,
    ProviderEvent,
    Refunded,
    RefundRefused,
    Standing,
    StepNeeded,
    Unresolved,
)
from app.payments.stripe_amount import from_stripe

Document = Mapping[str, Any]

KINDS: dict[str, EventKind] = {
    "payment_intent.succeeded": "paid",
    "payment_intent.payment_failed": "declined",
    "payment_intent.requires_action": "step",
    "payment_intent.processing": "processing",
    "payment_intent.canceled": "cancelled",
    "charge.refunded": "refunded",
    "refund.failed": "refund-failed",
}
STEP_ASKED = "authentication_required"


def outcome_of(intent: Document) -> Outcome:
    """How a PaymentIntent stands."""
    reference: str = intent["id"]
    match intent["status"]:
        case "succeeded":
            return Paid(reference, from_stripe(intent["amount_received"], intent["currency"]))
        case "canceled":
            return Cancelled(reference)
        case "requires_action":
            redirect = (intent.get("next_action") or {}).get("redirect_to_url") or {}
            return StepNeeded(reference, redirect.get("url") or "")
        case "requires_payment_method" if intent.get("last_payment_error"):
            error = intent["last_payment_error"]
            return Declined(reference, _code(error), error.get("message") or "The card was declined.")
        case "requires_confirmation" | "requires_payment_method":
            return NeverArrived()  # it was made ready, and nobody tried to take the money
        case _:
            return Unresolved(reference)


def wants_step(outcome: Outcome) -> bool:
    """Whether a card was declined only because its bank wants to see the shopper."""
    return isinstance(outcome, Declined) and outcome.code == STEP_ASKED


def refund_of(refund: Document) -> Refunded | RefundRefused | Unresolved:
    """How a refund stands."""
    reference: str = refund["id"]
    match refund["status"]:
        case "succeeded":
            return Refunded(reference, from_stripe(refund["amount"], refund["currency"]))
        case "failed" | "canceled":
            return RefundRefused(refund.get("failure_reason") or refund["status"], "The bank sent it back.")
        case _:
            return Unresolved(reference)


def card_of(method: Document) -> CardOnFile:
    """A card PaymentMethod as we keep it."""
    card = method["card"]
    fingerprint = card.get("fingerprint") or method["id"]
    return CardOnFile(
        method["id"], card["brand"], card["last4"], card["exp_month"], card["exp_year"], fingerprint
    )


def event_of(event: Document) -> ProviderEvent | None:
    """An event of a kind that we know, and about a payment; None else."""
    kind = KINDS.get(event.get("type", ""))
    about = (event.get("data") or {}).get("object") or {}
    reference = about.get("id") if about.get("object") == "payment_intent" else about.get("payment_intent")
    if kind is None or not isinstance(reference, str):
        return None
    metadata = about.get("metadata") or {}
    return ProviderEvent(event["id"], kind, metadata.get("attempt"), metadata.get("order"), reference)


def standing_of(intent: Document) -> Standing | None:
    """A paid PaymentIntent with its charge; None where it is not paid, or not the shop's."""
    metadata = intent.get("metadata") or {}
    if intent["status"] != "succeeded" or "attempt" not in metadata:
        return None
    currency = intent["currency"]
    charge = intent.get("latest_charge") or {}
    return Standing(
        intent["id"],
        metadata["attempt"],
        metadata.get("order"),
        from_stripe(intent["amount_received"], currency),
        from_stripe(charge.get("amount_refunded", 0), currency),
    )


def _code(error: Document) -> str:
    """The card's own reason where the bank gave one: "insufficient_funds" says more than "card_declined"."""
    if error.get("code") == STEP_ASKED:
        return STEP_ASKED
    return error.get("decline_code") or error.get("code") or "card_declined"
