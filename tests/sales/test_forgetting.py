"""Whoever has gone leaves no card, and no address but that of a parcel which is still to come."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.payments import ProviderAway
from app.payments.sandbox_tables import bank_cards
from app.payments.tables import payment_cards
from app.platform.ending import end_tasks
from app.platform.failpoints import armed
from app.sales import Settlement
from app.sales.forgetting import Forgetting
from app.sales.settlement.tables import order_addresses
from tests.factories.house import House
from tests.factories.identity import MovableClock
from tests.factories.payments import APPROVES
from tests.factories.shipping import mark_shipped
from tests.factories.window_shopper import WindowShopper, a_live_deal, window_shopper


@pytest.fixture(autouse=True)
def nothing_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test says when."""

    async def stay(*_: object, **__: object) -> None:
        return

    monkeypatch.setattr(Settlement, "start", stay)
    monkeypatch.setattr(Forgetting, "start", stay)


@pytest.fixture
async def wendy(house: House) -> AsyncIterator[WindowShopper]:
    """Somebody with a card and an address."""
    async with window_shopper(house) as shopper:
        await shopper.types_card(APPROVES)
        await shopper.lives_somewhere()
        yield shopper


@pytest.fixture
def forgetting(house: House) -> Forgetting:
    """The one that the app has opened."""
    found: Forgetting = house.app.state.forgetting
    return found


async def goes(shopper: WindowShopper) -> None:
    """The account is deleted."""
    assert (await shopper.sends("/account/deletion", sure="yes")).headers["location"] == "/"


async def addressed(connection: AsyncConnection) -> set[str]:
    """The orders that have an address."""
    return set((await connection.scalars(select(order_addresses.c.order_id))).all())


async def test_cards_go_with_their_owner_here_and_at_the_bank(
    house: House, wendy: WindowShopper, forgetting: Forgetting
) -> None:
    async with window_shopper(house, "eve@example.com") as eve:
        await eve.types_card(APPROVES)
        assert await forgetting.round() == 0, "of those who stay nothing is forgotten"
        await goes(wendy)
        assert await forgetting.round() == 1
        assert await forgetting.round() == 0, "and then there is nothing left"
        async with house.app.state.engine.connect() as connection:
            assert len((await connection.execute(select(payment_cards))).all()) == 1
            dropped = (await connection.scalars(select(bank_cards.c.dropped))).all()
        assert sorted(dropped) == [False, True]
        assert "ending in 4242" in await eve.sees("/account")


async def test_an_address_is_forgotten_once_its_parcel_is_out_and_not_before(
    house: House, wendy: WindowShopper, forgetting: Forgetting, clock: MovableClock
) -> None:
    deal = await a_live_deal(house)
    out, coming, cancelled = [await wendy.buys(deal) for _ in range(3)]
    for order_id in (out, coming):
        assert await wendy.settled(order_id) == "paid"
    engine = house.app.state.engine
    async with engine.begin() as connection:
        assert await addressed(connection) == {out, coming, cancelled}
        assert await mark_shipped(connection, [out], "UPS", "1", 1, clock.now()) == [out]
    await wendy.sends(f"/orders/{cancelled}/cancellation")
    assert await wendy.settled(cancelled) == "cancelled"
    await forgetting.round()
    async with engine.connect() as connection:
        assert await addressed(connection) == {out, coming, cancelled}, "she is still there"
    await goes(wendy)
    await forgetting.round()
    async with engine.connect() as connection:
        assert await addressed(connection) == {coming}
    async with engine.begin() as connection:
        assert await mark_shipped(connection, [coming], "UPS", "2", 1, clock.now()) == [coming]
    await forgetting.round()
    async with engine.connect() as connection:
        assert await addressed(connection) == set()


async def test_a_bank_that_is_away_is_asked_again(
    house: House, wendy: WindowShopper, forgetting: Forgetting
) -> None:
    await goes(wendy)
    asked, is_away = asyncio.Event(), True

    async def away() -> None:
        asked.set()
        if is_away:
            raise ProviderAway

    with armed("before-cards-are-forgotten", away):
        running = asyncio.create_task(forgetting._run(0.02))
        async with asyncio.timeout(30), house.app.state.engine.connect() as connection:
            await asked.wait()
            assert (await connection.execute(select(payment_cards))).all()
            is_away = False
            while (await connection.execute(select(payment_cards))).all():
                await asyncio.sleep(0.02)
        await end_tasks([running])
