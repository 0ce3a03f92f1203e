"""Marking what has left: paid orders with an address, each once, and each with its letter."""

from tests.factories.payments import DECLINES
from tests.factories.settlement import Till
from tests.factories.shipping import mark_shipped

STAFF = 1


async def test_what_is_paid_and_has_an_address_is_marked_once_and_written_about_once(
    sandbox_till: Till,
) -> None:
    till = sandbox_till
    paid, homeless = await till.an_order(), await till.an_order(at_home=False)
    declined = await till.an_order(DECLINES)
    await till.settle()
    every = [paid.id, homeless.id, declined.id, "nothing", "no\0thing", paid.id]
    async with till.engine.begin() as connection:
        assert await mark_shipped(connection, every, "UPS", "1Z9", STAFF, till.clock.now()) == [paid.id]
    async with till.engine.begin() as connection:
        assert await mark_shipped(connection, every, "UPS", "1Z9", STAFF, till.clock.now()) == []
    await till.settle()
    await till.settle()
    story = await till.story(paid)
    assert (story.order.status, story.carrier, story.tracking) == ("shipped", "UPS", "1Z9")
    assert story.shipped_at == till.clock.now()
    assert story.cancel_until is None
    assert (await till.mails()).count("shipped") == 1
    await till.assert_the_books_are_right()


async def test_a_shopper_who_cancels_and_staff_who_ships_do_not_both_have_their_way(
    sandbox_till: Till,
) -> None:
    import asyncio

    from app.sales import cancel_order

    till = sandbox_till
    shopper_ids = await till.shoppers(3)
    orders = [await till.order(shopper_id) for shopper_id in shopper_ids]
    await till.settle()

    async def cancel(order_id: str, shopper_id: int) -> bool:
        async with till.engine.begin() as connection:
            return await cancel_order(connection, order_id, shopper_id, till.clock.now())

    async def ship(order_id: str) -> bool:
        async with till.engine.begin() as connection:
            return bool(await mark_shipped(connection, [order_id], "UPS", "", STAFF, till.clock.now()))

    pairs = zip(orders, shopper_ids, strict=True)
    both = [asyncio.gather(cancel(o.id, s), ship(o.id)) for o, s in pairs]
    assert all(cancelled != shipped for cancelled, shipped in await asyncio.gather(*both))
    await till.settle()
    await till.assert_the_books_are_right()
