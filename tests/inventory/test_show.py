"""Moving the show on: one deal is live, whoever moves it and however many do."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select, text, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine

from app.inventory.rotation import Close, Open, Retime, Stop, Tell
from app.inventory.show import NotLive, skip, stop_show
from app.inventory.tables import changes, deals, shows
from app.platform.clock import Clock
from app.platform.settings import Settings
from tests.factories.inventory import history, live_id, new_deal, queue_deals
from tests.factories.show import MIA, move_on, revision, start

MIDNIGHT = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)  # the first in Chicago after the frozen clock's moment


async def skip_it(engine: AsyncEngine, deal_id: int, clock: Clock) -> bool:
    async with engine.begin() as connection:
        return await skip(connection, deal_id, clock.now(), who=MIA)


async def stop_it(engine: AsyncEngine, deal_id: int | None, clock: Clock, *, at_once: bool) -> bool:
    async with engine.begin() as connection:
        return await stop_show(connection, deal_id, clock.now(), at_once=at_once, who=MIA)


async def test_postgresql_refuses_a_second_live_deal(
    engine: AsyncEngine, clock: Clock, settings: Settings
) -> None:
    first, second = await queue_deals(engine, clock, new_deal(), new_deal())
    await start(engine, clock, settings)
    await move_on(engine, clock.now(), settings)
    with pytest.raises(IntegrityError, match="one_live_deal"):
        async with engine.begin() as connection:
            await connection.execute(update(deals).where(deals.c.id == second).values(state="live"))
    assert await live_id(engine) == first


async def test_two_clicks_on_skip_skip_one_deal(
    engine: AsyncEngine, clock: Clock, settings: Settings
) -> None:
    first, second, third = await queue_deals(engine, clock, new_deal(), new_deal(), new_deal())
    await start(engine, clock, settings)
    await move_on(engine, clock.now(), settings)

    async def click() -> bool:
        skipped = await skip_it(engine, first, clock)
        await move_on(engine, clock.now(), settings)
        return skipped

    assert sorted(await asyncio.gather(*(click() for _ in range(5)))) == [False] * 4 + [True]
    assert await history(engine) == [(first, "ended", "skipped"), (second, "live", None)]
    assert third not in [deal_id for deal_id, _, _ in await history(engine)]


async def test_only_the_live_deal_can_be_skipped(
    engine: AsyncEngine, clock: Clock, settings: Settings
) -> None:
    first, second = await queue_deals(engine, clock, new_deal(), new_deal())
    await start(engine, clock, settings)
    await move_on(engine, clock.now(), settings)
    with pytest.raises(NotLive, match=f"Deal {second} is queued"):
        await skip_it(engine, second, clock)
    with pytest.raises(NotLive, match="no such deal"):
        await skip_it(engine, 2**63 - 1, clock)
    assert await live_id(engine) == first


async def test_a_show_that_was_not_started_does_not_begin_by_itself(
    engine: AsyncEngine, clock: Clock, settings: Settings
) -> None:
    await queue_deals(engine, clock, new_deal())
    await move_on(engine, clock.now(), settings)
    assert await history(engine) == []


async def test_moving_on_again_changes_nothing(engine: AsyncEngine, clock: Clock, settings: Settings) -> None:
    await queue_deals(engine, clock, new_deal(), new_deal())
    await start(engine, clock, settings)
    await move_on(engine, clock.now(), settings)
    async with engine.connect() as connection:
        before = (await connection.execute(select(shows))).one()
    await asyncio.gather(*(move_on(engine, clock.now(), settings) for _ in range(5)))
    async with engine.connect() as connection:
        assert (await connection.execute(select(shows))).one() == before
        live = select(func.count()).where(deals.c.state == "live")
        assert (await connection.execute(live)).scalar_one() == 1


async def test_a_show_that_stops_after_its_deal_opens_no_other_until_it_is_started_again(
    engine: AsyncEngine, clock: Clock, settings: Settings
) -> None:
    first, second = await queue_deals(engine, clock, new_deal(max_minutes=1), new_deal())
    await start(engine, clock, settings)
    await move_on(engine, clock.now(), settings)
    assert await stop_it(engine, first, clock, at_once=False) is True
    assert await stop_it(engine, first, clock, at_once=False) is False, "it was told already"
    assert await move_on(engine, clock.now(), settings) == []
    later = clock.now() + timedelta(minutes=1)
    assert await move_on(engine, later, settings) == [Close(first, "time-up"), Stop()]
    assert await move_on(engine, later, settings) == []
    await start(engine, clock, settings)
    assert await move_on(engine, later, settings) == [Open(second)]


async def test_a_show_that_stops_at_once_ends_the_live_deal_and_what_waits_stays_queued(
    engine: AsyncEngine, clock: Clock, settings: Settings
) -> None:
    first, second = await queue_deals(engine, clock, new_deal(), new_deal())
    await start(engine, clock, settings)
    await move_on(engine, clock.now(), settings)
    assert await stop_it(engine, first, clock, at_once=True) is True
    assert await history(engine) == [(first, "ended", "stopped")]
    assert await stop_it(engine, first, clock, at_once=True) is False
    assert await stop_it(engine, None, clock, at_once=True) is False
    assert await move_on(engine, clock.now(), settings) == []
    await start(engine, clock, settings)
    await move_on(engine, clock.now(), settings)
    assert await live_id(engine) == second


async def test_a_late_click_on_stop_ends_no_other_deal_than_the_one_that_it_names(
    engine: AsyncEngine, clock: Clock, settings: Settings
) -> None:
    first, second, third = await queue_deals(engine, clock, new_deal(), new_deal(), new_deal())
    await start(engine, clock, settings)
    await move_on(engine, clock.now(), settings)
    await skip_it(engine, first, clock)
    await move_on(engine, clock.now(), settings)
    assert await stop_it(engine, first, clock, at_once=True) is False
    with pytest.raises(NotLive, match=f"Deal {third} is queued"):
        await stop_it(engine, third, clock, at_once=True)
    assert await live_id(engine) == second


@pytest.mark.parametrize("paused", [False, True])
async def test_a_stop_while_nothing_is_on_stage_is_done_at_once(
    engine: AsyncEngine, clock: Clock, settings: Settings, paused: bool
) -> None:
    await start(engine, clock, settings, paused=paused)
    assert await stop_it(engine, None, clock, at_once=False) is True
    async with engine.connect() as connection:
        row = (await connection.execute(select(shows))).one()
    assert (row.started, row.paused, row.stopping) == (False, False, False)


async def test_whoever_runs_the_show_is_noted_with_what_was_changed(
    engine: AsyncEngine, clock: Clock, settings: Settings
) -> None:
    first, second = await queue_deals(engine, clock, new_deal(), new_deal())
    await start(engine, clock, settings)
    await start(engine, clock, settings)  # which changes nothing
    await move_on(engine, clock.now(), settings)
    await skip_it(engine, first, clock)
    await skip_it(engine, first, clock)  # which is done already
    await move_on(engine, clock.now(), settings)
    await start(engine, clock, settings, "daily", True)
    await stop_it(engine, second, clock, at_once=True)
    noted = select(changes).where(changes.c.person_name == "Mia").order_by(changes.c.id)
    async with engine.connect() as connection:
        rows = (await connection.execute(noted)).all()
    assert [(row.action, row.deal_id, row.before, row.after) for row in rows] == [
        ("show", None, {"started": False}, {"started": True}),
        ("skip", first, {"state": "live", "end_reason": None}, {"state": "ended", "end_reason": "skipped"}),
        ("show", second, {"mode": "woot-off", "paused": False}, {"mode": "daily", "paused": True}),
        ("show", second, {"started": True, "paused": True}, {"started": False, "paused": False}),
    ]


async def test_the_end_of_a_live_daily_deal_follows_the_shop_into_another_zone(
    engine: AsyncEngine, clock: Clock, settings: Settings
) -> None:
    (deal_id,) = await queue_deals(engine, clock, new_deal())
    await start(engine, clock, settings, "daily")
    await move_on(engine, clock.now(), settings)
    tokyo = settings.model_copy(update={"time_zone": "Asia/Tokyo"})
    midnight_there = datetime(2026, 11, 23, 15, 0, tzinfo=UTC)
    assert await move_on(engine, clock.now(), tokyo) == [Retime(deal_id, midnight_there)]
    assert await move_on(engine, clock.now(), tokyo) == []
    assert await move_on(engine, midnight_there, tokyo) == [Close(deal_id, "time-up")]


async def test_units_that_come_back_to_a_sold_out_daily_deal_move_the_show_on_for_everyone(
    engine: AsyncEngine, clock: Clock, settings: Settings
) -> None:
    (deal_id,) = await queue_deals(engine, clock, new_deal(quantity=2))
    await start(engine, clock, settings, "daily")
    await move_on(engine, clock.now(), settings)
    for sold in (2, 1, 2):
        before = await revision(engine)
        async with engine.begin() as connection:
            await connection.execute(text(f"UPDATE offers SET sold = {sold}, revision = revision + 1"))
        assert await move_on(engine, clock.now(), settings) == [Tell(deal_id, sold == 2)]
        assert await revision(engine) == before + 1
        assert await move_on(engine, clock.now(), settings) == []
