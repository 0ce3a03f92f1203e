"""What became of an offer, counted from its orders."""

import asyncio
from datetime import timedelta

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from app.sales import close_offer, count_closed_offers
from app.sales.desk import SaleRecord, read_curves, read_refused_totals, read_sale_records
from app.sales.tables import offers, orders, sale_records
from tests.conftest import FrozenClock
from tests.factories.inventory import a_shopper
from tests.factories.records import EVENING, past_deal

THREE = [(0.8, 1, 1), (61.0, 2, 2), (400.0, 3, 7)]  # seconds of age, shopper, units


async def record_of(engine: AsyncEngine, deal_id: int) -> SaleRecord:
    await count_closed_offers(engine)
    async with engine.connect() as connection:
        return (await read_sale_records(connection, [deal_id]))[deal_id]


async def curve_of(engine: AsyncEngine, deal_id: int) -> list[int]:
    async with engine.connect() as connection:
        return (await read_curves(connection, [deal_id]))[deal_id]


async def test_a_sold_out_deal_has_its_first_and_last_order_its_money_and_its_helpers(
    engine: AsyncEngine, clock: FrozenClock
) -> None:
    helper = await a_shopper(engine, clock)
    deal_id = await past_deal(
        engine, THREE, price=1000, limit=7, discount=100, helpers=(None, helper), refused=4
    )
    assert await record_of(engine, deal_id) == SaleRecord(
        deal_id=deal_id,
        orders=3,
        units=10,
        given_back=0,
        orders_of_one=1,
        orders_of_two=1,
        orders_of_more=1,
        revenue=9700,
        discounts=300,
        shipping=1500,
        helped_units=2,
        first_minutes_units=3,
        quickest_seconds=0.8,
        seconds_to_sell_out=400.0,
        first_order_at=EVENING + timedelta(seconds=0.8),
        last_order_at=EVENING + timedelta(seconds=400),
        sold_out_at=EVENING + timedelta(seconds=400),
        first_shopper_id=1,
    )
    async with engine.connect() as connection:
        assert await read_refused_totals(connection, [deal_id, 999]) == {deal_id: 4}


async def test_the_curve_has_every_minute_up_to_the_last_that_sold(engine: AsyncEngine) -> None:
    opened_at = EVENING + timedelta(milliseconds=900)  # its first second began before it opened
    deal_id = await past_deal(engine, [(0.05, 1, 1), (59.0, 1, 1), (200.0, 2, 3)], opened_at=opened_at)
    assert await curve_of(engine, deal_id) == [2, 0, 0, 3]


async def test_a_deal_that_nobody_bought_has_a_record_of_nothing(engine: AsyncEngine) -> None:
    deal_id = await past_deal(engine, [], reason="time-up")
    record = await record_of(engine, deal_id)
    assert (record.orders, record.units, record.revenue, record.first_minutes_units) == (0, 0, 0, 0)
    assert (record.quickest_seconds, record.sold_out_at, record.first_shopper_id) == (None, None, None)
    assert await curve_of(engine, deal_id) == []


async def test_a_deal_with_units_left_did_not_sell_out(engine: AsyncEngine) -> None:
    deal_id = await past_deal(engine, THREE, quantity=11, reason="skipped")
    record = await record_of(engine, deal_id)
    assert (record.units, record.sold_out_at, record.seconds_to_sell_out) == (10, None, None)


async def test_an_order_that_is_given_back_is_worth_nothing_but_has_happened(engine: AsyncEngine) -> None:
    for status in ("declined", "cancelled", "refunded"):
        deal_id = await past_deal(engine, [(1.0, 9, 2), (5.0, 8, 8)], status=status)
        record = await record_of(engine, deal_id)
        assert (record.orders, record.units, record.given_back, record.revenue) == (0, 0, 10, 0), status
        assert (record.first_shopper_id, record.quickest_seconds, record.seconds_to_sell_out) == (9, 1.0, 5.0)
    for status in ("placed", "paid", "shipped"):
        deal_id = await past_deal(engine, [(1.0, 9, 2)], status=status)
        assert (await record_of(engine, deal_id)).units == 2, status


async def test_a_refund_after_the_count_is_counted_as_soon_as_the_offer_moves_on(engine: AsyncEngine) -> None:
    deal_id = await past_deal(engine, THREE)
    assert (await record_of(engine, deal_id)).units == 10
    async with engine.begin() as connection:
        await connection.execute(update(orders).where(orders.c.place == 3).values(status="refunded"))
    assert (await record_of(engine, deal_id)).units == 10, "nobody said so"
    async with engine.begin() as connection:
        await connection.execute(update(offers).values(revision=offers.c.revision + 1))
    record = await record_of(engine, deal_id)
    assert (record.units, record.given_back, record.orders) == (3, 7, 2)


async def test_each_offer_is_counted_once_and_one_on_offer_not_at_all(engine: AsyncEngine) -> None:
    deal_id = await past_deal(engine, THREE)
    async with engine.begin() as connection:
        await connection.execute(update(offers).values(closed_at=None))
    assert await count_closed_offers(engine) == 0
    async with engine.connect() as connection:
        assert await read_sale_records(connection, [deal_id]) == {}
    async with engine.begin() as connection:
        await close_offer(connection, deal_id, EVENING)
    assert [await count_closed_offers(engine), await count_closed_offers(engine)] == [1, 0]


async def test_several_who_count_at_once_leave_one_record(engine: AsyncEngine) -> None:
    ids = [await past_deal(engine, THREE) for _ in range(3)]
    await asyncio.gather(*(count_closed_offers(engine) for _ in range(4)))
    async with engine.connect() as connection:
        counted = (await connection.execute(select(sale_records.c.deal_id, sale_records.c.units))).all()
    assert sorted(tuple(row) for row in counted) == [(deal_id, 10) for deal_id in ids]


async def test_a_late_count_of_an_older_state_changes_nothing(engine: AsyncEngine) -> None:
    deal_id = await past_deal(engine, THREE)
    newer = {
        name: 0 for name in (column.name for column in sale_records.c) if not name.endswith(("_at", "_id"))
    }
    async with engine.begin() as connection:
        await connection.execute(insert(sale_records).values(newer | {"deal_id": deal_id, "revision": 99}))
    assert await count_closed_offers(engine) == 0
    assert (await record_of(engine, deal_id)).units == 0
