"""What the shop asks of whoever moves the money, and the answers it may get.

The rules that every provider keeps, and that tests/payments/test_provider.py puts to each of them:

- An attempt moves money once at most, however often and from however many processes it is sent, also where an answer is
  lost. The attempt's id is what makes two calls the same one; with another body it is refused (AttemptReused).
- An attempt ends paid or cancelled, never both. Who gave up an attempt's unit after `Cancelled` never sees it paid, not
  even where the charge was never heard of and arrives later.
- Refunds of a payment never come to more than the payment; the same key refunds once.
- An event is a hint to look, nothing more: it may come late, twice, out of order or never. `look_up` knows the truth.

Before an order gets its next attempt, the one before is cancelled; else a shopper who finishes its step pays twice.
"""

from collections.abc import AsyncIterator, Mapping
from datetime import datetime
from typing import Literal, Protocol

from msgspec import Struct

from app.payments.money import Money
from app.platform.errors import Unavailable

FORM = "{form}"  # in a return address: here the form's name is put when the shopper comes back
LONGEST_ATTEMPT = 200  # characters; a provider's key may be a little longer than the attempt


class Charge(Struct, frozen=True):
    """One attempt to have an order paid. `made_at` is when the attempt was written down, before any call.

    `return_address` is where a shopper comes back to who had to take another step; it is no part of the body.
    Raises ValueError where nothing is to be paid: then nobody is to be asked.
    """

    attempt: str
    order_id: str
    amount: Money
    customer: str
    card: str
    made_at: datetime
    return_address: str = ""

    def __post_init__(self) -> None:
        if self.amount.amount <= 0:
            raise ValueError("only a positive amount can be charged")
        printable = self.attempt.isascii() and self.attempt.isprintable() and " " not in self.attempt
        if not printable or not 0 < len(self.attempt) <= LONGEST_ATTEMPT:
            raise ValueError("an attempt's id is 1 to 200 visible ASCII characters")


class Paid(Struct, frozen=True):
    """The money is here."""

    reference: str
    amount: Money


class Declined(Struct, frozen=True):
    """This card does not pay. `code` is the provider's, `words` are for the shopper."""

    reference: str | None
    code: str
    words: str


class StepNeeded(Struct, frozen=True):
    """The shopper has to take a step at `address`; empty where there was no address to come back to."""

    reference: str
    address: str


class Unresolved(Struct, frozen=True):
    """It cannot be known yet, or could not be learnt: the money may have moved or not. Ask again."""

    reference: str | None


class NeverArrived(Struct, frozen=True):
    """The provider knows of no try to take this money. Send the charge again, or cancel it."""


class Cancelled(Struct, frozen=True):
    """This attempt will never be paid. No reference where the provider made none."""

    reference: str | None


Outcome = Paid | Declined | StepNeeded | Unresolved | NeverArrived | Cancelled


class Refunded(Struct, frozen=True):
    """The amount is on its way back, under the provider's name for the refund."""

    reference: str
    amount: Money


class RefundRefused(Struct, frozen=True):
    """Not so: more than is left of the payment, or a payment that is none."""

    code: str
    words: str


class CardForm(Struct, frozen=True):
    """Where the shopper types a card, and the form's name with which to ask for it afterwards."""

    form: str
    address: str


class NotFinished(Struct, frozen=True):
    """The shopper has not filled in the form, or it is not this customer's."""


class CardOnFile(Struct, frozen=True):
    """A card as we may keep it. `token` is the provider's; one card has one `fingerprint`, whoever's it is."""

    token: str
    brand: str
    last4: str
    exp_month: int
    exp_year: int
    fingerprint: str


EventKind = Literal["paid", "declined", "step", "processing", "cancelled", "refunded", "refund-failed"]


class ProviderEvent(Struct, frozen=True):
    """News of an attempt, or of a payment; `id` is the provider's, the same each time that it is sent."""

    id: str
    kind: EventKind
    attempt: str | None
    order_id: str | None
    reference: str


class Standing(Struct, frozen=True):
    """What the provider says was paid with a payment, and given back of it."""

    reference: str
    attempt: str | None
    order_id: str | None
    paid: Money
    refunded: Money


class ForgedEvent(Exception):
    """A body that claims to be the provider's and is not signed as such, or long ago."""


class AttemptReused(Exception):
    """An attempt's id, or a refund's key, was sent before with another body. That is our mistake."""


class ProviderRefusesUs(Exception):
    """Our key, or the request itself, is not accepted. No card is to blame, and no money has moved by it."""


class ProviderAway(Unavailable):
    """Whoever takes the payments does not answer right now. Nothing was changed; try again in a moment."""

    title = "Payments do not answer right now"


class Provider(Protocol):
    """Who moves the money. Calls with an outcome never raise because of the network: that is `Unresolved`.

    They may raise ProviderRefusesUs and AttemptReused; the others ProviderRefusesUs and ProviderAway.
    """

    @property
    def name(self) -> str:
        """As in the settings."""
        ...

    @property
    def spare_card(self) -> str | None:
        """What a shopper without a card pays with: the sandbox only."""
        ...

    async def open_customer(self, key: str) -> str:
        """The provider's name for a shopper; the same key gives the same one."""
        ...

    async def begin_card(self, customer: str, return_address: str) -> CardForm:
        """A form in which `customer` types a card, and from which the browser goes on to `return_address`.

        FORM in that address becomes the form's name, or nothing where the shopper turned back.
        """
        ...

    async def finish_card(self, customer: str, form: str) -> CardOnFile | NotFinished:
        """The card that `customer` has typed. Asking again answers the same."""
        ...

    async def drop_card(self, token: str) -> None:
        """Forget a card. One that is forgotten already is fine."""
        ...

    async def charge(self, charge: Charge) -> Outcome:
        """Take the money now. Sent again it is the same attempt, and answers how that one stands."""
        ...

    async def look_up(self, charge: Charge, reference: str | None, /) -> Outcome:
        """How an attempt stands; it changes nothing."""
        ...

    async def cancel(self, charge: Charge, reference: str | None, /) -> Cancelled | Paid | Unresolved:
        """Make sure that an attempt is never paid; or learn that it was."""
        ...

    async def refund(self, reference: str, amount: Money, key: str) -> Refunded | RefundRefused | Unresolved:
        """Give back `amount` of a payment, once for each key."""
        ...

    def read_event(self, body: bytes, headers: Mapping[str, str]) -> ProviderEvent | None:
        """What a signed body says; None where it is of a kind that means nothing to us. Raises ForgedEvent."""
        ...

    def statement(self, since: datetime) -> AsyncIterator[Standing]:
        """Every payment made since then that was paid, for comparing the books."""
        ...

    async def close(self) -> None:
        """Let connections go."""
        ...
