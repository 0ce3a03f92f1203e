"""News from either provider: late, twice, out of order, forged or never, they are taken once."""

import asyncio
from collections.abc import Mapping

import pytest
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from app.payments import Paid, Provider
from app.payments.courier import Courier
from app.payments.events import Events
from app.payments.provider import ForgedEvent
from app.payments.tables import payment_events
from tests.factories.identity import MovableClock
from tests.factories.payments import (
    APPROVES,
    DECLINES,
    IS_LATE,
    SIGNER,
    TELLS_TWICE,
    WANTS_A_STEP,
    Bank,
    SandboxBank,
    at_the_step,
    charge_with,
    paid,
)


@pytest.fixture
def events(engine: AsyncEngine, provider: Provider, clock: MovableClock) -> Events:
    """The news, as one process takes them in."""
    return Events(engine, provider, clock)


async def stored(engine: AsyncEngine) -> int:
    """How many there are."""
    async with engine.connect() as connection:
        return (await connection.execute(select(func.count()).select_from(payment_events))).scalar_one()


async def test_news_are_stored_once_and_wake_whoever_waits(
    bank: Bank, provider: Provider, events: Events, engine: AsyncEngine
) -> None:
    charge = await charge_with(bank, provider, TELLS_TWICE)
    await paid(provider, charge)
    letters = await bank.letters()
    assert [await events.receive(*letter) for letter in letters] == [True, False]
    assert events.changed.is_set()
    assert await stored(engine) == 1
    async with engine.begin() as connection:
        [news] = await events.take(connection)
    assert (news.kind, news.attempt, news.order_id) == ("paid", charge.attempt, charge.order_id)
    assert await events.receive(*letters[0]) is False, "it stays known when it is taken"
    async with engine.begin() as connection:
        assert await events.take(connection) == []


async def test_the_same_news_at_once_are_stored_once(
    bank: Bank, provider: Provider, events: Events, engine: AsyncEngine
) -> None:
    await paid(provider, await charge_with(bank, provider, APPROVES))
    [letter] = await bank.letters()
    fresh = await asyncio.gather(*(events.receive(*letter) for _ in range(5)))
    assert sorted(fresh) == [False] * 4 + [True]
    assert await stored(engine) == 1


@pytest.mark.parametrize("order", ["as they come", "turned round", "only the last", "none"])
async def test_in_whatever_order_news_come_the_look_tells_the_truth(
    bank: Bank, provider: Provider, events: Events, engine: AsyncEngine, order: str
) -> None:
    charge = await charge_with(bank, provider, WANTS_A_STEP)
    step = await at_the_step(provider, charge)
    await bank.take_step(step.reference, agreed=True)
    letters = await bank.letters()
    assert len(letters) >= 2
    for letter in {
        "as they come": letters,
        "turned round": letters[::-1],
        "only the last": letters[-1:],
        "none": [],
    }[order]:
        assert await events.receive(*letter)
    async with engine.begin() as connection:
        assert {news.attempt for news in await events.take(connection)} <= {charge.attempt}
    assert isinstance(await provider.look_up(charge, None), Paid)


async def test_news_of_an_order_that_nobody_knows_yet_wait_for_it(
    bank: Bank, provider: Provider, events: Events, engine: AsyncEngine
) -> None:
    await paid(provider, await charge_with(bank, provider, APPROVES, order_id="not here yet"))
    [letter] = await bank.letters()
    assert await events.receive(*letter)
    async with engine.connect() as connection:
        assert [news.order_id for news in await events.take(connection)] == ["not here yet"]
        await connection.rollback()
    async with engine.begin() as connection:
        assert len(await events.take(connection)) == 1, "what was rolled back was not taken"


async def test_two_who_take_at_once_take_different_news(
    bank: Bank, provider: Provider, events: Events, engine: AsyncEngine
) -> None:
    for _ in range(3):
        await paid(provider, await charge_with(bank, provider, APPROVES))
    for letter in await bank.letters():
        await events.receive(*letter)
    async with engine.connect() as one, engine.connect() as other:
        first, second = await events.take(one, 2), await events.take(other, 2)
    assert (len(first), len(second)) == (2, 1)
    assert {news.id for news in first}.isdisjoint(news.id for news in second)


async def test_forged_news_store_nothing(
    bank: Bank, provider: Provider, events: Events, engine: AsyncEngine
) -> None:
    await paid(provider, await charge_with(bank, provider, APPROVES))
    [(body, headers)] = await bank.letters()
    with pytest.raises(ForgedEvent):
        await events.receive(body + b" ", headers)
    bank.clock.advance(600)
    with pytest.raises(ForgedEvent):
        await events.receive(body, headers)
    assert await stored(engine) == 0
    assert not events.changed.is_set()


async def test_old_news_are_swept_when_they_were_taken(
    bank: Bank, provider: Provider, events: Events, engine: AsyncEngine
) -> None:
    for number in (APPROVES, DECLINES):
        await provider.charge(await charge_with(bank, provider, number))
    for letter in await bank.letters():
        await events.receive(*letter)
    async with engine.begin() as connection:
        await events.take(connection, 1)
    bank.clock.advance(31 * 24 * 3600)
    await events.sweep()
    assert await stored(engine) == 1


async def test_the_sandbox_writes_of_a_late_payment_though_nobody_asks(
    sandbox_bank: SandboxBank, engine: AsyncEngine
) -> None:
    sandbox = sandbox_bank.opened()
    charge = await charge_with(sandbox_bank, sandbox, IS_LATE)
    await sandbox.charge(charge)
    first = [sandbox.read_event(*letter) for letter in await sandbox_bank.letters()]
    await sandbox_bank.ripen()
    second = [sandbox.read_event(*letter) for letter in await sandbox_bank.letters()]
    assert [event and event.kind for event in first + second] == ["processing", "paid"]


async def test_a_letter_that_the_shop_did_not_take_is_carried_again(
    sandbox_bank: SandboxBank, engine: AsyncEngine, clock: MovableClock
) -> None:
    sandbox = sandbox_bank.opened()
    await paid(sandbox, await charge_with(sandbox_bank, sandbox, APPROVES))

    async def shut(body: bytes, headers: Mapping[str, str]) -> bool:
        raise ConnectionError

    with pytest.raises(ConnectionError):
        await Courier(engine, sandbox, SIGNER, clock, shut).deliver_due()
    assert len(await sandbox_bank.letters()) == 1
    assert await sandbox_bank.letters() == []
