"""What everybody is told of the crowd: while a deal is live, and of the stall that was cleared right before."""

from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from app.inventory.cleared import LastCleared
from app.inventory.live import crowd, read_present, snapshot
from app.inventory.tables import deals
from app.sales import take_one
from app.sales.tables import orders
from app.sharing.tables import attributions
from tests.conftest import FrozenClock
from tests.factories.inventory import Process, a_shopper, new_deal, queue_deals
from tests.factories.stalls import stalled_deal


async def seen(shop: Process) -> Any:
    """What the showrunner has told everybody, as this process's viewers see it."""
    await shop.showrunner.tick()
    return shop.stream.hub.present


async def helped(engine: AsyncEngine, deal_id: int, helper_id: int, clock: FrozenClock) -> None:
    """All orders of the deal came by one helper's link."""
    row = {"deal_id": deal_id, "helper_id": helper_id, "link": "b3a", "created_at": clock.now()}
    async with engine.begin() as connection:
        found = await connection.execute(select(orders).where(orders.c.deal_id == deal_id))
        for order in found.all():
            values = row | {"order_id": order.id, "units": order.quantity}
            await connection.execute(insert(attributions).values(values))


async def test_while_the_next_deal_is_live_everybody_is_told_who_cleared_the_stall(
    shop: Process, clock: FrozenClock
) -> None:
    deal_id = await stalled_deal(shop.engine, shop.showrunner, clock, title="Admiral", quantity=5)
    await queue_deals(shop.engine, clock, new_deal(title="Spoon", quantity=2), new_deal())
    ada, bea = await a_shopper(shop.engine, clock), await a_shopper(shop.engine, clock)
    await shop.sell(ada, deal_id, 3)
    await helped(shop.engine, deal_id, bea, clock)
    assert (await seen(shop))["cleared"] is None, "it still holds up the show"
    await shop.sell(bea, deal_id, 2)
    told = await seen(shop)
    assert (told["deal"]["title"], told["stall"]) == ("Spoon", None)
    assert told["cleared"] == {"deal_id": deal_id, "title": "Admiral", "helpers": 1, "helped_units": 3}

    await shop.sell(ada, told["deal"]["id"], 2)
    assert (await seen(shop))["cleared"] is None, "the next one went without a stall"


async def test_a_stall_that_nobody_cleared_is_not_celebrated(shop: Process, clock: FrozenClock) -> None:
    deal_id = await stalled_deal(shop.engine, shop.showrunner, clock)
    await queue_deals(shop.engine, clock, new_deal())
    await shop.showrunner.skip(deal_id)
    told = await seen(shop)
    assert told["deal"]["id"] != deal_id
    assert told["cleared"] is None


async def test_where_nothing_comes_after_it_the_empty_stage_tells_of_it(
    shop: Process, clock: FrozenClock
) -> None:
    deal_id = await stalled_deal(shop.engine, shop.showrunner, clock, title="Admiral", quantity=1)
    await shop.sell(await a_shopper(shop.engine, clock), deal_id)
    told = await seen(shop)
    assert told["deal"] is None
    assert told["cleared"] == {"deal_id": deal_id, "title": "Admiral", "helpers": 0, "helped_units": 0}


async def test_what_is_over_is_read_once(shop: Process, clock: FrozenClock) -> None:
    deal_id = await stalled_deal(shop.engine, shop.showrunner, clock, title="Admiral", quantity=1)
    await shop.sell(await a_shopper(shop.engine, clock), deal_id)
    await seen(shop)
    last = LastCleared()
    for title in ("Admiral", "Changed"):
        async with shop.engine.begin() as connection:
            await connection.execute(update(deals).where(deals.c.id == deal_id).values(title=title))
            present = await read_present(connection, clock.now())
            found = await last.before(connection, present.show, present.deal)
            assert found is not None
            assert found.title == "Admiral"


async def test_the_crowd_is_in_the_snapshot_and_in_the_news_of_stock(
    shop: Process, clock: FrozenClock
) -> None:
    deal_id = await stalled_deal(shop.engine, shop.showrunner, clock, quantity=9)
    ada = await a_shopper(shop.engine, clock)
    await shop.sell(ada, deal_id)
    async with shop.engine.begin() as connection:
        found = await connection.execute(select(orders.c.id).where(orders.c.shopper_id == ada))
        order_id = found.scalar_one()
        await take_one(connection, order_id, ada, clock.now())
    async with shop.engine.connect() as connection:
        present = await read_present(connection, clock.now())
    assert crowd(present, 7) == {"watching": 7, "helpers": 0, "helped_units": 0, "team": 1}
    assert snapshot(present, watching=7)["crowd"] == crowd(present, 7)
