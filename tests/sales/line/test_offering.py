"""What is free is offered in order, one a person; what is not taken goes to the next; and nobody waits for nothing."""

import asyncio
from datetime import datetime

import pytest
from msgspec.structs import replace
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.sales import Line, Offer, close_line, close_offer, read_offer
from app.sales.line import offering
from app.sales.line.coming_back import read_line_state
from app.sales.line.step import OFFER_LASTS, LineState, OfferTo, TellOver
from tests.factories.identity import MovableClock
from tests.factories.line import (
    assert_the_line_balances,
    cancel,
    in_line,
    letters,
    may_join,
    open_offers,
    settle_all,
    sold_out,
    states,
)
from tests.factories.sales import DEADLINE, DEAL, Process, close

FIVE_MINUTES = OFFER_LASTS.total_seconds()


async def test_units_that_come_back_are_offered_in_order_one_a_person_with_a_letter_each(
    here: Process, line: Line, engine: AsyncEngine, clock: MovableClock
) -> None:
    orders = await sold_out(here, engine, clock, 3)
    shoppers = await in_line(line, engine, 4)
    assert await line.round() == []
    await cancel(engine, orders[0], orders[2])
    assert await line.round() == [OfferTo(2)]
    assert list(await open_offers(engine)) == shoppers[:2]
    assert await letters(engine) == 2
    assert await line.round() == [], "what is offered is not free any more"
    (mine,) = await line.places_of(shoppers[0])
    assert mine.state == "offered"
    assert mine.offer is not None
    assert mine.offer.expires_at == clock.now() + OFFER_LASTS
    assert (await line.places_of(shoppers[2]))[0].place == 1


async def test_an_offer_that_runs_out_goes_to_the_next_and_its_shopper_to_the_end(
    here: Process, line: Line, engine: AsyncEngine, clock: MovableClock
) -> None:
    orders = await sold_out(here, engine, clock)
    ada, bob = await in_line(line, engine, 2)
    await cancel(engine, *orders)
    await line.round()
    clock.advance(FIVE_MINUTES - 0.001)
    assert await line.round() == []
    clock.advance(0.001)
    assert await line.round() == [OfferTo(1)]
    assert list(await open_offers(engine)) == [bob]
    assert [place.state for place in await line.places_of(ada)] == ["missed"]
    assert await line.join(DEAL, ada)
    assert [(place.state, place.place) for place in await line.places_of(ada)] == [("waiting", 1)]


async def test_an_offer_that_is_given_up_goes_to_the_next(
    here: Process, line: Line, engine: AsyncEngine, clock: MovableClock
) -> None:
    orders = await sold_out(here, engine, clock)
    ada, bob = await in_line(line, engine, 2)
    await cancel(engine, *orders)
    await line.round()
    await line.leave(DEAL, ada)
    assert await line.round() == [OfferTo(1)]
    assert list(await open_offers(engine)) == [bob]
    assert await states(engine, [ada, bob]) == ["left", "offered"]


async def test_while_the_deal_is_on_sale_what_comes_back_is_the_gates(
    here: Process, line: Line, engine: AsyncEngine, clock: MovableClock
) -> None:
    orders = await sold_out(here, engine, clock, ended=False)
    (ada,) = await in_line(line, engine, 1)
    await cancel(engine, *orders)
    assert await line.round() == []
    assert await states(engine, [ada]) == ["waiting"]
    await close(engine, clock)
    assert await line.round() == [OfferTo(1)], "nobody was quicker, and now the deal is over"


async def test_whoever_can_have_none_is_passed_over(
    here: Process, line: Line, engine: AsyncEngine, clock: MovableClock
) -> None:
    orders = await sold_out(here, engine, clock)
    ada, bob, cid = await in_line(line, engine, 3)
    async with engine.begin() as connection:
        await connection.execute(
            text("UPDATE shoppers SET email = NULL, name = '', password_hash = NULL WHERE id = :id"),
            {"id": ada},
        )
        await connection.execute(
            text("INSERT INTO buyers VALUES (:deal, :id, 1, 1)"), {"deal": DEAL, "id": bob}
        )
    await cancel(engine, *orders)
    assert await line.round() == [OfferTo(1)] * 3
    assert await states(engine, [ada, bob, cid]) == ["left", "left", "offered"]
    assert await letters(engine) == 1


async def test_nobody_in_line_waits_for_what_cannot_come(
    here: Process, line: Line, engine: AsyncEngine, clock: MovableClock
) -> None:
    await sold_out(here, engine, clock)
    (ada,) = await in_line(line, engine, 1)
    await settle_all(engine)
    clock.advance(10 * 60 - 1)
    assert await line.round() == []
    clock.advance(1)
    assert await line.round() == [TellOver()]
    assert [place.state for place in await line.places_of(ada)] == ["over"]
    clock.advance(31 * 60)
    assert await line.places_of(ada) == [], "that is said for half an hour"


async def test_who_waits_behind_an_open_offer_waits_on_and_hears_when_it_was_the_last(
    here: Process, line: Line, engine: AsyncEngine, clock: MovableClock
) -> None:
    orders = await sold_out(here, engine, clock, 2)
    shoppers = await in_line(line, engine, 2)
    await cancel(engine, orders[0])
    await settle_all(engine)
    clock.advance(10 * 60)
    assert await line.round() == [OfferTo(1)]
    clock.advance(FIVE_MINUTES)
    assert await line.round() == [OfferTo(1)]
    clock.advance(FIVE_MINUTES)
    await line.round()
    assert await states(engine, shoppers) == ["missed", "missed"]


async def test_the_line_of_a_deal_that_is_withdrawn_is_over_at_once(
    here: Process, line: Line, engine: AsyncEngine, clock: MovableClock
) -> None:
    orders = await sold_out(here, engine, clock, 2)
    ada, bob = await in_line(line, engine, 2)
    await cancel(engine, orders[0])
    await line.round()
    async with engine.begin() as connection:
        await close_line(connection, DEAL, clock.now())
        await close_line(connection, DEAL, clock.now())
    assert await open_offers(engine) == {}
    assert await states(engine, [ada, bob]) == ["over", "over"]
    await cancel(engine, orders[1])
    assert not await may_join(line)
    assert await line.round() == []


async def test_one_unit_and_sixty_four_in_line_at_two_processes_are_one_offer(
    here: Process, line: Line, line_there: Line, engine: AsyncEngine, clock: MovableClock
) -> None:
    orders = await sold_out(here, engine, clock)
    shoppers = await in_line(line, engine, 64)
    await cancel(engine, *orders)
    done = await asyncio.gather(*(one.round() for one in (line, line_there) * 4))
    assert [step for steps in done for step in steps] == [OfferTo(1)]
    assert list(await open_offers(engine)) == [shoppers[0]]
    assert await letters(engine) == 1
    await assert_the_line_balances(engine, sold=0)


async def test_without_the_row_of_the_deals_offer_both_processes_would_give_the_unit_away(
    here: Process,
    line: Line,
    line_there: Line,
    engine: AsyncEngine,
    clock: MovableClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The negative control: two who look before either acts both find the unit free."""
    orders = await sold_out(here, engine, clock)
    await in_line(line, engine, 64)
    await cancel(engine, *orders)
    both_looked = asyncio.Barrier(2)
    found: list[int] = []

    async def look_and_wait(connection: AsyncConnection, offer: Offer, now: datetime) -> LineState:
        state = await read_line_state(connection, offer, now)
        found.append(state.free)
        async with asyncio.timeout(DEADLINE):
            await both_looked.wait()
        return replace(state, waiting=0)  # nobody shall act

    monkeypatch.setattr(offering, "lock_offer", read_offer)
    monkeypatch.setattr(offering, "read_line_state", look_and_wait)
    await asyncio.gather(line.round(), line_there.round())
    assert found == [1, 1]


async def test_the_end_of_the_sale_and_a_unit_that_comes_back_at_that_moment(
    here: Process, line: Line, engine: AsyncEngine, clock: MovableClock
) -> None:
    """However the two follow one another, the unit is the gate's or the line's, and never both's."""
    orders = await sold_out(here, engine, clock, ended=False)
    await in_line(line, engine, 1)

    async def end() -> None:
        async with engine.begin() as connection:
            await close_offer(connection, DEAL, clock.now())

    await asyncio.gather(end(), cancel(engine, *orders), line.round())
    await line.round()
    assert len(await open_offers(engine)) == 1
    await assert_the_line_balances(engine, sold=0)
