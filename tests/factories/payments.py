"""Both providers behind one handle, so that one suite can put the same promises to them."""

import asyncio
from collections.abc import Mapping
from itertools import count
from typing import Protocol

from msgspec import Struct, field
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from app.payments import Charge, Money, NotFinished, Outcome, Paid, Provider, StepNeeded, Unresolved
from app.payments.courier import Courier
from app.payments.provider import CardOnFile
from app.payments.sandbox import LATE, Sandbox
from app.payments.sandbox_tables import bank_payments
from app.payments.stripe import Stripe
from app.platform.signing import Signer
from tests.factories.identity import MovableClock
from tests.factories.stripe_peer import API_KEY, WEBHOOK_SECRET, StripePeer

APPROVES = "4242424242424242"
DECLINES = "4000000000000002"
DECLINES_ONCE = "4000000000000341"
WANTS_A_STEP = "4000002760003184"
LOSES_THE_ANSWER = "4000000000000077"
IS_LATE = "4000000000000010"
TELLS_TWICE = "4000000000000028"

SIGNER = Signer("a secret for the sandbox's letters, long enough")
BACK = "https://shop.test/orders/1"
PRICE = Money(4999, "USD")
_numbers = count(1)

Letter = tuple[bytes, Mapping[str, str]]


class Bank(Protocol):
    """What a test may do and see on the provider's side."""

    clock: MovableClock

    def opened(self) -> Provider:
        """The provider, as one process has it."""
        ...

    async def fill_in(self, form: str, number: str) -> str:
        """What the shopper does with a form, and where the browser goes on to."""
        ...

    async def charges_of(self, attempt: str) -> int:
        """How often money moved for an attempt."""
        ...

    async def take_step(self, reference: str, *, agreed: bool) -> None:
        """What the shopper does at the bank."""
        ...

    async def ripen(self) -> None:
        """Late payments come."""
        ...

    async def letters(self) -> list[Letter]:
        """The webhooks that wait, signed now; they wait no more."""
        ...


class SandboxBank(Struct):
    """The sandbox."""

    engine: AsyncEngine
    clock: MovableClock

    def opened(self) -> Sandbox:
        return Sandbox(self.engine, self.clock, SIGNER)

    async def fill_in(self, form: str, number: str) -> str:
        onward = await self.opened().fill_in(form, number)
        assert onward is not None
        return onward

    async def charges_of(self, attempt: str) -> int:
        paid = (bank_payments.c.attempt == attempt, bank_payments.c.state == "paid")
        async with self.engine.connect() as connection:
            return (await connection.execute(select(func.count()).where(*paid))).scalar_one()

    async def take_step(self, reference: str, *, agreed: bool) -> None:
        assert await self.opened().take_step(reference, agreed=agreed) == BACK

    async def ripen(self) -> None:
        self.clock.advance(LATE.total_seconds())

    async def letters(self) -> list[Letter]:
        carried: list[Letter] = []

        async def door(body: bytes, headers: Mapping[str, str]) -> bool:
            carried.append((body, headers))
            return True

        await Courier(self.engine, self.opened(), SIGNER, self.clock, door).deliver_due()
        return carried


class PeerBank(Struct):
    """Stripe's SDK against the peer."""

    peer: StripePeer
    clock: MovableClock
    _opened: list[Stripe] = field(default_factory=list)

    def opened(self) -> Stripe:
        self._opened.append(Stripe(API_KEY, WEBHOOK_SECRET, self.clock, self.peer.address))
        return self._opened[-1]

    async def fill_in(self, form: str, number: str) -> str:
        return self.peer.fill_in(form, number)

    async def charges_of(self, attempt: str) -> int:
        return self.peer.charges_of(attempt)

    async def take_step(self, reference: str, *, agreed: bool) -> None:
        self.peer.take_step(reference, agreed=agreed)

    async def ripen(self) -> None:
        self.peer.ripen()

    async def letters(self) -> list[Letter]:
        waiting: list[Letter] = [(body, self.peer.signed(body)) for body in self.peer.letters]
        self.peer.letters.clear()
        return waiting

    async def close(self) -> None:
        for provider in self._opened:
            await provider.close()


async def customer_with(bank: Bank, provider: Provider, number: str) -> tuple[str, CardOnFile]:
    """A new customer who has typed a test card."""
    customer = await provider.open_customer(f"key-{next(_numbers)}")
    form = await provider.begin_card(customer, BACK)
    await bank.fill_in(form.form, number)
    card = await provider.finish_card(customer, form.form)
    assert not isinstance(card, NotFinished)
    return customer, card


async def charge_with(bank: Bank, provider: Provider, number: str, **chosen: object) -> Charge:
    """A new attempt, with a new customer's test card."""
    customer, card = await customer_with(bank, provider, number)
    return new_charge(bank.clock, customer, card.token, **chosen)


def new_charge(clock: MovableClock, customer: str, card: str, **chosen: object) -> Charge:
    """A new attempt with this card."""
    number = next(_numbers)
    ordinary = {"attempt": f"order-{number}/1", "order_id": f"order-{number}", "amount": PRICE}
    fields = ordinary | {"customer": customer, "card": card, "made_at": clock.now(), "return_address": BACK}
    return Charge(**(fields | chosen))  # type: ignore[arg-type]


async def settled(provider: Provider, charge: Charge) -> Outcome:
    """Send an attempt until its outcome is known, as whoever settles does."""
    async with asyncio.timeout(60):
        while True:
            outcome = await provider.charge(charge)
            if not isinstance(outcome, Unresolved):
                return outcome


async def paid(provider: Provider, charge: Charge) -> Paid:
    """An attempt that pays."""
    outcome = await settled(provider, charge)
    assert isinstance(outcome, Paid)
    return outcome


async def at_the_step(provider: Provider, charge: Charge) -> StepNeeded:
    """An attempt that waits for the shopper."""
    outcome = await provider.charge(charge)
    assert isinstance(outcome, StepNeeded)
    return outcome
