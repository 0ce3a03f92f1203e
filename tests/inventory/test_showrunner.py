"""The showrunner: what should happen, happens, and everyone hears of it."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncEngine

from app.inventory import showrunner as room
from app.inventory.rotation import Mode
from app.inventory.show import NotLive
from app.inventory.tables import deals
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


async def test_two_showrunners_put_a_hundred_deals_on_stage_in_their_order_one_at_a_time(
    engine: AsyncEngine, redis: Redis, settings: Settings, clock: FrozenClock
) -> None:
    queue = await queue_deals(engine, clock, *(new_deal(quantity=1) for _ in range(100)))
    seen: list[int | None] = []
    over = asyncio.Event()

    async def watch() -> None:
        while not over.is_set():
            now_live = await live_id(engine)  # fails where two are
            if not seen or seen[-1] != now_live:
                seen.append(now_live)
            await asyncio.sleep(0.002)

    async with (
        process(settings, clock, running=True) as one,
        process(settings, clock, running=True) as other,
    ):
        await one.showrunner.set_show("woot-off", False)
        watcher = asyncio.create_task(watch())
        shopper = await a_shopper(engine, clock)
        for number, deal_id in enumerate(queue):
            seller, bystander = (one, other) if number % 2 else (other, one)
            await until(
                lambda seller=seller, deal_id=deal_id: shown(seller.stream)[1] == deal_id,  # type: ignore[misc]
                f"deal {deal_id} is on stage",
            )
            await asyncio.gather(seller.sell(shopper, deal_id), bystander.showrunner.tick())
        for runner in (one, other):
            await until(
                lambda runner=runner: shown(runner.stream)[0] == "closed",  # type: ignore[misc]
                "the queue has run empty",
            )
        over.set()
        await watcher
    assert await history(engine) == [(deal_id, "ended", "sold-out") for deal_id in queue]
    assert [deal_id for deal_id in seen if deal_id is not None] == [
        deal_id for deal_id in queue if deal_id in seen
    ]
    assert None not in seen[1:-1], "the stage was empty between two deals"


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
