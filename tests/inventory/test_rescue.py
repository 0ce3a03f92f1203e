"""What a merchandiser adds for the live deal by hand."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from app.inventory.changes import Who
from app.inventory.desk import show_document
from app.inventory.rescue import NoRescue
from app.inventory.show import NotLive
from app.inventory.tables import changes, deals
from app.platform.errors import NotFound
from app.sharing import terms_of
from tests.conftest import FrozenClock
from tests.factories.house import API, House, problem
from tests.factories.inventory import Process, live_id, new_deal, queue_deals
from tests.factories.stalls import stalled_deal

MIA = Who(None, "Mia")
MINUTE = 60.0


async def row(shop: Process, deal_id: int) -> Any:
    async with shop.engine.connect() as connection:
        return (await connection.execute(select(deals).where(deals.c.id == deal_id))).one()


async def reward(shop: Process, deal_id: int) -> int | None:
    async with shop.engine.connect() as connection:
        terms = await terms_of(connection, deal_id)
    return None if terms is None else terms.reward


async def rescues(shop: Process) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    query = select(changes.c.before, changes.c.after).where(changes.c.action == "rescue")
    async with shop.engine.connect() as connection:
        return [(one.before, one.after) for one in await connection.execute(query.order_by(changes.c.id))]


async def test_the_reward_is_raised_once_however_often_it_is_asked_for_and_noted(
    shop: Process, clock: FrozenClock
) -> None:
    deal_id = await stalled_deal(shop.engine, shop.showrunner, clock, reward=200)
    before = await row(shop, deal_id)
    clock.advance(1)
    asked = [shop.showrunner.rescue(deal_id, {"reward": 500}, who=MIA) for _ in range(8)]
    assert sorted(await asyncio.gather(*asked)) == [False] * 7 + [True]
    assert await reward(shop, deal_id) == 500
    assert await rescues(shop) == [({"reward": 200}, {"reward": 500})]
    after = await row(shop, deal_id)
    assert (after.price, after.reward, after.version) == (before.price, 500, before.version + 1)


async def test_a_reward_that_has_risen_by_its_steps_is_raised_from_there(
    shop: Process, clock: FrozenClock
) -> None:
    steps = [{"after_minutes": 0, "reward": 700}]
    deal_id = await stalled_deal(shop.engine, shop.showrunner, clock, reward=200, reward_steps=steps)
    with pytest.raises(NoRescue):
        await shop.showrunner.rescue(deal_id, {"reward": 500}, who=MIA)
    assert await reward(shop, deal_id) == 700
    await shop.showrunner.rescue(deal_id, {"reward": 900}, who=MIA)
    assert await reward(shop, deal_id) == 900


async def test_the_pots_deadline_moves_by_what_its_minutes_grow(shop: Process, clock: FrozenClock) -> None:
    deal_id = await stalled_deal(shop.engine, shop.showrunner, clock, pot=5000)
    until = (await row(shop, deal_id)).pot_until
    assert until == clock.now() + timedelta(minutes=60)
    await shop.showrunner.rescue(deal_id, {"pot_minutes": 90}, who=MIA)
    assert (await row(shop, deal_id)).pot_until == until + timedelta(minutes=30)
    assert not await shop.showrunner.rescue(deal_id, {"pot_minutes": 90}, who=MIA)
    clock.advance(200 * MINUTE)
    with pytest.raises(NoRescue, match="over all the same"):
        await shop.showrunner.rescue(deal_id, {"pot_minutes": 150}, who=MIA)
    await shop.showrunner.rescue(deal_id, {"pot_minutes": 230}, who=MIA)
    assert (await show_document(shop.engine, clock))["on_stage"]["stall"]["pot_until"] is not None


async def test_more_time_on_stage_holds_also_where_the_stopwatch_stands(
    shop: Process, clock: FrozenClock
) -> None:
    (deal_id,) = await queue_deals(shop.engine, clock, new_deal(max_minutes=60, quantity=50))
    await shop.showrunner.set_show("woot-off", False)
    opened = clock.now()
    clock.advance(20 * MINUTE)
    await shop.showrunner.rescue(deal_id, {"max_minutes": 90}, who=MIA)
    assert (await row(shop, deal_id)).ends_at == opened + timedelta(minutes=90)
    await shop.showrunner.set_show("woot-off", True)
    await shop.showrunner.rescue(deal_id, {"max_minutes": 120}, who=MIA)
    clock.advance(500 * MINUTE)
    await shop.showrunner.set_show("woot-off", False)
    assert (await row(shop, deal_id)).ends_at == clock.now() + timedelta(minutes=100)
    await shop.showrunner.set_show("daily", False)
    midnight = (await row(shop, deal_id)).ends_at
    await shop.showrunner.rescue(deal_id, {"max_minutes": 130}, who=MIA)
    assert (await row(shop, deal_id)).ends_at == midnight
    await shop.showrunner.set_show("woot-off", False)
    assert (await row(shop, deal_id)).ends_at == clock.now() + timedelta(minutes=110)


async def test_nothing_is_taken_away_and_nothing_is_done_by_half(shop: Process, clock: FrozenClock) -> None:
    deal_id = await stalled_deal(
        shop.engine, shop.showrunner, clock, reward=300, pot=5000, pot_minutes=20, max_minutes=60
    )
    before = await row(shop, deal_id)
    for wanted in (
        {"reward": 299},
        {"reward": 900, "pot_minutes": 19},
        {"reward": 900, "max_minutes": 59},
    ):
        with pytest.raises(NoRescue):
            await shop.showrunner.rescue(deal_id, wanted, who=MIA)
    assert await row(shop, deal_id) == before
    assert (await reward(shop, deal_id), await rescues(shop)) == (300, [])


async def test_what_a_deal_does_not_have_is_not_extended(shop: Process, clock: FrozenClock) -> None:
    deal_id = await stalled_deal(shop.engine, shop.showrunner, clock)
    with pytest.raises(NoRescue, match="no pot"):
        await shop.showrunner.rescue(deal_id, {"pot_minutes": 90}, who=MIA)
    with pytest.raises(NoRescue, match="as long as it takes"):
        await shop.showrunner.rescue(deal_id, {"max_minutes": 90}, who=MIA)


@pytest.mark.parametrize("cap", ["reward_cap_each", "reward_cap"])
async def test_no_reward_is_promised_that_the_caps_let_nobody_have(
    shop: Process, clock: FrozenClock, cap: str
) -> None:
    deal_id = await stalled_deal(shop.engine, shop.showrunner, clock, reward=300, **{cap: 500})
    with pytest.raises(NoRescue, match=r"no helper have more than \$5\.00"):
        await shop.showrunner.rescue(deal_id, {"reward": 501}, who=MIA)
    assert await shop.showrunner.rescue(deal_id, {"reward": 500}, who=MIA)
    assert await reward(shop, deal_id) == 500


async def test_only_the_live_deal_is_rescued(shop: Process, clock: FrozenClock) -> None:
    deal_id = await stalled_deal(shop.engine, shop.showrunner, clock)
    (waits,) = await queue_deals(shop.engine, clock, new_deal())
    with pytest.raises(NotLive):
        await shop.showrunner.rescue(waits, {"reward": 1}, who=MIA)
    await shop.showrunner.skip(deal_id)
    with pytest.raises(NotLive):
        await shop.showrunner.rescue(deal_id, {"reward": 1}, who=MIA)
    with pytest.raises(NotFound):
        await shop.showrunner.rescue(4711, {"reward": 1}, who=MIA)
    assert await live_id(shop.engine) == waits


async def test_over_http_it_is_for_merchandisers_and_answers_how_the_show_stands(
    house: House, clock: FrozenClock
) -> None:
    state = house.app.state
    steps = [{"after_minutes": 30, "reward": 900}]
    deal_id = await stalled_deal(
        state.engine, state.showrunner, clock, reward=200, pot=5000, reward_steps=steps, quantity=17
    )
    path = f"{API}/staff/deals/{deal_id}/rescue"
    assert (await house.shopper.post(path, json={"reward": 500})).status_code == 403
    answer = await house.merchandiser.post(path, json={"reward": 500, "pot_minutes": 90})
    assert answer.status_code == 200
    told = answer.json()
    assert (told["rescued"], told["live"]) == (True, deal_id)
    money = {"currency": "USD"}
    assert told["on_stage"]["stall"] == {
        "to_go": 17,
        "currency": "USD",
        "since": "2026-11-22T18:10:00.000Z",
        "reward": money | {"amount": 500, "text": "$5.00"},
        "rises_to": money | {"amount": 900, "text": "$9.00"},
        "rises_at": "2026-11-22T18:40:00.000Z",
        "pot": money | {"amount": 5000, "text": "$50.00"},
        "pot_until": "2026-11-22T19:40:00.000Z",
        "pot_minutes": 90,
        "max_minutes": None,
    }
    again = await house.merchandiser.post(path, json={"reward": 500, "pot_minutes": 90})
    assert again.json()["rescued"] is False
    refused = await house.merchandiser.post(path, json={"reward": 100})
    assert (refused.status_code, problem(refused)) == (409, "no-rescue")
    for wrong in ({"price": 1}, {"reward": -1}, {"reward": "5"}, {"pot_minutes": 0}):
        assert (await house.merchandiser.post(path, json=wrong)).status_code == 422
    trail = (await house.merchandiser.get(f"{API}/staff/audit")).json()["items"]
    assert [(one["action"], one["who"]["name"]) for one in trail][:1] == [("rescue", "mia")]
