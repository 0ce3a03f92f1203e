"""Getting in line, leaving it, and where somebody stands."""

import asyncio

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from app.sales import Line, LineOver, NotSoldOut
from app.sales.line.standing import LineCounts, count_line
from app.sales.offers import lock_offer
from app.sales.refusals import LimitReached, NoSuchDeal
from tests.factories.identity import MovableClock
from tests.factories.line import cancel, in_line, may_join, open_offers, settle_all, sold_out
from tests.factories.sales import DEAL, Process, buy, close, on_offer, people, wish


async def test_who_found_it_sold_out_stands_in_line_in_the_order_of_coming(
    here: Process, line: Line, engine: AsyncEngine, clock: MovableClock
) -> None:
    await sold_out(here, engine, clock)
    shoppers = await in_line(line, engine, 3)
    places = [await line.places_of(shopper) for shopper in shoppers]
    assert [[(p.deal_id, p.state, p.place, p.offer) for p in mine] for mine in places] == [
        [(DEAL, "waiting", n, None)] for n in (1, 2, 3)
    ]
    assert not await line.join(DEAL, shoppers[0])
    assert (await line.places_of(shoppers[0]))[0].place == 1, "asking again keeps the place"
    await line.leave(DEAL, shoppers[0])
    assert (await line.places_of(shoppers[1]))[0].place == 1
    assert await line.places_of(shoppers[0]) == []


async def test_who_does_not_stand_in_line_leaves_without_waiting_for_those_who_sell(
    here: Process, line: Line, engine: AsyncEngine, clock: MovableClock
) -> None:
    await sold_out(here, engine, clock, ended=False)
    (ada,) = await in_line(line, engine, 1)
    (eve,) = await people(engine, 1)
    async with engine.begin() as selling:
        await lock_offer(selling, DEAL)
        async with asyncio.timeout(60):
            await line.leave(DEAL, eve)
        leaving = asyncio.create_task(line.leave(DEAL, ada))
        await _until_somebody_waits(engine)
        assert not leaving.done(), "whoever gives up a place has to wait"
    await leaving
    assert await line.places_of(ada) == []


async def test_of_a_sold_out_deal_that_is_on_sale_still_there_is_a_line_too(
    here: Process, line: Line, engine: AsyncEngine, clock: MovableClock
) -> None:
    await sold_out(here, engine, clock, ended=False)
    assert await may_join(line)
    await in_line(line, engine, 1)


async def test_there_is_no_line_for_what_can_be_bought_or_never_sold_out_or_never_was(
    line: Line, engine: AsyncEngine, clock: MovableClock
) -> None:
    (ada,) = await people(engine, 1)
    with pytest.raises(NoSuchDeal):
        await line.join(DEAL, ada)
    await on_offer(engine, clock, quantity=2)
    with pytest.raises(NotSoldOut, match="on sale"):
        await line.join(DEAL, ada)
    await close(engine, clock)
    with pytest.raises(NotSoldOut, match="before it was sold out"):
        await line.join(DEAL, ada)
    assert not await may_join(line)


async def test_a_shopper_at_the_limit_cannot_stand_in_line(
    here: Process, line: Line, engine: AsyncEngine, clock: MovableClock
) -> None:
    await on_offer(engine, clock, quantity=3, limit=2)
    ada, bob = await people(engine, 2)
    await buy(here.checkout, [wish(ada, 2), wish(bob, 1)])
    with pytest.raises(LimitReached) as refused:
        await line.join(DEAL, ada)
    assert refused.value.members == {"limit": 2, "bought": 2}
    assert await line.join(DEAL, bob), "the limit leaves them one more"


async def test_nobody_gets_in_line_for_what_cannot_come_back(
    here: Process, line: Line, engine: AsyncEngine, clock: MovableClock
) -> None:
    await sold_out(here, engine, clock)
    await settle_all(engine)
    (ada,) = await people(engine, 1)
    clock.advance(10 * 60 - 1)
    assert await may_join(line), "whoever bought it may still think better of it"
    clock.advance(2)
    with pytest.raises(LineOver):
        await line.join(DEAL, ada)


@pytest.mark.parametrize(
    "open_end",
    [
        "UPDATE orders SET status = 'declined'; UPDATE settlements SET state = 'declined', due_at = now()",
        "UPDATE settlements SET state = 'paid', ending = 'cancelling', why = 'shopper', due_at = now()",
        "UPDATE settlements SET state = 'paid', ending = 'refunding', why = 'shopper', due_at = now()",
        "UPDATE settlement_marks SET place = 0",
    ],
    ids=["declined", "being cancelled", "money goes back first", "not seen yet"],
)
async def test_what_is_not_settled_may_come_back_however_late_it_is(
    here: Process, line: Line, engine: AsyncEngine, clock: MovableClock, open_end: str
) -> None:
    await sold_out(here, engine, clock)
    await settle_all(engine)
    async with engine.begin() as connection:
        await connection.execute(
            text(
                "INSERT INTO settlements (order_id, deal_id, shopper_id, state, grace_until)"
                " SELECT id, deal_id, shopper_id, 'paid', placed_at FROM orders"
            )
        )
    clock.advance(3600)
    assert not await may_join(line)
    async with engine.begin() as connection:
        for statement in open_end.split(";"):
            await connection.execute(text(statement))
    assert await may_join(line)


async def test_the_desk_sees_how_a_line_has_gone(
    here: Process, line: Line, engine: AsyncEngine, clock: MovableClock
) -> None:
    orders = await sold_out(here, engine, clock, 2)
    await in_line(line, engine, 4)
    await cancel(engine, *orders)
    await line.round()
    first, _ = await open_offers(engine)
    await line.leave(DEAL, first)
    async with engine.connect() as connection:
        assert await count_line(connection, DEAL) == LineCounts(waiting=2, offered=1, taken=0, missed=1)


async def _until_somebody_waits(engine: AsyncEngine) -> None:
    waiting = text("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'")
    async with asyncio.timeout(60), engine.connect() as connection:
        while not await connection.scalar(waiting):
            await connection.rollback()  # a transaction sees the same activities again
            await asyncio.sleep(0.01)
