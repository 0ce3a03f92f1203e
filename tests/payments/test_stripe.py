"""Stripe: what only its two calls, its keys and its errors bring about. The peer makes each fault happen."""

import asyncio
import logging

import pytest
import stripe as sdk
from msgspec.structs import replace

from app.payments import (
    Cancelled,
    Declined,
    Money,
    NeverArrived,
    Paid,
    ProviderAway,
    ProviderRefusesUs,
    Refunded,
    Unresolved,
)
from app.payments.provider import ForgedEvent
from app.payments.stripe import API_VERSION, Stripe
from tests.factories.payments import (
    APPROVES,
    DECLINES,
    IS_LATE,
    PRICE,
    PeerBank,
    charge_with,
    new_charge,
    paid,
    settled,
)
from tests.factories.stripe_peer import API_KEY, WEBHOOK_SECRET, StripePeer
from tests.factories.stripe_peer_wire import Kind


@pytest.mark.parametrize("verb", ["create", "confirm"])
@pytest.mark.parametrize("kind", ["cut-before", "cut-after", "fail-before", "fail-after", "rate"])
async def test_whatever_goes_wrong_with_a_call_the_attempt_is_charged_once(
    stripe: Stripe, peer_bank: PeerBank, peer: StripePeer, verb: str, kind: Kind
) -> None:
    charge = await charge_with(peer_bank, stripe, APPROVES)
    peer.fault(verb, kind)
    outcome = await stripe.charge(charge)
    assert isinstance(outcome, Paid | Unresolved)
    if kind == "fail-before":
        # Stripe keeps its own failure under the key: it is not tried again, but can be given up if there is one.
        assert isinstance(await stripe.charge(charge), Unresolved)
        given_up = await stripe.cancel(charge, None)
        assert isinstance(given_up, Unresolved if verb == "create" else Cancelled)
        assert peer.charges_of(charge.attempt) == 0
        return
    assert isinstance(await settled(stripe, charge), Paid)
    assert peer.charges_of(charge.attempt) == 1
    assert len(peer.intents) == 1


@pytest.mark.parametrize("verb", ["create", "confirm", "cancel"])
@pytest.mark.parametrize("kind", ["cut-before", "cut-after", "rate"])
async def test_whatever_goes_wrong_cancelling_can_be_repeated_until_it_is_so(
    stripe: Stripe, peer_bank: PeerBank, peer: StripePeer, verb: str, kind: Kind
) -> None:
    charge = await charge_with(peer_bank, stripe, APPROVES)
    peer.fault(verb, kind)
    if verb == "confirm":
        await stripe.charge(charge)
    first = await stripe.cancel(charge, None)
    second = await stripe.cancel(charge, None)
    assert isinstance(second, Cancelled | Paid)
    assert isinstance(first, Unresolved) or first == second
    assert peer.charges_of(charge.attempt) == (1 if isinstance(second, Paid) else 0)


async def test_while_a_call_is_under_way_the_same_attempt_has_to_wait(
    stripe: Stripe, peer_bank: PeerBank, peer: StripePeer
) -> None:
    charge = await charge_with(peer_bank, stripe, APPROVES)
    held = peer.fault("confirm", "hold-before")
    first = asyncio.create_task(stripe.charge(charge))
    await held.come.wait()
    late = peer.fault("confirm", "hold-after")
    second = asyncio.create_task(peer_bank.opened().charge(charge))
    await late.come.wait()
    third = await peer_bank.opened().charge(charge)
    assert isinstance(third, Unresolved | Paid)
    held.may_go.set()
    late.may_go.set()
    assert {type(await first), type(await second)} <= {Paid, Unresolved}
    assert isinstance(await settled(stripe, charge), Paid)
    assert peer.charges_of(charge.attempt) == 1


@pytest.mark.parametrize("verb", ["create", "confirm"])
async def test_a_charge_that_is_stuck_while_its_attempt_is_cancelled_takes_nothing(
    stripe: Stripe, peer_bank: PeerBank, peer: StripePeer, verb: str
) -> None:
    charge = await charge_with(peer_bank, stripe, APPROVES)
    stuck = peer.fault(verb, "hold-before")
    charging = asyncio.create_task(stripe.charge(charge))
    await stuck.come.wait()
    assert isinstance(await peer_bank.opened().cancel(charge, None), Cancelled)
    stuck.may_go.set()
    assert isinstance(await charging, Cancelled)
    assert peer.charges_of(charge.attempt) == 0


async def test_a_charge_that_gets_through_first_is_not_cancelled(
    stripe: Stripe, peer_bank: PeerBank, peer: StripePeer
) -> None:
    await _race_that_the_charge_wins(stripe, peer_bank, peer)


async def test_with_a_peer_that_cancels_what_is_paid_the_race_is_lost(
    stripe: Stripe, peer_bank: PeerBank, peer: StripePeer
) -> None:
    """The control: were Stripe to cancel what is paid, this is how it would show."""
    peer.strict_states = False
    with pytest.raises(AssertionError, match="both"):
        await _race_that_the_charge_wins(stripe, peer_bank, peer)


async def _race_that_the_charge_wins(stripe: Stripe, peer_bank: PeerBank, peer: StripePeer) -> None:
    charge = await charge_with(peer_bank, stripe, APPROVES)
    unheard = peer.fault("confirm", "hold-after")
    charging = asyncio.create_task(stripe.charge(charge))
    await unheard.come.wait()  # the money has moved, and nobody knows
    cancelled = await peer_bank.opened().cancel(charge, None)
    unheard.may_go.set()
    await charging
    both = isinstance(cancelled, Cancelled) and peer.charges_of(charge.attempt) > 0
    assert not both, "both paid and cancelled"
    assert isinstance(cancelled, Paid)


async def test_with_a_peer_that_ignores_keys_an_attempt_is_charged_twice(
    stripe: Stripe, peer_bank: PeerBank, peer: StripePeer
) -> None:
    """The control: it is the keys that make two calls one."""
    peer.strict_keys = False
    charge = await charge_with(peer_bank, stripe, APPROVES)
    await stripe.charge(charge)
    await stripe.charge(charge)
    assert peer.charges_of(charge.attempt) == 2


async def test_with_a_peer_that_counts_no_refunds_more_goes_back_than_came_in(
    stripe: Stripe, peer_bank: PeerBank, peer: StripePeer
) -> None:
    """The control: the limit is the provider's; the books have one of their own."""
    peer.strict_refunds = False
    payment = await paid(stripe, await charge_with(peer_bank, stripe, APPROVES))
    for key in ("a", "b"):
        assert isinstance(await stripe.refund(payment.reference, PRICE, key), Refunded)
    assert sum(amount for _, amount in peer.moved) < 0


async def test_a_processing_payment_can_not_be_cancelled_yet(
    stripe: Stripe, peer_bank: PeerBank, peer: StripePeer
) -> None:
    charge = await charge_with(peer_bank, stripe, IS_LATE)
    unresolved = await stripe.charge(charge)
    assert isinstance(await stripe.cancel(charge, None), Unresolved)
    peer.ripen()
    assert isinstance(unresolved, Unresolved)
    assert isinstance(await stripe.cancel(charge, unresolved.reference), Paid)


@pytest.mark.parametrize("number", [APPROVES, DECLINES])
async def test_an_attempt_is_known_when_stripe_has_forgotten_its_keys(
    stripe: Stripe, peer_bank: PeerBank, peer: StripePeer, number: str
) -> None:
    charge = await charge_with(peer_bank, stripe, number)
    first = await stripe.charge(charge)
    peer.kept.clear()
    peer_bank.clock.advance(25 * 3600)
    assert await stripe.charge(charge) == first
    assert len(peer.intents) == 1
    assert peer.charges_of(charge.attempt) == (1 if number == APPROVES else 0)


async def test_an_attempt_is_found_among_more_payments_than_a_page_holds(
    stripe: Stripe, peer_bank: PeerBank, peer: StripePeer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.payments.stripe.PAGE", 2)
    first = await charge_with(peer_bank, stripe, APPROVES)
    payment = await paid(stripe, first)
    for _ in range(4):
        await paid(stripe, new_charge(peer_bank.clock, first.customer, first.card))
    assert await stripe.look_up(first, None) == payment
    assert len([standing async for standing in stripe.statement(first.made_at)]) == 5


async def test_a_refund_whose_answer_is_lost_goes_back_once(
    stripe: Stripe, peer_bank: PeerBank, peer: StripePeer
) -> None:
    payment = await paid(stripe, await charge_with(peer_bank, stripe, APPROVES))
    peer.fault("refund", "cut-after")
    assert isinstance(await stripe.refund(payment.reference, PRICE, "once"), Unresolved)
    assert isinstance(await stripe.refund(payment.reference, PRICE, "once"), Refunded)
    assert [amount for _, amount in peer.moved] == [PRICE.amount, -PRICE.amount]


async def test_a_refund_that_was_pending_is_asked_for_again(
    stripe: Stripe, peer_bank: PeerBank, peer: StripePeer
) -> None:
    payment = await paid(stripe, await charge_with(peer_bank, stripe, APPROVES))
    peer.refund_status = "pending"
    pending = await stripe.refund(payment.reference, PRICE, "once")
    assert isinstance(pending, Unresolved)
    assert pending.reference is not None
    peer.refunds[pending.reference]["status"] = "succeeded"
    assert isinstance(await stripe.refund(payment.reference, PRICE, "once"), Refunded)


@pytest.mark.parametrize(
    ("amount", "sent"),
    [
        (Money(1500, "JPY"), 1500),
        (Money(4990, "KWD"), 4990),
        (Money(500, "ISK"), 50000),
        (Money(20000, "UGX"), 2000000),
        (Money(4999, "EUR"), 4999),
    ],
)
async def test_every_currency_is_sent_as_stripe_counts_it_and_comes_back_as_we_do(
    stripe: Stripe, peer_bank: PeerBank, peer: StripePeer, amount: Money, sent: int
) -> None:
    payment = await paid(stripe, await charge_with(peer_bank, stripe, APPROVES, amount=amount))
    assert payment.amount == amount
    assert peer.intents[payment.reference]["amount"] == sent
    refunded = await stripe.refund(payment.reference, amount, "back")
    assert isinstance(refunded, Refunded)
    assert refunded.amount == amount


@pytest.mark.parametrize("amount", [Money(4999, "KWD"), Money(10**8, "USD"), Money(49, "USD")])
async def test_an_amount_that_stripe_does_not_take_is_a_decline_and_can_be_given_up(
    stripe: Stripe, peer_bank: PeerBank, peer: StripePeer, amount: Money
) -> None:
    charge = await charge_with(peer_bank, stripe, APPROVES, amount=amount)
    assert isinstance(await stripe.charge(charge), Declined)
    assert await stripe.cancel(charge, None) == Cancelled(None)
    assert peer.moved == []


async def test_a_key_that_stripe_does_not_accept_is_our_fault_and_never_told(
    peer_bank: PeerBank, peer: StripePeer, stripe: Stripe, caplog: pytest.LogCaptureFixture
) -> None:
    charge = await charge_with(peer_bank, stripe, APPROVES)
    wrong = Stripe("sk_test_wrong", WEBHOOK_SECRET, peer_bank.clock, peer.address)
    with caplog.at_level(logging.DEBUG), pytest.raises(ProviderRefusesUs) as caught:
        await wrong.charge(charge)
    await wrong.close()
    assert "BREADMAKER_STRIPE_API_KEY" in str(caught.value)
    said = str(caught.value) + repr(wrong) + caplog.text
    assert all(secret not in said for secret in ("sk_test_wrong", API_KEY, WEBHOOK_SECRET))


async def test_without_an_answer_nothing_is_known_and_a_form_is_not_to_be_had(
    stripe: Stripe, peer_bank: PeerBank, peer: StripePeer
) -> None:
    charge = await charge_with(peer_bank, stripe, APPROVES)
    peer.fault("list", "cut-before")
    assert await stripe.look_up(charge, None) == Unresolved(None)
    assert await stripe.look_up(charge, None) == NeverArrived()
    peer.fault("session", "cut-before")
    with pytest.raises(ProviderAway):
        await stripe.begin_card(charge.customer, "https://shop.test/")


def test_the_version_is_the_one_that_the_sdk_was_made_for() -> None:
    assert sdk.api_version == API_VERSION


async def test_an_old_signature_does_not_pass_with_a_second_moment_beside_it(
    stripe: Stripe, peer_bank: PeerBank, peer: StripePeer
) -> None:
    await paid(stripe, await charge_with(peer_bank, stripe, APPROVES))
    [(body, headers)] = await peer_bank.letters()
    peer_bank.clock.advance(3600)
    now = int(peer_bank.clock.now().timestamp())
    moment, signature = headers["stripe-signature"].split(",")
    for header in (f"{moment},t={now},{signature}", f"{moment},{signature},t={now}"):
        with pytest.raises(ForgedEvent):
            stripe.read_event(body, {"stripe-signature": header})
    with pytest.raises(ForgedEvent):
        stripe.read_event(body, peer.signed(body, "whsec_of_somebody_else"))
    assert stripe.read_event(body, peer.signed(body)) is not None


@pytest.mark.parametrize("body", [b'{"id":"evt_1","type":"invoice.paid"}', b'{"id":"evt_2"}'])
async def test_kinds_of_news_that_mean_nothing_to_us_are_none(
    stripe: Stripe, peer: StripePeer, body: bytes
) -> None:
    assert stripe.read_event(body, peer.signed(body)) is None


async def test_the_way_back_is_no_part_of_an_attempts_body(
    stripe: Stripe, peer_bank: PeerBank, peer: StripePeer
) -> None:
    charge = await charge_with(peer_bank, stripe, APPROVES)
    await stripe.charge(charge)
    assert isinstance(await stripe.charge(replace(charge, return_address="https://elsewhere.test/")), Paid)
