"""Stripe keeps an idempotency key for a day. What waits longer is looked for by what is written on it."""

import pytest

from app.payments import AttemptReused, Declined, Money, Refunded, Unresolved
from app.payments.stripe import Stripe
from tests.factories.payments import APPROVES, PRICE, PeerBank, charge_with, paid
from tests.factories.stripe_peer import StripePeer

HALF = Money(2000, "USD")


async def test_a_refund_that_was_lost_sight_of_for_a_day_goes_back_once(
    stripe: Stripe, peer_bank: PeerBank, peer: StripePeer
) -> None:
    payment = await paid(stripe, await charge_with(peer_bank, stripe, APPROVES))
    peer.fault("refund", "cut-after")
    assert isinstance(await stripe.refund(payment.reference, HALF, "once"), Unresolved)
    peer.forget_keys()
    first = await stripe.refund(payment.reference, HALF, "once")
    peer.forget_keys()
    assert isinstance(first, Refunded)
    assert await stripe.refund(payment.reference, HALF, "once") == first
    assert [amount for _, amount in peer.moved] == [PRICE.amount, -HALF.amount]
    with pytest.raises(AttemptReused):
        await stripe.refund(payment.reference, PRICE, "once")


async def test_another_part_of_the_same_size_is_another_refund(
    stripe: Stripe, peer_bank: PeerBank, peer: StripePeer
) -> None:
    payment = await paid(stripe, await charge_with(peer_bank, stripe, APPROVES))
    first = await stripe.refund(payment.reference, HALF, "one")
    assert await stripe.refund(payment.reference, HALF, "another") != first
    assert [amount for _, amount in peer.moved] == [PRICE.amount, -HALF.amount, -HALF.amount]


async def test_while_refunds_can_not_be_looked_for_none_is_made(
    stripe: Stripe, peer_bank: PeerBank, peer: StripePeer
) -> None:
    payment = await paid(stripe, await charge_with(peer_bank, stripe, APPROVES))
    peer.fault("list", "cut-before")
    assert isinstance(await stripe.refund(payment.reference, HALF, "once"), Unresolved)
    assert peer.refunds == {}


async def test_a_card_that_is_removed_before_it_is_charged_is_declined_and_not_waited_for(
    stripe: Stripe, peer_bank: PeerBank, peer: StripePeer
) -> None:
    charge = await charge_with(peer_bank, stripe, APPROVES)
    peer.fault("confirm", "cut-before")
    assert isinstance(await stripe.charge(charge), Unresolved)
    await stripe.drop_card(charge.card)
    declined = await stripe.charge(charge)
    assert isinstance(declined, Declined)
    assert declined.reference in peer.intents
    assert peer.charges_of(charge.attempt) == 0
