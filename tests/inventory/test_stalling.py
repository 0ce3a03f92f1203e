"""The show and a deal that holds it up: marked, told, raised, cleared."""

from typing import Any

from app.inventory.live import Snapshot, read_present, snapshot, stock_update
from app.inventory.stalling import was_stalled
from app.sharing import terms_of
from tests.conftest import FrozenClock
from tests.factories.inventory import Process, a_shopper, new_deal, queue_deals
from tests.factories.show import revision
from tests.factories.stalls import is_stalled, stalled_deal, stalls_of

MINUTE = 60.0


async def look(shop: Process, clock: FrozenClock) -> Snapshot:
    async with shop.engine.connect() as connection:
        return snapshot(await read_present(connection, clock.now()), watching=0)


async def stall(shop: Process, clock: FrozenClock) -> Any:
    return (await look(shop, clock))["stall"]


async def reward(shop: Process, deal_id: int) -> int:
    async with shop.engine.connect() as connection:
        terms = await terms_of(connection, deal_id)
    assert terms is not None
    return terms.reward


async def test_a_deal_that_sells_nothing_stalls_when_its_time_is_over_and_everyone_is_told(
    shop: Process, clock: FrozenClock
) -> None:
    (deal_id,) = await queue_deals(shop.engine, clock, new_deal(quantity=17, stall_after_minutes=10))
    await shop.showrunner.set_show("woot-off", False)
    clock.advance(10 * MINUTE - 1)
    await shop.showrunner.tick()
    before = await revision(shop.engine)
    assert await stall(shop, clock) is None
    clock.advance(1)
    await shop.showrunner.tick()
    assert await stall(shop, clock) == {
        "to_go": 17,
        "since": "2026-11-22T18:10:00.000Z",
        "reward": None,
        "pot": None,
        "pot_until": None,
        "sells_out_in_seconds": None,
    }
    assert await revision(shop.engine) == before + 1
    clock.advance(10 * MINUTE)
    await shop.showrunner.tick()
    assert await revision(shop.engine) == before + 1, "it is told once"
    assert len(await stalls_of(shop.engine, deal_id)) == 1


async def test_how_many_to_go_is_exact_and_moves_with_the_stock(shop: Process, clock: FrozenClock) -> None:
    deal_id = await stalled_deal(shop.engine, shop.showrunner, clock, quantity=60, stock_display="percent")
    await shop.sell(await a_shopper(shop.engine, clock), deal_id, 2)
    async with shop.engine.connect() as connection:
        update = stock_update(await read_present(connection, clock.now()), watching=0)
    assert update is not None
    assert (update["stock"]["left"], update["stall"]["to_go"]) == (None, 58)


async def test_a_deal_that_sells_is_left_alone_and_cleared_when_it_clearly_moves(
    shop: Process, clock: FrozenClock
) -> None:
    deal_id = await stalled_deal(shop.engine, shop.showrunner, clock, quantity=10)
    ada, ben = [await a_shopper(shop.engine, clock) for _ in range(2)]
    for buyer, units, stays in (
        (ada, 3, True),
        (ben, 3, True),
        (await a_shopper(shop.engine, clock), 2, False),
    ):
        await shop.sell(buyer, deal_id, units)
        clock.advance(1)
        await shop.showrunner.tick()
        assert await is_stalled(shop.engine, deal_id) is stays
    assert await stall(shop, clock) is None
    ((since, until),) = await stalls_of(shop.engine, deal_id)
    assert (until - since).total_seconds() == 3
    async with shop.engine.connect() as connection:
        assert await was_stalled(connection, deal_id, since)
        assert not await was_stalled(connection, deal_id, until)
    clock.advance(10 * MINUTE)
    await shop.showrunner.tick()
    assert len(await stalls_of(shop.engine, deal_id)) == 2, "it stands still again"


async def test_a_daily_deal_never_stalls_and_a_stalled_one_that_becomes_daily_is_cleared(
    shop: Process, clock: FrozenClock
) -> None:
    (deal_id,) = await queue_deals(shop.engine, clock, new_deal(stall_after_minutes=10))
    await shop.showrunner.set_show("daily", False)
    clock.advance(20 * MINUTE)
    await shop.showrunner.tick()
    assert await stall(shop, clock) is None
    await shop.showrunner.set_show("woot-off", False)
    assert await stall(shop, clock) is None, "its time begins with the Woot-Off"
    clock.advance(10 * MINUTE)
    await shop.showrunner.tick()
    assert await is_stalled(shop.engine, deal_id)
    await shop.showrunner.set_show("daily", False)
    assert not await is_stalled(shop.engine, deal_id)
    ((_, until),) = await stalls_of(shop.engine, deal_id)
    assert until == clock.now()


async def test_a_pause_stops_the_clock_of_a_stall_and_of_its_pot(shop: Process, clock: FrozenClock) -> None:
    steps = [{"after_minutes": 20, "reward": 700}]
    deal_id = await stalled_deal(
        shop.engine, shop.showrunner, clock, pot=5000, pot_minutes=30, reward=200, reward_steps=steps
    )
    assert (await stall(shop, clock))["pot_until"] == "2026-11-22T18:40:00.000Z"
    clock.advance(5 * MINUTE)
    await shop.showrunner.set_show("woot-off", True)
    clock.advance(60 * MINUTE)
    await shop.showrunner.tick()
    during = await stall(shop, clock)
    assert (during["pot"]["amount"], during["pot_until"]) == (5000, None), "nobody can be told when"
    await shop.showrunner.set_show("woot-off", False)
    after = await stall(shop, clock)
    assert after["since"] == "2026-11-22T19:10:00.000Z"
    assert after["pot_until"] == "2026-11-22T19:40:00.000Z"
    clock.advance(14 * MINUTE)
    await shop.showrunner.tick()
    assert await reward(shop, deal_id) == 200
    clock.advance(1 * MINUTE)
    await shop.showrunner.tick()
    assert await reward(shop, deal_id) == 700


async def test_a_deal_that_was_paused_has_its_whole_time_again(shop: Process, clock: FrozenClock) -> None:
    (deal_id,) = await queue_deals(shop.engine, clock, new_deal(stall_after_minutes=10))
    await shop.showrunner.set_show("woot-off", False)
    clock.advance(9 * MINUTE)
    await shop.showrunner.set_show("woot-off", True)
    clock.advance(60 * MINUTE)
    await shop.showrunner.set_show("woot-off", False)
    clock.advance(9 * MINUTE)
    await shop.showrunner.tick()
    assert not await is_stalled(shop.engine, deal_id)
    clock.advance(1 * MINUTE)
    await shop.showrunner.tick()
    assert await is_stalled(shop.engine, deal_id)


async def test_the_reward_rises_by_the_merchandisers_steps_and_the_price_never_falls(
    shop: Process, clock: FrozenClock
) -> None:
    steps = [{"after_minutes": 0, "reward": 300}, {"after_minutes": 15, "reward": 800}]
    deal_id = await stalled_deal(
        shop.engine,
        shop.showrunner,
        clock,
        reward=250,
        reward_steps=steps,
        reward_cap=9000,
        friend_discount=50,
    )
    before = await look(shop, clock)
    assert before["stall"]["reward"] == {"amount": 300, "currency": "USD", "text": "$3.00"}
    told = await revision(shop.engine)
    clock.advance(15 * MINUTE)
    await shop.showrunner.tick()
    assert (await stall(shop, clock))["reward"]["amount"] == 800
    assert await revision(shop.engine) == told + 1
    async with shop.engine.connect() as connection:
        terms = await terms_of(connection, deal_id)
    assert terms is not None
    assert (terms.cap_per_deal, terms.friend_discount) == (9000, 50), "nothing else is changed"
    assert (await look(shop, clock))["deal"] == before["deal"]


async def test_a_reward_that_has_risen_does_not_fall_when_the_stall_is_over(
    shop: Process, clock: FrozenClock
) -> None:
    steps = [{"after_minutes": 0, "reward": 900}]
    deal_id = await stalled_deal(shop.engine, shop.showrunner, clock, quantity=10, reward_steps=steps)
    for units in (3, 3, 2):
        await shop.sell(await a_shopper(shop.engine, clock), deal_id, units)
    await shop.showrunner.tick()
    assert not await is_stalled(shop.engine, deal_id)
    assert await reward(shop, deal_id) == 900
