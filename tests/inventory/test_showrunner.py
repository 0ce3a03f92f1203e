"""The showrunner: what should happen, happens, and everyone hears of it."""

import asyncio
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from redis.asyncio import Redis
from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from app.inventory import showrunner as room
from app.inventory.rotation import Mode
from app.inventory.show import NotLive, take_the_shows_turn
from app.inventory.tables import deals
from app.platform.failpoints import armed
from app.platform.settings import Settings
from app.sales import Wish
from app.sales.verdict import GateClosed
from app.stream import Stream
from tests.conftest import FrozenClock
from tests.factories.inventory import (
    Process,
    a_shopper,
    history,
    live_id,
    new_deal,
    process,
    queue_deals,
    until,
)

MIDNIGHT = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)  # the first in Chicago after the frozen clock's moment


def shown(stream: Stream) -> tuple[str, int | None, str | None]:
    """What the public sees: the phase, the deal, and when the next one comes."""
    present = stream.hub.present
    assert present is not None
    return present["show"]["phase"], present["deal"] and present["deal"]["id"], present["show"]["next_at"]


async def test_skip_moves_on_and_says_whether_it_did(shop: Process, clock: FrozenClock) -> None:
    first, second = await queue_deals(shop.engine, clock, new_deal(), new_deal())
    await shop.showrunner.set_show("woot-off", False)
    assert await shop.showrunner.skip(first) is True
    assert await shop.showrunner.skip(first) is False
    assert shown(shop.stream) == ("live", second, None)
    with pytest.raises(NotLive):
        await shop.showrunner.skip(999)
    assert await shop.showrunner.skip(second) is True
    assert shown(shop.stream) == ("closed", None, None)


async def test_a_deal_that_is_skipped_during_a_pause_leaves_an_empty_stage_until_the_show_goes_on(
    shop: Process, clock: FrozenClock
) -> None:
    first, second = await queue_deals(shop.engine, clock, new_deal(), new_deal())
    await shop.showrunner.set_show("woot-off", False)
    await shop.showrunner.set_show("woot-off", True)
    await shop.showrunner.skip(first)
    assert shown(shop.stream) == ("paused", None, None)
    await shop.showrunner.set_show("woot-off", False)
    assert shown(shop.stream) == ("live", second, None)


async def test_a_stop_is_shown_to_everyone_and_what_waits_opens_with_the_next_start(
    shop: Process, clock: FrozenClock
) -> None:
    first, second = await queue_deals(shop.engine, clock, new_deal(quantity=1), new_deal())
    await shop.showrunner.set_show("woot-off", False)
    assert await shop.showrunner.stop_show(first, at_once=False) is True
    assert shown(shop.stream) == ("live", first, None)
    await shop.sell(await a_shopper(shop.engine, clock), first)
    await shop.showrunner.tick()
    assert shown(shop.stream) == ("closed", None, None)
    await shop.showrunner.set_show("daily", False)
    assert shown(shop.stream)[:2] == ("live", second)
    assert await shop.showrunner.stop_show(second, at_once=True) is True
    assert shown(shop.stream) == ("closed", None, None)


async def test_two_processes_told_to_skip_one_deal_skip_one(
    shop: Process, settings: Settings, clock: FrozenClock
) -> None:
    first, second, _ = await queue_deals(shop.engine, clock, new_deal(), new_deal(), new_deal())
    await shop.showrunner.set_show("woot-off", False)
    async with process(settings, clock) as other:
        skipped = await asyncio.gather(shop.showrunner.skip(first), other.showrunner.skip(first))
        assert sorted(skipped) == [False, True]
        assert await live_id(shop.engine) == second
        await shop.showrunner.tick()
        assert shown(shop.stream)[1] == second


async def test_a_paused_show_sells_nothing_and_goes_on_where_it_stopped(
    shop: Process, clock: FrozenClock
) -> None:
    first, _ = await queue_deals(shop.engine, clock, new_deal(max_minutes=5), new_deal())
    shopper = await a_shopper(shop.engine, clock)
    await shop.showrunner.set_show("woot-off", False)
    await shop.showrunner.set_show("woot-off", True)
    assert shown(shop.stream) == ("paused", first, None)
    verdict = await shop.checkout.purchase(Wish(shopper, "one", first, 1))
    assert verdict == GateClosed(paused=True)
    await shop.showrunner.set_show("woot-off", False)
    assert shown(shop.stream)[:2] == ("live", first)
    await shop.sell(shopper, first)


async def test_a_paused_show_stands_still_past_the_end_and_moves_on_when_it_goes_on(
    shop: Process, clock: FrozenClock
) -> None:
    first, second = await queue_deals(shop.engine, clock, new_deal(), new_deal())
    await shop.showrunner.set_show("daily", True)
    assert await live_id(shop.engine) is None
    await shop.showrunner.set_show("daily", False)
    await shop.showrunner.set_show("daily", True)
    clock.moment = MIDNIGHT + timedelta(hours=1)
    await shop.showrunner.tick()
    assert await live_id(shop.engine) == first
    await shop.showrunner.set_show("daily", False)
    assert await live_id(shop.engine) == second


async def test_a_daily_deal_that_is_sold_out_stays_until_midnight_and_says_when_the_next_comes(
    shop: Process, clock: FrozenClock
) -> None:
    first, second = await queue_deals(shop.engine, clock, new_deal(quantity=2), new_deal())
    shopper = await a_shopper(shop.engine, clock)
    await shop.showrunner.set_show("daily", False)
    await shop.sell(shopper, first, 2)
    await shop.showrunner.tick()
    assert shown(shop.stream) == ("sold-out", first, "2026-11-23T06:00:00.000Z")
    clock.moment = MIDNIGHT - timedelta(milliseconds=1)
    await shop.showrunner.tick()
    assert shown(shop.stream)[:2] == ("sold-out", first)
    clock.moment = MIDNIGHT
    await shop.showrunner.tick()
    assert shown(shop.stream) == ("live", second, None)
    assert await history(shop.engine) == [(first, "ended", "sold-out"), (second, "live", None)]


async def test_at_midnight_the_next_daily_deal_goes_live_and_ends_at_the_one_after(
    shop: Process, clock: FrozenClock
) -> None:
    first, second = await queue_deals(shop.engine, clock, new_deal(), new_deal())
    await shop.showrunner.set_show("daily", False)
    clock.moment = MIDNIGHT
    await shop.showrunner.tick()
    assert await history(shop.engine) == [(first, "ended", "time-up"), (second, "live", None)]
    assert await ends_at(shop, second) == MIDNIGHT + timedelta(days=1)


async def test_a_process_that_slept_over_two_midnights_burns_no_deal(
    shop: Process, clock: FrozenClock
) -> None:
    first, second, third = await queue_deals(shop.engine, clock, new_deal(), new_deal(), new_deal())
    await shop.showrunner.set_show("daily", False)
    clock.moment = MIDNIGHT + timedelta(days=1, hours=3)
    await shop.showrunner.tick()
    assert await history(shop.engine) == [(first, "ended", "time-up"), (second, "live", None)]
    assert await ends_at(shop, second) == MIDNIGHT + timedelta(days=2)
    clock.moment = MIDNIGHT + timedelta(days=2)
    await shop.showrunner.tick()
    assert await live_id(shop.engine) == third


async def test_a_late_tick_of_a_process_that_slept_does_not_roll_over_again(
    shop: Process, settings: Settings, clock: FrozenClock
) -> None:
    """One process was stopped over three midnights, between its look at the show and its doing; another was not."""
    queue = await queue_deals(shop.engine, clock, *(new_deal() for _ in range(5)))
    await shop.showrunner.set_show("daily", False)
    stopped, goes_on = asyncio.Event(), asyncio.Event()

    async def stand_still() -> None:
        stopped.set()
        await goes_on.wait()

    async with process(settings, clock) as sleeper:
        clock.moment = MIDNIGHT
        with armed("between-sell-out-and-advance", stand_still):
            asleep = asyncio.create_task(sleeper.showrunner.tick())
            await stopped.wait()
        for night in range(3):
            clock.moment = MIDNIGHT + timedelta(days=night, milliseconds=1)
            await shop.showrunner.tick()
        goes_on.set()
        await asleep
        assert await history(shop.engine) == [
            *((deal_id, "ended", "time-up") for deal_id in queue[:3]),
            (queue[3], "live", None),
        ]
    assert shown(shop.stream)[1] == queue[3]


async def test_a_daily_deal_opened_by_a_process_that_slept_before_it_lasts_until_the_coming_midnight(
    shop: Process, settings: Settings, clock: FrozenClock
) -> None:
    """The clock is asked once it is this process's turn, not before it waited for that."""
    _, second = await queue_deals(shop.engine, clock, new_deal(), new_deal())
    await shop.showrunner.set_show("daily", False)
    clock.moment = MIDNIGHT
    async with shop.engine.begin() as other:
        await take_the_shows_turn(other)
        waiting = asyncio.create_task(shop.showrunner.tick())
        await until_somebody_waits(shop)
        clock.moment = MIDNIGHT + timedelta(days=2, hours=1)
    await waiting
    assert await live_id(shop.engine) == second
    assert await ends_at(shop, second) == MIDNIGHT + timedelta(days=3)


async def until_somebody_waits(shop: Process) -> None:
    """Until a process waits for the show's turn."""
    waits = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
    async with asyncio.timeout(60), shop.engine.connect() as connection:
        while not (await connection.execute(waits)).scalar_one():
            await asyncio.sleep(0.01)


async def test_a_clock_that_goes_back_over_midnight_neither_rolls_over_again_nor_brings_a_deal_back(
    shop: Process, clock: FrozenClock
) -> None:
    first, second, third = await queue_deals(shop.engine, clock, new_deal(), new_deal(), new_deal())
    await shop.showrunner.set_show("daily", False)
    clock.moment = MIDNIGHT
    await shop.showrunner.tick()
    for moment in (MIDNIGHT - timedelta(hours=2), MIDNIGHT, MIDNIGHT + timedelta(hours=1)):
        clock.moment = moment
        await shop.showrunner.tick()
        assert await history(shop.engine) == [(first, "ended", "time-up"), (second, "live", None)]
    assert await ends_at(shop, second) == MIDNIGHT + timedelta(days=1)
    clock.moment = MIDNIGHT + timedelta(days=1)
    await shop.showrunner.tick()
    assert await live_id(shop.engine) == third


async def test_a_clock_that_was_years_ahead_leaves_a_deal_that_ends_at_the_coming_midnight(
    shop: Process, clock: FrozenClock
) -> None:
    first, second, third = await queue_deals(shop.engine, clock, new_deal(), new_deal(), new_deal())
    await shop.showrunner.set_show("daily", False)
    right = clock.moment
    clock.moment = right + timedelta(days=2000)
    await shop.showrunner.tick()
    assert await live_id(shop.engine) == second
    clock.moment = right
    await shop.showrunner.tick()
    assert await live_id(shop.engine) == second, "what is over does not come back"
    assert await ends_at(shop, second) == MIDNIGHT
    clock.moment = MIDNIGHT
    await shop.showrunner.tick()
    assert await history(shop.engine) == [
        (first, "ended", "time-up"),
        (second, "ended", "time-up"),
        (third, "live", None),
    ]


@pytest.mark.parametrize(
    ("zone", "evening", "hours"),
    [
        ("America/Chicago", "2026-03-07T18:00", (12, 23, 24)),
        ("America/Chicago", "2026-10-31T18:00", (11, 25, 24)),
        ("America/Santiago", "2026-09-05T18:00", (10, 23, 24)),
        ("Africa/Cairo", "2026-04-23T18:00", (4, 23, 24)),
        ("America/Havana", "2026-10-31T18:00", (10, 25, 24)),
        ("Asia/Beirut", "2026-10-24T18:00", (4, 24, 24)),
        ("Pacific/Apia", "2011-12-29T18:00", (16, 24, 24)),
    ],
)
async def test_each_local_day_has_one_deal(
    shop: Process, settings: Settings, clock: FrozenClock, zone: str, evening: str, hours: tuple[int, ...]
) -> None:
    """Ticked at every hour, a deal goes live at each midnight of the shop and at no other moment."""
    clock.moment = begin = datetime.fromisoformat(evening).replace(tzinfo=UTC)
    await queue_deals(shop.engine, clock, *(new_deal() for _ in range(5)))
    async with process(settings.model_copy(update={"time_zone": zone}), clock) as there:
        await there.showrunner.set_show("daily", False)
        for _ in range(sum(hours)):
            clock.advance(3600)
            await there.showrunner.tick()
    async with shop.engine.connect() as connection:
        query = select(deals.c.started_at).where(deals.c.turn.is_not(None)).order_by(deals.c.turn)
        started = (await connection.execute(query)).scalars().all()
    lengths = [(later - earlier) / timedelta(hours=1) for earlier, later in pairwise(started)]
    assert (started[0], lengths) == (begin, list(hours))


async def ends_at(shop: Process, deal_id: int) -> datetime | None:
    async with shop.engine.connect() as connection:
        found = await connection.execute(deals.select().where(deals.c.id == deal_id))
        moment: datetime | None = found.one().ends_at
        return moment


@pytest.mark.parametrize(
    ("mode", "other", "end"),
    [("woot-off", "daily", MIDNIGHT), ("daily", "woot-off", None)],
)
async def test_a_change_of_mode_changes_when_the_live_deal_ends(
    shop: Process, clock: FrozenClock, mode: Mode, other: Mode, end: datetime | None
) -> None:
    (first,) = await queue_deals(shop.engine, clock, new_deal())
    await shop.showrunner.set_show(mode, False)
    await shop.showrunner.set_show(other, False)
    assert await live_id(shop.engine) == first
    assert await ends_at(shop, first) == end


async def test_a_sold_out_daily_deal_makes_way_at_once_when_a_woot_off_begins(
    shop: Process, clock: FrozenClock
) -> None:
    first, second = await queue_deals(shop.engine, clock, new_deal(quantity=1), new_deal())
    await shop.showrunner.set_show("daily", False)
    await shop.sell(await a_shopper(shop.engine, clock), first)
    await shop.showrunner.set_show("woot-off", False)
    assert shown(shop.stream) == ("live", second, None)


async def test_a_deal_that_is_held_back_is_passed_over_until_its_time(
    shop: Process, clock: FrozenClock
) -> None:
    at = clock.now() + timedelta(minutes=10)
    held, first, second = await queue_deals(
        shop.engine, clock, new_deal(not_before=at), new_deal(), new_deal()
    )
    await shop.showrunner.set_show("woot-off", False)
    assert await live_id(shop.engine) == first
    clock.advance(600)
    await shop.showrunner.tick()
    assert await live_id(shop.engine) == first
    await shop.showrunner.skip(first)
    assert await live_id(shop.engine) == held
    await shop.showrunner.skip(held)
    assert await live_id(shop.engine) == second


async def test_a_deal_that_all_wait_for_opens_when_its_time_comes(shop: Process, clock: FrozenClock) -> None:
    at = clock.now() + timedelta(minutes=10)
    (held,) = await queue_deals(shop.engine, clock, new_deal(not_before=at))
    await shop.showrunner.set_show("woot-off", False)
    assert shown(shop.stream) == ("closed", None, None)
    clock.advance(599.999)
    await shop.showrunner.tick()
    assert await live_id(shop.engine) is None
    clock.advance(0.001)
    await shop.showrunner.tick()
    assert shown(shop.stream)[:2] == ("live", held)


async def test_a_deals_longest_time_is_kept(shop: Process, clock: FrozenClock) -> None:
    first, second = await queue_deals(shop.engine, clock, new_deal(max_minutes=3), new_deal())
    await shop.showrunner.set_show("woot-off", False)
    clock.advance(179)
    await shop.showrunner.tick()
    assert await live_id(shop.engine) == first
    clock.advance(1)
    await shop.showrunner.tick()
    assert await history(shop.engine) == [(first, "ended", "time-up"), (second, "live", None)]


async def test_a_pause_puts_off_the_end_of_a_deals_longest_time(shop: Process, clock: FrozenClock) -> None:
    first, second = await queue_deals(shop.engine, clock, new_deal(max_minutes=3), new_deal())
    await shop.showrunner.set_show("woot-off", False)
    clock.advance(120)
    await shop.showrunner.set_show("woot-off", True)
    assert shown_end(shop.stream) is None, "nobody knows"
    clock.advance(3600)
    await shop.showrunner.set_show("woot-off", False)
    assert shown_end(shop.stream) == "2026-11-22T19:03:00.000Z"
    clock.advance(59)
    await shop.showrunner.tick()
    assert await live_id(shop.engine) == first
    clock.advance(1)
    await shop.showrunner.tick()
    assert await live_id(shop.engine) == second


def shown_end(stream: Stream) -> str | None:
    """When the public sees the live deal end."""
    assert stream.hub.present is not None
    end: str | None = stream.hub.present["deal"]["ends_at"]
    return end


async def test_a_queue_that_ran_empty_is_closed_and_a_deal_that_is_added_opens_at_once(
    shop: Process, clock: FrozenClock
) -> None:
    (first,) = await queue_deals(shop.engine, clock, new_deal(quantity=1))
    await shop.showrunner.set_show("woot-off", False)
    await shop.sell(await a_shopper(shop.engine, clock), first)
    await shop.showrunner.tick()
    assert shown(shop.stream) == ("closed", None, None)
    (second,) = await queue_deals(shop.engine, clock, new_deal())
    await shop.showrunner.tick()
    assert shown(shop.stream) == ("live", second, None)
    await shop.sell(await a_shopper(shop.engine, clock), second)


async def test_ticks_repeated_are_harmless(shop: Process, clock: FrozenClock) -> None:
    await queue_deals(shop.engine, clock, new_deal(), new_deal())
    await shop.showrunner.set_show("woot-off", False)
    before = shop.stream.hub.id, shop.stream.hub.present, await history(shop.engine)
    for _ in range(5):
        await shop.showrunner.tick()
    assert before == (shop.stream.hub.id, shop.stream.hub.present, await history(shop.engine))


async def test_a_showrunner_that_dies_before_the_gate_opens_is_followed_by_anothers_tick(
    shop: Process, settings: Settings, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = await queue_deals(shop.engine, clock, new_deal(quantity=1), new_deal())
    await shop.showrunner.set_show("woot-off", False)
    shopper = await a_shopper(shop.engine, clock)

    class Died(BaseException):
        """The process is no more."""

    async with process(settings, clock) as dying:
        await dying.sell(shopper, first)
        moved_on = dying.showrunner._advance

        async def move_on_and_die() -> None:
            await moved_on()
            raise Died

        monkeypatch.setattr(dying.showrunner, "_advance", move_on_and_die)
        with pytest.raises(Died):
            await dying.showrunner.tick()
    assert await live_id(shop.engine) == second, "it died after its transaction"
    assert shown(shop.stream)[1] == first, "and nobody was told"
    await shop.showrunner.tick()
    assert shown(shop.stream)[:2] == ("live", second)
    assert await shop.checkout.is_ready()
    await shop.sell(shopper, second)


async def test_what_was_changed_is_not_called_failed_because_redis_is_away(
    engine: AsyncEngine, redis: Redis, settings: Settings, clock: FrozenClock, tmp_path: Path
) -> None:
    (first,) = await queue_deals(engine, clock, new_deal())
    nowhere = settings.model_copy(update={"redis_url": f"unix://{tmp_path}/nobody"})
    async with process(nowhere, clock) as shop:
        await shop.showrunner.set_show("woot-off", False)
    async with process(settings, clock) as shop:
        await shop.showrunner.tick()
        assert shown(shop.stream)[:2] == ("live", first)
    async with process(nowhere, clock) as shop:
        assert await shop.showrunner.skip(first) is True
    async with process(settings, clock) as shop:
        await shop.showrunner.tick()
        assert shown(shop.stream) == ("closed", None, None)


async def test_units_that_come_back_to_a_sold_out_daily_deal_are_for_sale_on_every_page(
    shop: Process, clock: FrozenClock
) -> None:
    (first,) = await queue_deals(shop.engine, clock, new_deal(quantity=2))
    await shop.showrunner.set_show("daily", False)
    await shop.sell(await a_shopper(shop.engine, clock), first, 2)
    await shop.showrunner.tick()
    assert shown(shop.stream)[0] == "sold-out"
    async with shop.engine.begin() as connection:
        await connection.execute(
            text("UPDATE offers SET sold = 1, epoch = epoch + 1, revision = revision + 1")
        )
    await shop.showrunner.tick()
    assert shown(shop.stream) == ("live", first, None)


async def test_a_process_whose_ticks_fail_or_hang_does_not_run_the_show(
    shop: Process, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = [shop.showrunner.ticks]
    await shop.showrunner.tick()
    seen.append(shop.showrunner.ticks)
    monkeypatch.setattr(room, "STANDSTILL_SECONDS", 0.0)
    assert [*seen, shop.showrunner.ticks] == [False, True, False]


async def test_midnight_is_not_waited_for_until_the_next_regular_tick(
    engine: AsyncEngine, redis: Redis, settings: Settings, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "TICK_SECONDS", 3600.0)
    monkeypatch.setattr(room, "BREATH_SECONDS", 3600.0)
    clock.moment = MIDNIGHT - timedelta(milliseconds=50)
    _, second = await queue_deals(engine, clock, new_deal(), new_deal())
    async with process(settings, clock, running=True) as shop:
        await shop.showrunner.set_show("daily", False)
        shop.checkout.changed.set()  # the loop looks once more, and sees when the deal ends
        clock.moment = MIDNIGHT
        await until(lambda: shown(shop.stream)[1] == second, "the second deal is on stage")


async def test_a_show_that_runs_moves_on_by_itself(
    engine: AsyncEngine, redis: Redis, settings: Settings, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "TICK_SECONDS", 0.01)
    first, second = await queue_deals(engine, clock, new_deal(max_minutes=1), new_deal())
    async with process(settings, clock, running=True) as shop:
        await shop.showrunner.set_show("woot-off", False)
        assert shown(shop.stream)[1] == first
        clock.advance(60)
        await until(lambda: shown(shop.stream)[1] == second, "the second deal is on stage")
