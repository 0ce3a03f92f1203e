"""How fast a deal sells."""

from sqlalchemy.ext.asyncio import AsyncEngine

from app.sales import read_pace
from tests.factories.identity import MovableClock
from tests.factories.sales import DEAL, Process, bought, on_offer, people, wish


async def test_a_deal_that_never_was_on_offer_has_no_pace(engine: AsyncEngine, clock: MovableClock) -> None:
    async with engine.connect() as connection:
        assert await read_pace(connection, DEAL, clock.now()) is None


async def test_the_pace_is_the_units_of_the_last_minute(
    here: Process, engine: AsyncEngine, clock: MovableClock
) -> None:
    await on_offer(engine, clock, quantity=30)
    ada, bob = await people(engine, 2)
    async with engine.connect() as connection:
        still = await read_pace(connection, DEAL, clock.now())
    assert still is not None
    assert (still.per_minute, still.quickest_seconds, still.sells_out_in_seconds) == (0.0, None, None)

    clock.advance(0.84)
    bought(await here.checkout.purchase(wish(ada, 3)))
    clock.advance(59)
    bought(await here.checkout.purchase(wish(bob, 2)))
    async with engine.connect() as connection:
        busy = await read_pace(connection, DEAL, clock.now())
    assert busy is not None
    assert (busy.per_minute, busy.quickest_seconds, busy.sells_out_in_seconds) == (5.0, 0.8, 300)

    clock.advance(1)
    async with engine.begin() as connection:
        later = await read_pace(connection, DEAL, clock.now())
    assert later is not None
    assert later.per_minute == 2.0
