"""The pot is won where the last unit is sold in time, and not otherwise."""

from datetime import datetime

import pytest
from msgspec import Struct
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from app.platform.failpoints import FailpointError, armed
from app.platform.settings import Settings
from app.sharing.reward_tables import pots
from tests.conftest import FrozenClock
from tests.factories.inventory import Process, a_shopper, live_id, new_deal, process, queue_deals
from tests.factories.stalls import is_stalled, stalled_deal

MINUTE = 60.0


class Won(Struct, frozen=True):
    """A pot that was won, in minor units."""

    deal_id: int
    amount: int
    won_at: datetime


async def won(engine: AsyncEngine) -> list[Won]:
    async with engine.connect() as connection:
        rows = await connection.execute(select(pots).order_by(pots.c.deal_id))
        return [Won(row.deal_id, row.amount, row.won_at) for row in rows]


async def stalled_with_a_pot(shop: Process, clock: FrozenClock, quantity: int = 4) -> int:
    """A deal whose pot of $50.00 can be won for 30 minutes from now on."""
    return await stalled_deal(
        shop.engine, shop.showrunner, clock, quantity=quantity, limit=100, pot=5000, pot_minutes=30
    )


async def sell_the_rest(shop: Process, clock: FrozenClock, deal_id: int, units: int = 4) -> None:
    await shop.sell(await a_shopper(shop.engine, clock), deal_id, units)


@pytest.mark.parametrize(("seconds", "wins"), [(0, True), (30 * MINUTE - 1, True), (30 * MINUTE, False)])
async def test_the_pot_is_won_where_the_last_unit_goes_before_the_deadline(
    shop: Process, clock: FrozenClock, seconds: float, wins: bool
) -> None:
    deal_id = await stalled_with_a_pot(shop, clock)
    (following,) = await queue_deals(shop.engine, clock, new_deal())
    clock.advance(seconds)
    await sell_the_rest(shop, clock, deal_id)
    await shop.showrunner.tick()
    assert await live_id(shop.engine) == following, "the next one has opened in the same step"
    assert await won(shop.engine) == ([Won(deal_id, 5000, clock.now())] if wins else [])


async def test_a_deal_without_a_stall_wins_nothing(shop: Process, clock: FrozenClock) -> None:
    (deal_id,) = await queue_deals(shop.engine, clock, new_deal(quantity=4, limit=4, pot=5000))
    await shop.showrunner.set_show("woot-off", False)
    await sell_the_rest(shop, clock, deal_id)
    await shop.showrunner.tick()
    assert await won(shop.engine) == []


async def test_the_books_decide_and_not_when_somebody_looks(
    shop: Process, clock: FrozenClock, settings: Settings
) -> None:
    """Every process dies right after the last unit is sold, and the next one begins hours later."""
    deal_id = await stalled_with_a_pot(shop, clock)
    clock.advance(29 * MINUTE)
    await sell_the_rest(shop, clock, deal_id)
    with armed("between-sell-out-and-advance", FailpointError("died")):
        await shop.showrunner.tick()
    assert (await live_id(shop.engine), await won(shop.engine)) == (deal_id, [])
    clock.advance(300 * MINUTE)
    async with process(settings, clock) as another:
        await another.showrunner.tick()
        await another.showrunner.tick()
    assert await won(shop.engine) == [Won(deal_id, 5000, clock.now())]


async def test_a_skip_pays_no_pot_unless_everything_was_sold_already(
    shop: Process, clock: FrozenClock
) -> None:
    missed = await stalled_with_a_pot(shop, clock)
    await sell_the_rest(shop, clock, missed, 3)
    await shop.showrunner.skip(missed)
    assert await won(shop.engine) == []
    made = await stalled_with_a_pot(shop, clock)
    await sell_the_rest(shop, clock, made)
    await shop.showrunner.skip(made)
    assert [one.deal_id for one in await won(shop.engine)] == [made]


async def test_the_promise_of_a_pot_holds_when_the_show_becomes_daily(
    shop: Process, clock: FrozenClock
) -> None:
    deal_id = await stalled_with_a_pot(shop, clock)
    await shop.showrunner.set_show("daily", False)
    assert not await is_stalled(shop.engine, deal_id)
    clock.advance(20 * MINUTE)
    await sell_the_rest(shop, clock, deal_id)
    await shop.showrunner.tick()
    assert await won(shop.engine) == [Won(deal_id, 5000, clock.now())]
    for _ in range(3):
        clock.advance(24 * 60 * MINUTE)
        await shop.showrunner.tick()
    assert len(await won(shop.engine)) == 1


async def test_a_deal_stays_marked_while_its_pot_can_be_won_and_gets_no_second_try(
    shop: Process, clock: FrozenClock
) -> None:
    deal_id = await stalled_with_a_pot(shop, clock, quantity=20)
    await sell_the_rest(shop, clock, deal_id, 19)
    clock.advance(1)
    await shop.showrunner.tick()
    assert await is_stalled(shop.engine, deal_id), "it moves, and its pot can still be won"
    clock.advance(40 * MINUTE)
    await shop.showrunner.tick()
    await sell_the_rest(shop, clock, deal_id, 1)
    await shop.showrunner.tick()
    assert await won(shop.engine) == []


async def test_the_time_for_a_pot_that_was_missed_does_not_begin_again_with_another_stall(
    shop: Process, clock: FrozenClock
) -> None:
    deal_id = await stalled_with_a_pot(shop, clock, quantity=20)
    clock.advance(30 * MINUTE)
    await sell_the_rest(shop, clock, deal_id, 16)
    await shop.showrunner.tick()
    assert not await is_stalled(shop.engine, deal_id)
    clock.advance(10 * MINUTE)
    await shop.showrunner.tick()
    assert await is_stalled(shop.engine, deal_id)
    await sell_the_rest(shop, clock, deal_id, 4)
    await shop.showrunner.tick()
    assert await won(shop.engine) == []
