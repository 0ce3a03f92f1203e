"""A letter about coupons: once for each, once a day at most, to whoever is still there."""

import asyncio

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from app.identity.tables import shoppers
from app.notices.tables import mails
from app.sharing import CouponLetters
from app.sharing.tables import coupons
from tests.factories.identity import MovableClock
from tests.factories.rewards import DAY
from tests.factories.sales import people
from tests.factories.sharing import coupon

PAGE = "https://shop.example/shares"


async def letters(engine: AsyncEngine) -> list[tuple[int, str]]:
    """To whom, and what they say, in the order in which they were written."""
    query = (
        select(mails.c.shopper_id, mails.c.text).where(mails.c.rule == "coupon-ready").order_by(mails.c.id)
    )
    async with engine.connect() as connection:
        return [tuple(row) for row in await connection.execute(query)]


async def test_a_coupon_that_is_ready_is_told_once_and_one_that_is_not_is_not(
    engine: AsyncEngine, clock: MovableClock
) -> None:
    ada, bea = await people(engine, 2)
    await coupon(engine, ada, clock.now(), amount=250)
    for code, state in (("LATER", "pending"), ("SPENT", "used"), ("GONE", "void")):
        await coupon(engine, bea, clock.now(), code=code, state=state)
    await coupon(engine, bea, clock.now(), code="OLD", days=0)
    post = CouponLetters(engine, clock, PAGE)
    assert [await post.round() for _ in range(2)] == [1, 0]
    ((whom, text),) = await letters(engine)
    assert whom == ada
    assert "a coupon is yours, worth $2.50." in text
    assert PAGE in text
    clock.advance(10 * DAY)
    assert await post.round() == 0


async def test_whose_link_sells_a_lot_gets_one_letter_a_day_about_all_of_it(
    engine: AsyncEngine, clock: MovableClock
) -> None:
    (ada,) = await people(engine, 1)
    post = CouponLetters(engine, clock, PAGE)
    await coupon(engine, ada, clock.now(), code="FIRST")
    await post.round()
    clock.advance(60)
    for code, currency in (("A", "USD"), ("B", "USD"), ("C", "EUR")):
        await coupon(engine, ada, clock.now(), code=code, currency=currency)
    assert await post.round() == 0
    clock.advance(DAY)
    assert await post.round() == 1
    assert "3 coupons are yours, worth €5.00 + $10.00 together." in (await letters(engine))[-1][1]


async def test_a_coupon_that_comes_back_from_an_order_is_not_told_again(
    engine: AsyncEngine, clock: MovableClock
) -> None:
    (ada,) = await people(engine, 1)
    code = await coupon(engine, ada, clock.now())
    post = CouponLetters(engine, clock, PAGE)
    await post.round()
    for state, order in (("used", "an order"), ("ready", None)):
        async with engine.begin() as connection:
            await connection.execute(
                update(coupons).where(coupons.c.code == code).values(state=state, order_id=order)
            )
    clock.advance(2 * DAY)
    assert await post.round() == 0


async def test_many_processes_write_one_letter(engine: AsyncEngine, clock: MovableClock) -> None:
    everybody = await people(engine, 5)
    for number, one in enumerate(everybody):
        await coupon(engine, one, clock.now(), code=f"C{number}")
    told = await asyncio.gather(*(CouponLetters(engine, clock, PAGE).round() for _ in range(8)))
    assert sum(told) == 5
    assert sorted(whom for whom, _ in await letters(engine)) == sorted(everybody)


async def test_a_coupon_that_is_being_used_is_left_for_later_and_nobody_waits(
    engine: AsyncEngine, clock: MovableClock
) -> None:
    (ada,) = await people(engine, 1)
    code = await coupon(engine, ada, clock.now())
    post = CouponLetters(engine, clock, PAGE)
    async with engine.begin() as sale:
        await sale.execute(select(coupons).where(coupons.c.code == code).with_for_update())
        assert await asyncio.wait_for(post.round(), 60) == 0
    assert await post.round() == 1


async def test_whoever_has_deleted_their_account_is_not_written_to(
    engine: AsyncEngine, clock: MovableClock
) -> None:
    (ada,) = await people(engine, 1)
    await coupon(engine, ada, clock.now())
    async with engine.begin() as connection:
        gone = update(shoppers).where(shoppers.c.id == ada)
        await connection.execute(gone.values(email=None, password_hash=None, name=""))
    assert await CouponLetters(engine, clock, PAGE).round() == 1, "looked at, and not again"
    assert await letters(engine) == []
