"""The promises of `Provider` about refunds, news and statements, put to both providers."""

import asyncio
from datetime import timedelta

import pytest

from app.payments import (
    AttemptReused,
    Declined,
    Money,
    Provider,
    Refunded,
    RefundRefused,
)
from app.payments.provider import ForgedEvent
from tests.factories.payments import (
    APPROVES,
    DECLINES,
    PRICE,
    TELLS_TWICE,
    Bank,
    charge_with,
    paid,
)


async def test_refunds_in_parts_come_to_the_payment_and_no_more(bank: Bank, provider: Provider) -> None:
    payment = await paid(provider, await charge_with(bank, provider, APPROVES))
    some = Money(2000, "USD")
    first = await provider.refund(payment.reference, some, f"{payment.reference}-a")
    assert isinstance(first, Refunded)
    assert first.amount == some
    assert await provider.refund(payment.reference, some, f"{payment.reference}-a") == first
    assert isinstance(
        await provider.refund(payment.reference, PRICE, f"{payment.reference}-b"), RefundRefused
    )
    rest = Money(2999, "USD")
    assert isinstance(await provider.refund(payment.reference, rest, f"{payment.reference}-c"), Refunded)
    more = await provider.refund(payment.reference, Money(1, "USD"), f"{payment.reference}-d")
    assert isinstance(more, RefundRefused)
    assert await refunded(bank, provider, payment.reference) == PRICE.amount


async def test_refunds_at_the_same_time_never_come_to_more_than_the_payment(
    bank: Bank, provider: Provider
) -> None:
    payment = await paid(provider, await charge_with(bank, provider, APPROVES))
    half = Money(2500, "USD")
    keys = [f"{payment.reference}-{number}" for number in range(4)]
    answers = await asyncio.gather(*(bank.opened().refund(payment.reference, half, key) for key in keys))
    assert sorted(type(answer).__name__ for answer in answers) == ["RefundRefused"] * 3 + ["Refunded"]
    assert await refunded(bank, provider, payment.reference) == half.amount


async def test_a_refunds_key_is_good_for_one_body(bank: Bank, provider: Provider) -> None:
    payment = await paid(provider, await charge_with(bank, provider, APPROVES))
    await provider.refund(payment.reference, Money(100, "USD"), f"{payment.reference}-a")
    with pytest.raises(AttemptReused):
        await provider.refund(payment.reference, Money(200, "USD"), f"{payment.reference}-a")


async def test_what_was_not_paid_is_not_refunded(bank: Bank, provider: Provider) -> None:
    declined = await provider.charge(await charge_with(bank, provider, DECLINES))
    assert isinstance(declined, Declined)
    reference = declined.reference or ""
    assert isinstance(await provider.refund(reference, PRICE, f"{reference}-a"), RefundRefused)
    assert isinstance(await provider.refund("payment_unknown", PRICE, f"{reference}-b"), RefundRefused)


async def test_news_name_the_attempt_its_order_and_the_payment(bank: Bank, provider: Provider) -> None:
    charge = await charge_with(bank, provider, APPROVES)
    payment = await paid(provider, charge)
    await provider.refund(payment.reference, PRICE, f"{payment.reference}-a")
    news = [provider.read_event(*letter) for letter in await bank.letters()]
    assert [event and event.kind for event in news] == ["paid", "refunded"]
    for event in news:
        assert event is not None
        assert (event.attempt, event.order_id, event.reference) == (
            charge.attempt,
            charge.order_id,
            payment.reference,
        )


async def test_news_that_come_twice_have_one_name(bank: Bank, provider: Provider) -> None:
    await paid(provider, await charge_with(bank, provider, TELLS_TWICE))
    news = [provider.read_event(*letter) for letter in await bank.letters()]
    assert len(news) == 2
    assert news[0] == news[1]


async def test_forged_news_are_refused(bank: Bank, provider: Provider) -> None:
    await paid(provider, await charge_with(bank, provider, APPROVES))
    [(body, headers)] = await bank.letters()
    assert provider.read_event(body, headers) is not None
    name, value = next(iter(headers.items()))
    for forged_body, forged_headers in (
        (body + b" ", headers),
        (body.replace(b"order", b"ordre"), headers),
        (body, {}),
        (body, {name: ""}),
        (body, {name: value[:-2] + "AA"}),
        (body, {name: value.replace("v1=", "v0=") + "x"}),
        (b"\xff\xfe", headers),
        (b"", {name: "t=1"}),
    ):
        with pytest.raises(ForgedEvent):
            provider.read_event(forged_body, forged_headers)
    bank.clock.advance(301)
    with pytest.raises(ForgedEvent, match="long ago"):
        provider.read_event(body, headers)


async def test_the_statement_has_what_was_paid_and_given_back_and_nothing_else(
    bank: Bank, provider: Provider
) -> None:
    began = bank.clock.now()
    charge = await charge_with(bank, provider, APPROVES)
    payment = await paid(provider, charge)
    await provider.refund(payment.reference, Money(999, "USD"), f"{payment.reference}-a")
    await provider.charge(await charge_with(bank, provider, DECLINES))
    [standing] = [standing async for standing in provider.statement(began)]
    assert (standing.reference, standing.attempt, standing.order_id) == (
        payment.reference,
        charge.attempt,
        charge.order_id,
    )
    assert (standing.paid, standing.refunded) == (PRICE, Money(999, "USD"))
    assert [one async for one in provider.statement(began + timedelta(days=1))] == []


async def refunded(bank: Bank, provider: Provider, reference: str) -> int:
    """What the provider says was given back, in minor units."""
    since = bank.clock.now() - timedelta(days=1)
    standings = [standing async for standing in provider.statement(since)]
    return next(one.refunded.amount for one in standings if one.reference == reference)
