"""What the SDK's answers and errors are called in our words."""

from collections.abc import Awaitable
from typing import TypeVar

from stripe import (
    APIConnectionError,
    CardError,
    IdempotencyError,
    InvalidRequestError,
    StripeError,
    StripeObject,
)

from app.payments.provider import AttemptReused, ProviderAway, ProviderRefusesUs
from app.payments.stripe_reading import Document

Answer = TypeVar("Answer")


class CardRefused(Exception):
    """Stripe makes no PaymentIntent with this card or amount."""

    def __init__(self, code: str, words: str) -> None:
        super().__init__(words or "This card can not be charged.")
        self.code = code


async def or_away(call: Awaitable[Answer]) -> Answer:
    """The SDK's answer. What a card or a request is refused for is raised on; the rest is one of our own errors."""
    try:
        return await call
    except IdempotencyError as error:
        raise AttemptReused("Stripe knows the key with another body") from error
    except (CardError, InvalidRequestError):
        raise
    except APIConnectionError as error:
        raise ProviderAway from error
    except StripeError as error:
        if error.http_status in (401, 403):
            raise ProviderRefusesUs("Stripe does not accept the key in BREADMAKER_STRIPE_API_KEY") from None
        raise ProviderAway from error


async def asked(call: Awaitable[Answer]) -> Answer:
    """The SDK's answer to what nobody's card can be to blame for."""
    try:
        return await or_away(call)
    except (CardError, InvalidRequestError) as error:
        raise ProviderRefusesUs(f"Stripe refuses the request: {error.code} {error.param}") from None


def plain(thing: StripeObject) -> Document:
    """An SDK object as nested dicts, as it came."""
    return thing.to_dict()
