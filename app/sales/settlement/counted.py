"""What settling counts for Prometheus."""

import re

from app.platform.metrics import Tally

_answers = Tally(
    "breadmaker_payment_answers", "What the payment provider said, by question and answer.", "answer"
)
_cancelled = Tally("breadmaker_orders_cancelled", "Orders that were cancelled, by what for.", "why")


def answered(question: object, answer: object) -> None:
    """The provider was asked, and said this: such as `ask-paid`, or `withdraw-unresolved`."""
    _answers.add(f"{_name(question)}-{_name(answer)}")


def cancelled(why: str) -> None:
    """An order is cancelled."""
    _cancelled.add(why)


def _name(thing: object) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "-", type(thing).__name__).lower()
