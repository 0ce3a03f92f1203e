"""The promises of `Provider`, put to the sandbox and, against a strict peer, to Stripe."""

import asyncio
from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from app.payments import (
    FORM,
    AttemptReused,
    Cancelled,
    Charge,
    Declined,
    Money,
    NeverArrived,
    NotFinished,
    Paid,
    Provider,
    Unresolved,
)
from tests.factories.payments import (
    APPROVES,
    BACK,
    DECLINES,
    DECLINES_ONCE,
    IS_LATE,
    LOSES_THE_ANSWER,
    PRICE,
    WANTS_A_STEP,
    Bank,
    at_the_step,
    charge_with,
    customer_with,
    new_charge,
    settled,
)


async def test_an_attempt_that_is_sent_again_is_the_same_one(bank: Bank, provider: Provider) -> None:
    charge = await charge_with(bank, provider, APPROVES)
    first = await provider.charge(charge)
    assert first == await provider.charge(charge) == await provider.look_up(charge, None)
    assert isinstance(first, Paid)
    assert first.amount == PRICE
    assert await bank.charges_of(charge.attempt) == 1


async def test_many_who_send_one_attempt_at_once_charge_it_once(bank: Bank, provider: Provider) -> None:
    charge = await charge_with(bank, provider, APPROVES)
    outcomes = await asyncio.gather(*(settled(bank.opened(), charge) for _ in range(6)))
    assert len(set(outcomes)) == 1
    assert isinstance(outcomes[0], Paid)
    assert await bank.charges_of(charge.attempt) == 1


async def test_a_lost_answer_charges_once_and_is_found_without_a_reference(
    bank: Bank, provider: Provider
) -> None:
    charge = await charge_with(bank, provider, LOSES_THE_ANSWER)
    assert isinstance(await provider.charge(charge), Unresolved)
    assert isinstance(await provider.look_up(charge, None), Paid)
    assert isinstance(await provider.charge(charge), Paid)
    assert await bank.charges_of(charge.attempt) == 1
    assert await bank.letters() == []


async def test_a_declined_attempt_stays_declined_and_the_next_one_may_pay(
    bank: Bank, provider: Provider
) -> None:
    charge = await charge_with(bank, provider, DECLINES_ONCE)
    declined = await provider.charge(charge)
    assert isinstance(declined, Declined)
    assert (declined.code, bool(declined.words)) == ("card_declined", True)
    assert await provider.charge(charge) == declined == await provider.look_up(charge, None)
    assert isinstance(await provider.cancel(charge, declined.reference), Cancelled)
    second = replace(charge, attempt=f"{charge.order_id}/2")
    assert isinstance(await provider.charge(second), Paid)
    assert await bank.charges_of(charge.attempt) == 0


@pytest.mark.parametrize("agreed", [True, False])
async def test_an_extra_step_is_the_shoppers_to_take(bank: Bank, provider: Provider, agreed: bool) -> None:
    charge = await charge_with(bank, provider, WANTS_A_STEP)
    step = await at_the_step(provider, charge)
    assert step.address
    assert await provider.charge(charge) == step == await provider.look_up(charge, step.reference)
    await bank.take_step(step.reference, agreed=agreed)
    ended = await provider.look_up(charge, step.reference)
    assert isinstance(ended, Paid if agreed else Declined)
    assert await provider.charge(charge) == ended
    assert await bank.charges_of(charge.attempt) == (1 if agreed else 0)


async def test_without_a_way_back_a_step_is_a_decline(bank: Bank, provider: Provider) -> None:
    charge = await charge_with(bank, provider, WANTS_A_STEP, return_address="")
    assert isinstance(await provider.charge(charge), Declined)


async def test_a_step_that_is_cancelled_can_not_be_taken_any_more(bank: Bank, provider: Provider) -> None:
    charge = await charge_with(bank, provider, WANTS_A_STEP)
    step = await at_the_step(provider, charge)
    assert isinstance(await provider.cancel(charge, step.reference), Cancelled)
    assert isinstance(await provider.charge(charge), Cancelled)
    assert await bank.charges_of(charge.attempt) == 0


async def test_a_late_payment_is_unresolved_until_it_comes(bank: Bank, provider: Provider) -> None:
    charge = await charge_with(bank, provider, IS_LATE)
    unresolved = await provider.charge(charge)
    assert isinstance(unresolved, Unresolved)
    assert unresolved.reference is not None
    assert await provider.look_up(charge, unresolved.reference) == unresolved
    await bank.ripen()
    assert isinstance(await provider.look_up(charge, unresolved.reference), Paid)
    assert isinstance(await provider.cancel(charge, unresolved.reference), Paid)
    assert await bank.charges_of(charge.attempt) == 1


async def test_what_was_never_sent_never_arrived_and_looking_charges_nothing(
    bank: Bank, provider: Provider
) -> None:
    charge = await charge_with(bank, provider, APPROVES)
    assert await provider.look_up(charge, None) == NeverArrived()
    assert await bank.charges_of(charge.attempt) == 0


async def test_a_charge_that_arrives_after_its_cancelling_takes_nothing(
    bank: Bank, provider: Provider
) -> None:
    charge = await charge_with(bank, provider, APPROVES)
    assert isinstance(await provider.cancel(charge, None), Cancelled)
    assert isinstance(await provider.charge(charge), Cancelled)
    assert isinstance(await provider.look_up(charge, None), Cancelled)
    assert await bank.charges_of(charge.attempt) == 0


@pytest.mark.parametrize("number", [APPROVES, LOSES_THE_ANSWER])
async def test_what_is_paid_can_not_be_cancelled(bank: Bank, provider: Provider, number: str) -> None:
    charge = await charge_with(bank, provider, number)
    await provider.charge(charge)
    for _ in range(2):
        assert isinstance(await provider.cancel(charge, None), Paid)


async def test_an_attempt_ends_paid_or_cancelled_whichever_comes_first(
    bank: Bank, provider: Provider
) -> None:
    customer, card = await customer_with(bank, provider, APPROVES)
    charges = [new_charge(bank.clock, customer, card.token) for _ in range(12)]
    other = bank.opened()

    async def race(charge: Charge, head_start: int) -> None:
        async def later(call: str, turns: int) -> object:
            for _ in range(turns):
                await asyncio.sleep(0)
            return await (provider.charge(charge) if call == "charge" else other.cancel(charge, None))

        answers = await asyncio.gather(later("charge", 0), later("cancel", head_start))
        end = await _cancelled_or_paid(provider, charge)
        assert {type(answer) for answer in answers} <= {type(end), Unresolved}
        assert await bank.charges_of(charge.attempt) == (1 if isinstance(end, Paid) else 0)

    for number, charge in enumerate(charges):
        await race(charge, head_start=number * 8)


async def _cancelled_or_paid(provider: Provider, charge: Charge) -> Paid | Cancelled:
    async with asyncio.timeout(60):
        while True:
            outcome = await provider.cancel(charge, None)
            if not isinstance(outcome, Unresolved):
                return outcome


@pytest.mark.parametrize(
    "change", [{"amount": Money(4998, "USD")}, {"amount": Money(4999, "EUR")}, {"order_id": "another"}]
)
async def test_an_attempts_id_is_good_for_one_body(
    bank: Bank, provider: Provider, change: dict[str, object]
) -> None:
    charge = await charge_with(bank, provider, APPROVES)
    await provider.charge(charge)
    with pytest.raises(AttemptReused):
        await provider.charge(replace(charge, **change))
    assert await bank.charges_of(charge.attempt) == 1


async def test_another_customers_card_is_never_charged(bank: Bank, provider: Provider) -> None:
    _, card = await customer_with(bank, provider, APPROVES)
    thief, _ = await customer_with(bank, provider, DECLINES)
    charge = new_charge(bank.clock, thief, card.token)
    assert isinstance(await provider.charge(charge), Declined)
    assert await bank.charges_of(charge.attempt) == 0


async def test_a_card_that_is_dropped_is_never_charged_again(bank: Bank, provider: Provider) -> None:
    customer, card = await customer_with(bank, provider, APPROVES)
    for _ in range(2):
        await provider.drop_card(card.token)
    charge = new_charge(bank.clock, customer, card.token)
    assert isinstance(await provider.charge(charge), Declined)
    assert isinstance(await provider.cancel(charge, None), Cancelled)


async def test_a_forms_card_is_its_customers_and_there_when_it_was_typed(
    bank: Bank, provider: Provider
) -> None:
    customer, other = await provider.open_customer("one"), await provider.open_customer("other")
    form = await provider.begin_card(customer, BACK)
    assert await provider.finish_card(customer, form.form) == NotFinished()
    await bank.fill_in(form.form, APPROVES)
    assert await provider.finish_card(other, form.form) == NotFinished()
    assert await provider.finish_card(customer, "no such form") == NotFinished()
    card = await provider.finish_card(customer, form.form)
    assert not isinstance(card, NotFinished)
    assert (card.brand, card.last4, card.exp_year) == ("visa", "4242", 2040)
    assert await provider.finish_card(customer, form.form) == card
    _, same = await customer_with(bank, provider, APPROVES)
    assert (same.fingerprint, same.token != card.token) == (card.fingerprint, True)


async def test_a_form_leads_back_to_where_it_was_begun_and_says_its_name(
    bank: Bank, provider: Provider
) -> None:
    customer = await provider.open_customer("one")
    form = await provider.begin_card(customer, f"{BACK}?card={FORM}")
    assert await bank.fill_in(form.form, APPROVES) == f"{BACK}?card={form.form}"


async def test_one_key_is_one_customer(provider: Provider) -> None:
    first = await provider.open_customer("one key")
    assert await provider.open_customer("one key") == first
    assert await provider.open_customer("another key") != first


def test_nothing_is_no_charge() -> None:
    with pytest.raises(ValueError, match="positive"):
        replace(_any_charge(), amount=Money(0, "USD"))
    for wrong in ("", "two words", "näher", "x" * 201):
        with pytest.raises(ValueError, match="visible ASCII"):
            replace(_any_charge(), attempt=wrong)


def _any_charge() -> Charge:
    return Charge("a", "o", PRICE, "c", "k", datetime(2026, 1, 1, tzinfo=UTC))
