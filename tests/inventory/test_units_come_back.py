"""A daily deal is sold out until midnight; when a unit comes back before, it is live again, for everybody."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from msgspec import Struct
from redis.asyncio import Redis
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from app.inventory.live import live_version, read_present, snapshot
from app.inventory.show import set_show
from app.platform.settings import Settings
from app.sales import Order, Wish, read_offer
from app.sales.gate import Gate
from app.sales.tables import orders
from app.sales.units_back import Freed, free_units, give_to_gate
from app.sales.verdict import Bought, SoldOut
from tests.conftest import FrozenClock
from tests.factories.inventory import Process, a_shopper, new_deal, process, queue_deals


class Shop(Struct, frozen=True):
    """Two processes whose ticks are called, and a deal that both sold out and told so."""

    here: Process
    there: Process
    deal_id: int
    order: Order
    shopper: int


@pytest.fixture
async def sold_out(
    engine: AsyncEngine, redis: Redis, settings: Settings, clock: FrozenClock
) -> AsyncIterator[Shop]:
    """A daily deal of one unit."""
    (deal_id,) = await queue_deals(engine, clock, new_deal(quantity=1, limit=1))
    async with engine.begin() as connection:
        await set_show(connection, "daily", False, clock.now(), settings.zone)
    async with process(settings, clock) as here, process(settings, clock) as there:
        await here.showrunner.tick()
        await there.showrunner.tick()
        shopper = await a_shopper(engine, clock)
        bought = await here.checkout.purchase(Wish(shopper, "first", deal_id, 1))
        assert isinstance(bought, Bought)
        await here.showrunner.tick()
        await there.showrunner.tick()
        yield Shop(here, there, deal_id, bought.order, shopper)


async def shown(engine: AsyncEngine, clock: FrozenClock) -> tuple[str, dict[str, Any], str]:
    """The phase, the stock and the version of what everybody is shown."""
    async with engine.connect() as connection:
        present = await read_present(connection, clock.now())
    told = snapshot(present, watching=0)
    return told["show"]["phase"], told["stock"], live_version(present)


async def give_back(engine: AsyncEngine, shop: Shop) -> Freed:
    """The order is cancelled, in the books."""
    async with engine.begin() as connection:
        freed = await free_units(connection, shop.order, shop.shopper)
    assert freed is not None
    return freed


async def late(engine: AsyncEngine, clock: FrozenClock, shop: Shop, at: Process) -> object:
    """What somebody hears who wants one at this process."""
    return await at.checkout.purchase(Wish(await a_shopper(engine, clock), "late", shop.deal_id, 1))


async def test_the_page_goes_live_again_and_every_process_sells_it(
    engine: AsyncEngine, redis: Redis, clock: FrozenClock, sold_out: Shop
) -> None:
    phase, stock, version = await shown(engine, clock)
    assert (phase, stock["left_percent"]) == ("sold-out", 0)
    for at in (sold_out.here, sold_out.there):
        assert await late(engine, clock, sold_out, at) == SoldOut(sold_out.deal_id)
    await give_to_gate(Gate(redis), await give_back(engine, sold_out))
    await sold_out.there.showrunner.tick()
    await sold_out.here.showrunner.tick()
    again, restocked, newer = await shown(engine, clock)
    assert (again, restocked["left_percent"]) == ("live", 100)
    assert newer > version, "only what is newer is shown to anybody"
    bought = await late(engine, clock, sold_out, sold_out.there)
    assert isinstance(bought, Bought)
    assert bought.order.place == 2
    assert await late(engine, clock, sold_out, sold_out.here) == SoldOut(sold_out.deal_id)
    await sold_out.here.showrunner.tick()
    last, _, newest = await shown(engine, clock)
    assert last == "sold-out"
    assert newest > newer


async def test_whoever_gave_it_back_can_buy_it_again(
    engine: AsyncEngine, redis: Redis, clock: FrozenClock, sold_out: Shop
) -> None:
    await give_to_gate(Gate(redis), await give_back(engine, sold_out))
    await sold_out.there.showrunner.tick()
    wish = Wish(sold_out.shopper, "second", sold_out.deal_id, 1)
    assert isinstance(await sold_out.there.checkout.purchase(wish), Bought)


async def test_a_unit_that_the_gate_never_heard_of_is_found_and_sold(
    engine: AsyncEngine, clock: FrozenClock, sold_out: Shop
) -> None:
    """The process died between the books and the gate."""
    await give_back(engine, sold_out)
    await sold_out.here.showrunner.tick()
    clock.advance(3)  # longer than units may be on their way
    await sold_out.here.showrunner.tick()
    await sold_out.there.showrunner.tick()
    assert (await shown(engine, clock))[0] == "live"
    assert isinstance(await late(engine, clock, sold_out, sold_out.there), Bought)
    offer = await read_offer(engine, sold_out.deal_id)
    assert offer is not None
    assert (offer.sold, offer.orders) == (1, 2)
    async with engine.connect() as connection:
        states = (await connection.execute(select(orders.c.status).order_by(orders.c.place))).scalars().all()
    assert states == ["cancelled", "placed"]
