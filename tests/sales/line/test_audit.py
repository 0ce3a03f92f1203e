"""Every promise of the line is seen to be broken where it is."""

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from app.sales import Line, close_line
from app.sales.line.audit import PROMISES
from tests.factories.audit import broken_by
from tests.factories.identity import MovableClock
from tests.factories.line import cancel, in_line, open_offers, sold_out, taking
from tests.factories.sales import DEAL, Process, buy

KEPT, ON_SALE, TWICE, SAME, TAKEN = (promise.sentence for promise in PROMISES)


@pytest.fixture
async def served(here: Process, line: Line, engine: AsyncEngine, clock: MovableClock) -> AsyncEngine:
    """Of four units two came back: one was taken, and one is kept; of four in line one left, and one waits."""
    orders = await sold_out(here, engine, clock, 4)
    first, _, third, _ = await in_line(line, engine, 4)
    await cancel(engine, *orders[:3])
    await line.round()
    offers = await open_offers(engine)
    await buy(here.checkout, [taking(first, offers[first])])
    await line.leave(DEAL, third)
    return engine


async def test_a_line_that_is_right_is_found_right(
    here: Process, line: Line, served: AsyncEngine, clock: MovableClock
) -> None:
    assert await broken_by(served, PROMISES) == {}
    await line.round()
    clock.advance(301)
    await line.round()
    assert await broken_by(served, PROMISES) == {}
    async with served.begin() as connection:
        await close_line(connection, DEAL, clock.now())
    assert await broken_by(served, PROMISES) == {}


TAMPERINGS = {
    "more is kept than there is": (["UPDATE offers SET sold = quantity"], {KEPT}),
    "the deal is on sale again": (["UPDATE offers SET closed_at = NULL"], {ON_SALE}),
    "the deal was withdrawn": (["INSERT INTO closed_lines VALUES (37, now())"], {ON_SALE}),
    "somebody stands twice": (
        [
            "DROP INDEX one_place_each",
            "INSERT INTO line_places (deal_id, shopper_id, joined_at)"
            " SELECT deal_id, shopper_id, joined_at FROM line_places WHERE state = 'waiting'",
        ],
        {TWICE},
    ),
    "an offer is another's": (
        ["UPDATE line_offers SET shopper_id = shopper_id + 1 WHERE state = 'open'"],
        {SAME},
    ),
    "an offer has no place": (["DELETE FROM line_places WHERE state = 'offered'"], {SAME}),
    "a place was served by nothing": (
        ["UPDATE line_places SET state = 'served', ended_at = now() WHERE state = 'waiting'"],
        {SAME},
    ),
    "an order of two": (
        ["UPDATE orders SET quantity = 2, total = 2 * unit_price + shipping WHERE place = 5"],
        {TAKEN},
    ),
    "an order that is not there": (["DELETE FROM orders WHERE place = 5"], {TAKEN}),
}


@pytest.mark.parametrize("name", TAMPERINGS)
async def test_what_is_broken_is_found(served: AsyncEngine, name: str) -> None:
    statements, expected = TAMPERINGS[name]
    assert await broken_by(served, PROMISES, *statements) == {sentence: {DEAL} for sentence in expected}
