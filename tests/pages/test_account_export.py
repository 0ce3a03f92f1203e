"""What somebody takes along of their address, cards and orders."""

from collections.abc import AsyncIterator

import pytest

from tests.factories.house import House
from tests.factories.identity import MovableClock
from tests.factories.payments import APPROVES
from tests.factories.shipping import mark_shipped
from tests.factories.window_shopper import HOME, WindowShopper, a_live_deal, window_shopper

pytestmark = pytest.mark.usefixtures("nobody_settles")


@pytest.fixture
async def wendy(house: House) -> AsyncIterator[WindowShopper]:
    """Somebody with a card and an address."""
    async with window_shopper(house) as shopper:
        await shopper.types_card(APPROVES)
        await shopper.lives_somewhere()
        yield shopper


async def test_address_cards_and_what_became_of_orders_are_in_it(
    house: House, wendy: WindowShopper, clock: MovableClock
) -> None:
    deal = await a_live_deal(house)
    out, gone, new = [await wendy.buys(deal) for _ in range(3)]
    assert await wendy.settled(out) == "paid"
    await wendy.sends(f"/orders/{gone}/cancellation")
    assert await wendy.settled(gone) == "cancelled"
    async with house.app.state.engine.begin() as connection:
        assert await mark_shipped(connection, [out], "UPS", "1Z999", 1, clock.now()) == [out]
    found = (await wendy.browser.get("/account/export")).json()
    assert found["address"] == HOME
    assert found["cards"] == [
        {"brand": "visa", "last4": "4242", "exp_month": 12, "exp_year": 2040, "is_default": True}
    ]
    told = {order["id"]: order for order in found["orders"]}
    assert told.keys() == {out, gone, new}
    assert (told[out]["status"], told[out]["carrier"], told[out]["tracking"]) == ("shipped", "UPS", "1Z999")
    assert told[out]["shipped_at"] == "2026-11-22T18:00:00.000Z"
    assert told[out]["address"] == HOME
    assert told[gone]["refunds"] == [
        {
            "amount": {"amount": 4999, "currency": "USD", "text": "$49.99"},
            "state": "made",
            "at": "2026-11-22T18:00:00.000Z",
        }
    ]


async def test_nothing_of_anothers_is_in_it(house: House, wendy: WindowShopper) -> None:
    order_id = await wendy.buys(await a_live_deal(house))
    async with window_shopper(house, "eve@example.com") as eve:
        answer = await eve.browser.get("/account/export")
        assert order_id not in answer.text
        assert "Mill Lane" not in answer.text
        assert "4242" not in answer.text
    assert order_id in (await wendy.browser.get("/account/export")).text
