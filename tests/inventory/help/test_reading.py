"""What help cost and sold, as the books have it."""

from datetime import timedelta

import pytest
from sqlalchemy import text, update

from app.inventory.help.cost import DealHelp, add_up
from app.inventory.help.reading import page_of_helps, read_deal_help, read_deal_helps, read_graph
from app.payments import Money
from app.platform.errors import NotFound
from app.sales.tables import offers
from app.sharing import issue_pot
from app.sharing.desk import Given
from app.sharing.pots import LAST_PAYMENTS
from app.sharing.reward_case import RETURN_WINDOW
from app.sharing.tables import coupons
from tests.factories.helped_deals import helped_deal
from tests.factories.rewards import Crowd
from tests.factories.sales import people

WINDOW = RETURN_WINDOW.total_seconds()
PRICE = 4999


async def helps(crowd: Crowd) -> list[DealHelp]:
    async with crowd.engine.connect() as connection:
        return await read_deal_helps(connection, crowd.clock.now())


async def test_nobody_has_helped_yet(crowd: Crowd) -> None:
    await helped_deal(crowd, [(None, 1, 2)])
    assert await helps(crowd) == []
    assert add_up([]) == []


async def test_a_reward_is_counted_once_on_its_way_from_pending_to_used_or_void(crowd: Crowd) -> None:
    ada, bea, cy = await people(crowd.engine, 3)
    orders = await helped_deal(crowd, [(bea, ada, 2), (cy, ada, 1), (None, bea, 3)])
    (one,) = await helps(crowd)
    assert one.sum.cost.rewards == Given(pending=750)
    sold = one.sum.sold
    assert (sold.orders, sold.units, sold.all_units) == (2, 3, 6)
    assert (sold.revenue, sold.all_revenue) == (3 * PRICE, 6 * PRICE)
    assert (one.sum.costs, one.sum.help_share) == (750, 0.5)
    assert one.sum.part_of_revenue == pytest.approx(750 / (3 * PRICE))
    crowd.clock.advance(WINDOW)
    await crowd.round()
    assert (await helps(crowd))[0].sum.cost.rewards == Given(ready=750)
    code = (await crowd.standing(orders[0])).coupon
    async with crowd.engine.begin() as connection:
        used = update(coupons).where(coupons.c.code == code)
        await connection.execute(used.values(state="used", order_id="elsewhere"))
    await crowd.over(orders[1])
    await crowd.round()
    (one,) = await helps(crowd)
    assert one.sum.cost.rewards == Given(used=500, void=250)
    assert one.sum.costs == 500


async def test_a_coupon_that_has_expired_costs_nothing(crowd: Crowd) -> None:
    ada, bea = await people(crowd.engine, 2)
    await helped_deal(crowd, [(bea, ada, 1)])
    crowd.clock.advance(WINDOW)
    await crowd.round()
    crowd.clock.advance(timedelta(days=181).total_seconds())
    (one,) = await helps(crowd)
    assert (one.sum.cost.rewards, one.sum.costs) == (Given(void=250), 0)


async def test_what_came_off_for_friends_costs_and_what_a_coupon_took_off_does_not_count_twice(
    crowd: Crowd,
) -> None:
    ada, bea, cy = await people(crowd.engine, 3)
    orders = await helped_deal(crowd, [(bea, ada, 1), (bea, cy, 1), (None, cy, 1)], discount=600)
    spent = {"code": "SPENT", "shopper_id": cy, "currency": "USD", "amount": 400, "state": "used"}
    kept = {
        "why": "",
        "created_at": crowd.clock.now(),
        "expires_at": crowd.clock.now(),
        "order_id": orders[1],
    }
    async with crowd.engine.begin() as connection:
        await connection.execute(coupons.insert().values(**spent, **kept))
    (one,) = await helps(crowd)
    assert one.sum.sold.friend_discounts == 600 + 200
    assert one.sum.sold.revenue == 2 * (PRICE - 600)
    assert one.sum.costs == 500 + 800


async def test_orders_that_are_no_more_are_not_counted(crowd: Crowd) -> None:
    ada, bea = await people(crowd.engine, 2)
    orders = await helped_deal(crowd, [(bea, ada, 2), (bea, ada, 1), (None, ada, 1)])
    async with crowd.engine.begin() as connection:
        gone = text("UPDATE orders SET status = 'refunded' WHERE id = :order")
        await connection.execute(gone, {"order": orders[0]})
        await connection.execute(update(offers).values(revision=offers.c.revision + 1))
    await crowd.over(orders[0])
    await crowd.round()
    (one,) = await helps(crowd)
    assert (one.sum.sold.units, one.sum.sold.all_units, one.sum.cost.rewards) == (1, 2, Given(250, void=500))


async def test_a_pot_is_pending_until_it_is_split_and_then_what_its_parts_are(crowd: Crowd) -> None:
    ada, bea, cy = await people(crowd.engine, 3)
    orders = await helped_deal(crowd, [(bea, ada, 2), (cy, ada, 1)])
    (one,) = await helps(crowd)
    async with crowd.engine.begin() as connection:
        await issue_pot(connection, one.deal_id, Money(1000, "USD"), crowd.clock.now())
    assert (await helps(crowd))[0].sum.cost.pot == Given(pending=1000)
    crowd.stands = (3, 4)
    crowd.clock.advance(WINDOW + LAST_PAYMENTS.total_seconds())
    await crowd.round()
    (one,) = await helps(crowd)
    assert one.sum.cost.pot == Given(ready=750)
    assert one.sum.costs == 1500
    assert len(orders) == 2


async def test_a_pot_that_nobody_had_a_part_in_cost_nothing(crowd: Crowd) -> None:
    orders = await helped_deal(crowd, [(None, 1, 2)])
    deal_id = int(orders[0].partition("-")[0])
    async with crowd.engine.begin() as connection:
        await issue_pot(connection, deal_id, Money(1000, "USD"), crowd.clock.now())
    crowd.clock.advance(WINDOW + LAST_PAYMENTS.total_seconds())
    await crowd.round()
    (one,) = await helps(crowd)
    assert (one.sum.cost.pot, one.sum.costs, one.sum.part_of_revenue) == (Given(), 0, None)


async def test_a_reward_that_is_held_is_counted_and_costs_nothing_yet(crowd: Crowd) -> None:
    ada, bea = await people(crowd.engine, 2)
    await helped_deal(crowd, [(bea, ada, 1), (bea, ada, 1)], same_browser=True)
    (one,) = await helps(crowd)
    assert (one.sum.cost.held, one.sum.costs) == (2, 0)


async def test_all_deals_come_to_a_sum_and_have_pages_the_latest_first(crowd: Crowd) -> None:
    ada, bea = await people(crowd.engine, 2)
    for units in (1, 2, 3):
        await helped_deal(crowd, [(bea, ada, units)])
    found = await helps(crowd)
    assert [one.sum.sold.units for one in found] == [3, 2, 1]
    (whole,) = add_up(found)
    assert (whole.sold.units, whole.costs, whole.sold.revenue) == (6, 1500, 6 * PRICE)
    page, following = page_of_helps(found, None, 2)
    assert ([one.sum.sold.units for one in page], following) == ([3, 2], found[1].deal_id)
    assert [one.sum.sold.units for one in page_of_helps(found, following, 2)[0]] == [1]
    assert page_of_helps(found, 10**6, 2) == ([], None)


async def test_a_deal_that_nobody_helped_has_its_zeros_and_one_that_waits_has_nothing(crowd: Crowd) -> None:
    orders = await helped_deal(crowd, [(None, 1, 2)])
    deal_id = int(orders[0].partition("-")[0])
    async with crowd.engine.connect() as connection:
        one = await read_deal_help(connection, deal_id, crowd.clock.now())
        assert (one.sum.sold.units, one.sum.sold.all_units, one.sum.costs) == (0, 2, 0)
        with pytest.raises(NotFound):
            await read_deal_help(connection, deal_id + 1, crowd.clock.now())


async def test_the_graph_has_the_names_of_helpers_and_not_what_was_refused_or_is_no_more(
    crowd: Crowd,
) -> None:
    bea, *buyers = await people(crowd.engine, 8)
    orders = await helped_deal(crowd, [(bea, buyer, 1) for buyer in buyers])
    deal_id = int(orders[0].partition("-")[0])
    await crowd.over(orders[0])
    async with crowd.engine.begin() as connection:
        refused = text("UPDATE rewards SET verdict = 'refused' WHERE order_id = :order")
        await connection.execute(refused, {"order": orders[1]})
    async with crowd.engine.connect() as connection:
        for wanted in (deal_id, None):
            drawn = await read_graph(connection, wanted, crowd.clock.now())
            assert (drawn.graph.buyers, drawn.graph.units) == (5, 5)
            assert list(drawn.names) == [bea]
        assert (await read_graph(connection, deal_id + 1, crowd.clock.now())).graph.helpers == 0
        long_after = crowd.clock.now() + timedelta(days=91)
        assert (await read_graph(connection, None, long_after)).graph.helpers == 0
