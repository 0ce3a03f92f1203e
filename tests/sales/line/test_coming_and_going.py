"""Whoever gets in line and out again, over and over, fills no table, mailbox or machine with it."""

import time

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from app.sales import Line, OffersLetGo
from app.sales.line.standing import MOST_OFFERS
from app.sales.line.tables import line_places
from tests.conftest import FrozenClock
from tests.factories.house import API, House, problem
from tests.factories.identity import MovableClock
from tests.factories.line import cancel, in_line, letters, open_offers, settle_all, sold_out
from tests.factories.sales import DEAL, Process, close, on_offer, people


async def test_who_was_offered_nothing_leaves_no_row(
    here: Process, line: Line, engine: AsyncEngine, clock: MovableClock
) -> None:
    await sold_out(here, engine, clock)
    (ada,) = await people(engine, 1)
    for _ in range(20):
        assert await line.join(DEAL, ada)
        await line.leave(DEAL, ada)
    async with engine.connect() as connection:
        assert await connection.scalar(select(func.count()).select_from(line_places)) == 0


async def test_who_lets_offer_after_offer_go_by_has_no_further_place(
    here: Process, line: Line, engine: AsyncEngine, clock: MovableClock
) -> None:
    await cancel(engine, *await sold_out(here, engine, clock))
    (ada,) = await people(engine, 1)
    for number in range(MOST_OFFERS):
        assert await line.join(DEAL, ada)
        await line.round()
        assert list(await open_offers(engine)) == [ada]
        if number % 2:
            await line.leave(DEAL, ada)
        else:
            clock.advance(5 * 60)
            await line.round()
    with pytest.raises(OffersLetGo):
        await line.join(DEAL, ada)
    assert await letters(engine) <= MOST_OFFERS
    (bob,) = await in_line(line, engine, 1)
    await line.round()
    assert list(await open_offers(engine)) == [bob]


async def test_a_line_waits_for_a_unit_whose_money_has_to_go_back_first(
    here: Process, line: Line, engine: AsyncEngine, clock: MovableClock
) -> None:
    orders = await sold_out(here, engine, clock)
    await settle_all(engine)
    (ada,) = await in_line(line, engine, 1)
    async with engine.begin() as connection:  # the provider does not answer
        await connection.execute(
            text(
                "INSERT INTO settlements (order_id, deal_id, shopper_id, state, grace_until, ending, why, due_at)"
                " SELECT id, deal_id, shopper_id, 'paid', placed_at, 'refunding', 'shopper', placed_at FROM orders"
            )
        )
    clock.advance(3600)
    await line.round()
    assert [place.state for place in await line.places_of(ada)] == ["waiting"]
    await cancel(engine, *orders)
    await line.round()
    assert list(await open_offers(engine)) == [ada]


async def test_getting_in_line_and_taking_go_through_the_turnstile(
    house: House, engine: AsyncEngine, clock: FrozenClock
) -> None:
    await on_offer(engine, clock, quantity=1, limit=1)
    me = (await house.shopper.get(f"{API}/me")).json()["id"]
    await house.merchandiser.post(
        f"{API}/orders", json={"deal_id": DEAL}, headers={"Idempotency-Key": "first"}
    )
    await close(engine, clock)
    turnstile = house.app.state.turnstile
    turnstile.accounts.put(me, time.monotonic(), 100_000.0, 0.0)
    refused = await house.shopper.post(f"{API}/deals/{DEAL}/line")
    assert (refused.status_code, problem(refused)) == (429, "slow-down")
    assert int(refused.headers["retry-after"]) > 0
    for way in (f"/line/{DEAL}", f"/line/{DEAL}/take"):
        told = await house.shopper.post(way, data={"offer": "one", "key": "mine"})
        assert (told.status_code, told.headers["location"]) == (303, "/line?sorry=slow-down")
    assert "asked too often" in (await house.shopper.get("/line?sorry=slow-down")).text
