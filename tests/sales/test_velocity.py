"""Curves from the books."""

from datetime import timedelta

from sqlalchemy import event, insert
from sqlalchemy.ext.asyncio import AsyncEngine

from app.sales import PastDeals, read_offer
from app.sales.desk import Curve, read_curve, read_seconds_to_go
from app.sales.tables import offers, sold_by_second
from tests.factories.identity import MovableClock
from tests.factories.sales import DEAL, close, on_offer, pause


async def sold(engine: AsyncEngine, clock: MovableClock, *units: tuple[float, int], deal: int = DEAL) -> None:
    """So many units went so many seconds after now (or before)."""
    rows = [
        {
            "deal_id": deal,
            "second": (clock.now() + timedelta(seconds=at)).replace(microsecond=0),
            "units": some,
        }
        for at, some in units
    ]
    total = sum(some for _, some in units)
    async with engine.begin() as connection:
        await connection.execute(insert(sold_by_second), rows)
        counted = offers.update().where(offers.c.deal_id == deal)
        await connection.execute(counted.values(sold=offers.c.sold + total))


async def curve_of(
    engine: AsyncEngine, clock: MovableClock, *past_ids: int, past: PastDeals | None = None, deal: int = DEAL
) -> Curve:
    """The curve as of now."""
    async with engine.connect() as connection:
        offer = await read_offer(connection, deal)
        assert offer is not None
        return await read_curve(connection, offer, past_ids, past or PastDeals(), clock.now())


async def test_a_curve_has_what_was_sold_by_the_deals_age(engine: AsyncEngine, clock: MovableClock) -> None:
    clock.advance(0.7)  # seconds are cut off in the books
    await on_offer(engine, clock, quantity=40)
    await sold(engine, clock, (0, 2), (4, 2), (11, 3), (23, 1))
    clock.advance(25)
    curve = await curve_of(engine, clock)
    assert (curve.bucket_seconds, curve.ages) == (10, (0, 10, 20, 25))
    assert curve.velocity == (None, 24.0, 18.0, 6.0)
    assert curve.sell_through == (0.0, 10.0, 17.5, 20.0)


async def test_a_deal_without_an_order_has_a_curve(engine: AsyncEngine, clock: MovableClock) -> None:
    await on_offer(engine, clock)
    clock.advance(20)
    assert (await curve_of(engine, clock)).sell_through == (0.0, 0.0, 0.0)


async def test_a_sale_that_a_slow_clock_puts_before_the_opening_counts(
    engine: AsyncEngine, clock: MovableClock
) -> None:
    await on_offer(engine, clock, quantity=10)
    await sold(engine, clock, (-4, 1), (26, 1))
    clock.advance(20)
    assert (await curve_of(engine, clock)).sell_through == (0.0, 10.0, 20.0)


async def test_a_curve_ends_with_the_last_unit(engine: AsyncEngine, clock: MovableClock) -> None:
    await on_offer(engine, clock, quantity=5)
    await sold(engine, clock, (3, 4), (12, 1))
    clock.advance(4000)
    assert (await curve_of(engine, clock)).ages == (0, 10, 13)


async def test_a_deal_that_closed_unsold_has_its_curve_up_to_there(
    engine: AsyncEngine, clock: MovableClock
) -> None:
    await on_offer(engine, clock, quantity=5)
    await sold(engine, clock, (3, 4))
    clock.advance(20)
    await close(engine, clock)
    clock.advance(4000)
    assert (await curve_of(engine, clock)).ages == (0, 10, 20)


async def past_deal(engine: AsyncEngine, clock: MovableClock, deal: int, *units: tuple[float, int]) -> None:
    """A deal of ten units that was on stage for a minute."""
    await on_offer(engine, clock, deal=deal)
    if units:
        await sold(engine, clock, *units, deal=deal)
    clock.advance(60)
    await close(engine, clock, deal)


async def test_the_median_is_of_the_deals_that_are_given(engine: AsyncEngine, clock: MovableClock) -> None:
    await past_deal(engine, clock, 1, (1, 2), (15, 4))
    await past_deal(engine, clock, 2, (1, 3))
    await past_deal(engine, clock, 3)
    await past_deal(engine, clock, 4, (1, 10))
    await on_offer(engine, clock)
    clock.advance(20)
    curve = await curve_of(engine, clock, 1, 2, 3)
    assert curve.median_velocity == (None, 12.0, 0.0)
    assert curve.median_sell_through == (0.0, 20.0, 30.0)
    assert (await curve_of(engine, clock, 1, 2, 3, 4)).median_sell_through == (0.0, 25.0, 45.0)


async def test_past_deals_are_read_once(engine: AsyncEngine, clock: MovableClock) -> None:
    for deal in (1, 2, 3):
        await past_deal(engine, clock, deal, (1, deal))
    await on_offer(engine, clock)
    clock.advance(20)
    past, statements = PastDeals(), []

    def note(_: object, __: object, statement: str, *more: object) -> None:
        statements.append(statement)

    event.listen(engine.sync_engine, "before_cursor_execute", note)
    try:
        first = await curve_of(engine, clock, 1, 2, 3, past=past)
        at_first = len(statements)
        again = await curve_of(engine, clock, 1, 2, 3, past=past)
        later = len(statements) - at_first
    finally:
        event.remove(engine.sync_engine, "before_cursor_execute", note)
    assert again == first
    assert later == at_first - 2


async def test_a_deal_that_still_sells_is_no_past_deal(engine: AsyncEngine, clock: MovableClock) -> None:
    await past_deal(engine, clock, 1, (1, 2))
    await on_offer(engine, clock)
    async with engine.connect() as connection:
        assert len(await PastDeals().read(connection, [1, DEAL, 99], 10)) == 1


async def test_the_forecast_knows_when_nothing_may_sell(engine: AsyncEngine, clock: MovableClock) -> None:
    await on_offer(engine, clock, quantity=100)
    await sold(engine, clock, *((second, 1) for second in range(60)))
    clock.advance(60)

    async def to_go() -> int | None:
        async with engine.connect() as connection:
            offer = await read_offer(connection, DEAL)
            assert offer is not None
            return await read_seconds_to_go(connection, offer, clock.now())

    assert await to_go() in range(38, 43)
    await pause(engine)
    assert await to_go() is None
    await pause(engine, paused=False)
    await close(engine, clock)
    assert await to_go() is None
