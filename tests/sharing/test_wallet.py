"""One's own coupons, to look at and to choose from."""

from sqlalchemy import insert, update
from sqlalchemy.ext.asyncio import AsyncEngine

from app.payments import Money
from app.sharing import coupon_for, usable_coupons, worth_of
from app.sharing.reward_tables import coupon_returns
from app.sharing.tables import coupons
from tests.factories.identity import MovableClock
from tests.factories.sales import people
from tests.factories.sharing import coupon


async def test_usable_is_what_is_ones_own_and_ready_in_that_currency_and_not_out_of_date(
    engine: AsyncEngine, clock: MovableClock
) -> None:
    ada, bea = await people(engine, 2)
    now = clock.now()
    await coupon(engine, ada, now, code="SMALL", amount=100)
    await coupon(engine, ada, now, code="LARGE", amount=900)
    await coupon(engine, ada, now, code="YEN", currency="JPY")
    await coupon(engine, ada, now, code="LATER", state="pending")
    await coupon(engine, ada, now, code="SPENT", state="used")
    await coupon(engine, ada, now, code="OLD", days=0)
    await coupon(engine, bea, now, code="HERS")
    async with engine.connect() as connection:
        found = await usable_coupons(connection, ada, "USD", now, most=20)
        assert [one.code for one in found] == ["LARGE", "SMALL"]
        assert len(await usable_coupons(connection, ada, "USD", now, most=1)) == 1
        assert await worth_of(connection, ada, now) == {
            "pending": [Money(500, "USD")],
            "ready": [Money(500, "JPY"), Money(1000, "USD")],
            "used": [Money(500, "USD")],
        }
        assert await worth_of(connection, bea, now) == {"ready": [Money(500, "USD")]}


async def test_what_an_order_had_off_is_known_also_when_its_coupon_has_come_back_and_is_spent_elsewhere(
    engine: AsyncEngine, clock: MovableClock
) -> None:
    (ada,) = await people(engine, 1)
    code = await coupon(engine, ada, clock.now(), amount=700)
    mine = update(coupons).where(coupons.c.code == code)
    async with engine.begin() as connection:
        assert await coupon_for(connection, "first") == 0
        await connection.execute(mine.values(state="used", order_id="first"))
        assert await coupon_for(connection, "first") == 700
        back = {"order_id": "first", "code": code, "at": clock.now()}
        await connection.execute(insert(coupon_returns).values(back))
        await connection.execute(mine.values(state="used", order_id="second"))
        assert [await coupon_for(connection, order) for order in ("first", "second", "third")] == [
            700,
            700,
            0,
        ]
