"""What the peer's answers are made of."""

from typing import Any

from tests.factories.stripe_peer_wire import Body, Refusal


def new_intent(name: str, amount: int, sent: Body, created: int) -> dict[str, Any]:
    """A PaymentIntent that waits to be confirmed."""
    return {
        "id": name,
        "object": "payment_intent",
        "amount": amount,
        "amount_received": 0,
        "currency": sent["currency"],
        "customer": sent["customer"],
        "payment_method": sent["payment_method"],
        "metadata": {k[9:-1]: v for k, v in sent.items() if k.startswith("metadata[")},
        "status": "requires_confirmation",
        "last_payment_error": None,
        "next_action": None,
        "latest_charge": None,
        "created": created,
    }


def known(things: dict[str, dict[str, Any]], name: str) -> dict[str, Any]:
    """The one by this name. Raises Refusal."""
    if name not in things:
        raise Refusal(
            404, "invalid_request_error", f"No such thing: {name}", code="resource_missing", param="id"
        )
    return things[name]


def wrong(words: str, **members: Any) -> Refusal:
    """The request is not as it has to be."""
    return Refusal(400, "invalid_request_error", words, **members)


def unexpected(intent: dict[str, Any]) -> Refusal:
    """That cannot be done to it in its state."""
    words = f"The PaymentIntent is {intent['status']}"
    return wrong(words, code="payment_intent_unexpected_state", payment_intent=dict(intent))
