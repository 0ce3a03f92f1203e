"""What a coupon takes off."""

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from app.sharing import Discount, quote
from tests.factories.identity import MovableClock
from tests.factories.sales import people
from tests.factories.sharing import coupon


async def test_a_ready_coupon_takes_its_amount_off_but_never_more_than_the_goods_cost(
    engine: AsyncEngine, clock: MovableClock
) -> None:
    (ada,) = await people(engine, 1)
    code = await coupon(engine, ada, clock.now(), amount=500)
    for goods, off in ((4999, 500), (500, 500), (200, 200), (0, 0)):
        found = await quote(engine, code, ada, goods=goods, currency="USD", now=clock.now())
        assert found == Discount(code, off)


@pytest.mark.parametrize("state", ["pending", "used", "void"])
async def test_only_a_ready_coupon_is_worth_something(
    engine: AsyncEngine, clock: MovableClock, state: str
) -> None:
    (ada,) = await people(engine, 1)
    code = await coupon(engine, ada, clock.now(), state=state)
    assert await quote(engine, code, ada, goods=4999, currency="USD", now=clock.now()) is None


async def test_another_shoppers_or_currencys_or_an_expired_or_no_coupon_is_worth_nothing(
    engine: AsyncEngine, clock: MovableClock
) -> None:
    ada, eve = await people(engine, 2)
    code = await coupon(engine, ada, clock.now(), days=1)
    for asked, shopper, currency in (
        (code, eve, "USD"),
        (code, ada, "EUR"),
        ("ELSE", ada, "USD"),
        ("\0", ada, "USD"),
    ):
        assert await quote(engine, asked, shopper, goods=4999, currency=currency, now=clock.now()) is None
    clock.advance(24 * 3600)
    assert await quote(engine, code, ada, goods=4999, currency="USD", now=clock.now()) is None
