"""Who took one for the team, by their own word."""

import pytest
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncEngine

from app.sales import count_team, has_taken_one, take_one, unsay
from app.sales.tables import orders
from tests.conftest import FrozenClock
from tests.factories.sales import DEAL, Process, bought, buy, on_offer, people, wish


async def order_of(selling: Process, shopper_id: int) -> str:
    """An order of this shopper."""
    (verdict,) = await buy(selling.checkout, [wish(shopper_id)])
    return bought(verdict).order.id


async def say(engine: AsyncEngine, clock: FrozenClock, order_id: str, shopper_id: int) -> bool:
    async with engine.begin() as connection:
        return await take_one(connection, order_id, shopper_id, clock.now())


async def team(engine: AsyncEngine) -> int:
    async with engine.connect() as connection:
        return await count_team(connection, DEAL)


async def test_somebody_says_it_once_of_a_deal_however_often_and_of_however_many_orders(
    here: Process, engine: AsyncEngine, clock: FrozenClock
) -> None:
    await on_offer(engine, clock)
    ada, bea = await people(engine, 2)
    first, second, other = [await order_of(here, shopper) for shopper in (ada, ada, bea)]
    assert await team(engine) == 0
    for order_id in (first, first, second):
        assert await say(engine, clock, order_id, ada)
    assert await team(engine) == 1
    assert await say(engine, clock, other, bea)
    assert await team(engine) == 2
    async with engine.connect() as connection:
        assert [await has_taken_one(connection, order) for order in (first, second, other)] == [
            False,
            True,
            True,
        ]


async def test_nobody_says_it_of_anothers_order(
    here: Process, engine: AsyncEngine, clock: FrozenClock
) -> None:
    await on_offer(engine, clock)
    ada, bea = await people(engine, 2)
    order = await order_of(here, ada)
    assert not await say(engine, clock, order, bea)
    assert not await say(engine, clock, "no order at all", ada)
    assert await team(engine) == 0


async def test_it_can_be_taken_back_by_whoever_said_it(
    here: Process, engine: AsyncEngine, clock: FrozenClock
) -> None:
    await on_offer(engine, clock)
    ada, bea = await people(engine, 2)
    order = await order_of(here, ada)
    await say(engine, clock, order, ada)
    for shopper, left in ((bea, 1), (ada, 0), (ada, 0)):
        async with engine.begin() as connection:
            await unsay(connection, order, shopper)
        assert await team(engine) == left


@pytest.mark.parametrize("status", ["cancelled", "refunded"])
async def test_who_sends_it_back_has_taken_none(
    here: Process, engine: AsyncEngine, clock: FrozenClock, status: str
) -> None:
    await on_offer(engine, clock)
    (ada,) = await people(engine, 1)
    order = await order_of(here, ada)
    await say(engine, clock, order, ada)
    async with engine.begin() as connection:
        await connection.execute(update(orders).where(orders.c.id == order).values(status=status))
    assert await team(engine) == 0
    assert not await say(engine, clock, order, ada)
