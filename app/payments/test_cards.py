"""The sandbox's test cards: what each of them does. No other number is taken, so that nobody types a real one."""

import hashlib
from typing import Literal

from msgspec import Struct

Deed = Literal["approve", "decline", "decline-once", "step", "time-out", "late", "twice"]


class TestCard(Struct, frozen=True):
    """One of them. `words` say on the form what it does."""

    __test__ = False  # its name is not pytest's business

    number: str
    deed: Deed
    words: str
    brand: str = "visa"
    code: str = ""  # of its decline

    @property
    def last4(self) -> str:
        """The end of the number, as people know their cards."""
        return self.number[-4:]

    @property
    def fingerprint(self) -> str:
        """The same for the same number."""
        return "sandbox_" + hashlib.blake2b(self.number.encode(), digest_size=8).hexdigest()


TEST_CARDS = (
    TestCard("4242424242424242", "approve", "pays"),
    TestCard("5555555555554444", "approve", "pays, too", "mastercard"),
    TestCard("4000000000000002", "decline", "is declined", code="card_declined"),
    TestCard("4000000000009995", "decline", "has not enough on it", code="insufficient_funds"),
    TestCard("4000000000000341", "decline-once", "is declined once, then pays", code="card_declined"),
    TestCard("4000002760003184", "step", "asks you for another step at the bank"),
    TestCard("4000000000000077", "time-out", "pays, but the bank's answer is lost"),
    TestCard("4000000000000010", "late", "pays after twenty seconds"),
    TestCard("4000000000000028", "twice", "pays, and the bank tells us so twice"),
)
BY_NUMBER = {card.number: card for card in TEST_CARDS}
SPARE = TEST_CARDS[0]

DECLINES = {
    "card_declined": "Your card was declined.",
    "insufficient_funds": "Your card has not enough money on it for this.",
    "step_refused": "The extra step was not finished, so the card was not charged.",
    "card_gone": "This card can not be used any more.",
}
