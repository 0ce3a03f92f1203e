"""The sandbox's bank: what only it does."""

import asyncio

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

from app.payments import Cancelled, Charge, Paid, Unresolved
from app.payments.sandbox import LATE
from app.payments.test_cards import BY_NUMBER, DECLINES, TEST_CARDS
from tests.factories.identity import MovableClock
from tests.factories.payments import (
    APPROVES,
    IS_LATE,
    SandboxBank,
    charge_with,
    customer_with,
    new_charge,
    paid,
)


async def test_a_late_payment_that_is_cancelled_in_time_never_comes(
    sandbox_bank: SandboxBank, clock: MovableClock
) -> None:
    sandbox = sandbox_bank.opened()
    charge = await charge_with(sandbox_bank, sandbox, IS_LATE)
    await sandbox.charge(charge)
    clock.advance(LATE.total_seconds() - 0.001)
    assert isinstance(await sandbox.cancel(charge, None), Cancelled)
    clock.advance(60)
    assert isinstance(await sandbox.look_up(charge, None), Cancelled)
    assert await sandbox_bank.charges_of(charge.attempt) == 0


@pytest.mark.parametrize("moment", [-0.001, 0, 0.001])
async def test_at_the_moment_when_a_late_payment_comes_it_is_paid_or_cancelled_for_all(
    sandbox_bank: SandboxBank, clock: MovableClock, moment: float
) -> None:
    sandbox = sandbox_bank.opened()
    customer, card = await customer_with(sandbox_bank, sandbox, IS_LATE)
    charges = [new_charge(clock, customer, card.token) for _ in range(10)]
    for charge in charges:
        assert isinstance(await sandbox.charge(charge), Unresolved)
    clock.advance(LATE.total_seconds() + moment)

    async def ends(charge: Charge) -> None:
        calls = (sandbox.cancel(charge, None), sandbox.look_up(charge, None), sandbox.charge(charge))
        answers = await asyncio.gather(*calls, sandbox.ripen(), return_exceptions=False)
        end = await sandbox.look_up(charge, None)
        assert isinstance(end, Paid if moment >= 0 else Cancelled)
        assert {type(answer) for answer in answers[:3]} <= {type(end), Unresolved}

    await asyncio.gather(*(ends(charge) for charge in charges[:3]))
    for charge in charges[3:]:
        await ends(charge)


async def test_what_the_bank_knows_survives_those_who_asked(
    sandbox_bank: SandboxBank, clock: MovableClock
) -> None:
    sandbox = sandbox_bank.opened()
    charge = await charge_with(sandbox_bank, sandbox, APPROVES)
    payment = await paid(sandbox, charge)
    assert await sandbox_bank.opened().charge(charge) == payment


async def test_the_tables_themselves_refuse_to_give_back_more_than_came_in(
    sandbox_bank: SandboxBank, engine: AsyncEngine
) -> None:
    sandbox = sandbox_bank.opened()
    await paid(sandbox, await charge_with(sandbox_bank, sandbox, APPROVES))
    for wrong in ("refunded = amount + 1", "refunded = 1, state = 'cancelled'"):
        with pytest.raises(IntegrityError):
            async with engine.begin() as connection:
                await connection.execute(text(f"UPDATE sandbox_payments SET {wrong}"))


def test_the_test_cards_are_numbers_that_a_form_would_take() -> None:
    assert len(BY_NUMBER) == len(TEST_CARDS)
    for card in TEST_CARDS:
        digits = [int(digit) for digit in reversed(card.number)]
        doubled = [digit if n % 2 == 0 else digit * 2 - 9 * (digit > 4) for n, digit in enumerate(digits)]
        assert (len(digits), sum(doubled) % 10) == (16, 0), card.number
        assert (card.deed in ("decline", "decline-once")) == (card.code in DECLINES)
