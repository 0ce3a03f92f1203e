"""Customers and cards on file, at either provider."""

import asyncio

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from app.payments import Card, Cards, Charge, Declined, NotFinished, Paid, Provider
from tests.factories.identity import MovableClock
from tests.factories.payments import APPROVES, BACK, DECLINES, PRICE, WANTS_A_STEP, Bank, PeerBank

ADA, BOB = 1, 2


@pytest.fixture
def cards(engine: AsyncEngine, provider: Provider, clock: MovableClock) -> Cards:
    """The cards on file."""
    return Cards(engine, provider, clock)


async def add(cards: Cards, bank: Bank, shopper_id: int, number: str) -> Card:
    """A card that a shopper types."""
    form = await cards.begin(shopper_id, BACK)
    await bank.fill_in(form.form, number)
    card = await cards.finish(shopper_id, form.form)
    assert not isinstance(card, NotFinished)
    bank.clock.advance(1)
    return card


async def test_the_card_typed_last_is_charged_until_another_is_chosen(
    bank: Bank, cards: Cards, engine: AsyncEngine
) -> None:
    first = await add(cards, bank, ADA, APPROVES)
    second = await add(cards, bank, ADA, DECLINES)
    assert (first.brand, first.last4, first.exp_month, first.exp_year) == ("visa", "4242", 12, 2040)
    assert [(card.id, card.is_default) for card in await cards.of(ADA)] == [
        (second.id, True),
        (first.id, False),
    ]
    assert await cards.prefer(ADA, first.id)
    assert [card.is_default for card in await cards.of(ADA)] == [False, True]
    assert not first.is_over(bank.clock.now())


async def test_what_is_charged_is_the_shoppers_default_card(
    bank: Bank, cards: Cards, engine: AsyncEngine, provider: Provider
) -> None:
    good = await add(cards, bank, ADA, APPROVES)
    await add(cards, bank, ADA, DECLINES)
    assert isinstance(await _charge(cards, bank, engine, provider, "1"), Declined)
    await cards.prefer(ADA, good.id)
    assert isinstance(await _charge(cards, bank, engine, provider, "2"), Paid)


async def _charge(cards: Cards, bank: Bank, engine: AsyncEngine, provider: Provider, attempt: str) -> object:
    async with engine.connect() as connection:
        means = await cards.means_of(connection, ADA)
    assert means is not None
    return await provider.charge(
        Charge(attempt, "order", PRICE, means.customer, means.card, bank.clock.now())
    )


async def test_only_the_sandbox_has_a_card_to_spare(
    bank: Bank, cards: Cards, engine: AsyncEngine, provider: Provider
) -> None:
    async with engine.connect() as connection:
        means = await cards.means_of(connection, ADA)
        assert not await cards.has_card(connection, ADA)
    assert (means is None) == isinstance(bank, PeerBank)
    if means is not None:
        assert isinstance(await _charge(cards, bank, engine, provider, "1"), Paid)


async def test_another_shoppers_card_is_as_good_as_none(
    bank: Bank, cards: Cards, engine: AsyncEngine
) -> None:
    hers = await add(cards, bank, ADA, APPROVES)
    form = await cards.begin(ADA, BACK)
    await bank.fill_in(form.form, DECLINES)
    assert await cards.finish(BOB, form.form) == NotFinished()
    assert not await cards.prefer(BOB, hers.id)
    assert not await cards.remove(BOB, hers.id)
    assert await cards.of(BOB) == []
    assert await cards.of(ADA) == [hers]


async def test_one_card_typed_twice_is_one_card(bank: Bank, cards: Cards) -> None:
    first = await add(cards, bank, ADA, APPROVES)
    await add(cards, bank, ADA, DECLINES)
    again = await add(cards, bank, ADA, APPROVES)
    assert again.id == first.id
    assert {(card.last4, card.is_default) for card in await cards.of(ADA)} == {
        ("4242", True),
        ("0002", False),
    }


async def test_asking_for_a_form_twice_keeps_its_card_once(bank: Bank, cards: Cards) -> None:
    form = await cards.begin(ADA, BACK)
    await bank.fill_in(form.form, APPROVES)
    kept = await asyncio.gather(*(cards.finish(ADA, form.form) for _ in range(4)))
    assert len({card.id for card in kept if isinstance(card, Card)}) == 1
    assert len(await cards.of(ADA)) == 1


async def test_a_card_that_is_removed_leaves_its_place_to_the_newest(bank: Bank, cards: Cards) -> None:
    for number in (APPROVES, DECLINES, WANTS_A_STEP):
        await add(cards, bank, ADA, number)
    newest, middle, oldest = await cards.of(ADA)
    assert await cards.remove(ADA, newest.id)
    assert [(card.id, card.is_default) for card in await cards.of(ADA)] == [
        (middle.id, True),
        (oldest.id, False),
    ]
    assert not await cards.remove(ADA, newest.id)


async def test_of_a_forgotten_shopper_no_card_is_left(bank: Bank, cards: Cards, engine: AsyncEngine) -> None:
    for shopper_id in (ADA, BOB):
        await add(cards, bank, shopper_id, APPROVES)
    await cards.forget(ADA)
    async with engine.connect() as connection:
        assert not await cards.has_card(connection, ADA)
        assert await cards.has_card(connection, BOB)


async def test_two_shoppers_with_one_card_share_its_fingerprint(
    bank: Bank, cards: Cards, engine: AsyncEngine
) -> None:
    await add(cards, bank, ADA, APPROVES)
    await add(cards, bank, BOB, APPROVES)
    await add(cards, bank, BOB, DECLINES)
    async with engine.connect() as connection:
        adas, bobs = [await cards.fingerprints_of(connection, who) for who in (ADA, BOB)]
    assert (len(adas), len(bobs), adas < bobs) == (1, 2, True)


async def test_a_shopper_has_one_name_at_the_provider_however_many_ask(cards: Cards) -> None:
    names = await asyncio.gather(*(cards.customer_of(ADA) for _ in range(5)))
    assert len(set(names)) == 1
    assert await cards.customer_of(BOB) not in names
