"""The show at the desk, over HTTP."""

from typing import Any

from app.inventory.tables import changes
from tests.conftest import FrozenClock
from tests.factories.house import API, House, problem, wrong_fields
from tests.factories.inventory import live_id, new_deal, queue_deals

SHOW = f"{API}/staff/show"


async def test_the_show_is_read_with_what_is_on_stage_and_what_comes_next(
    house: House, clock: FrozenClock
) -> None:
    engine, held = house.app.state.engine, clock.now().replace(hour=20)
    first, second = await queue_deals(
        engine,
        clock,
        new_deal(title="Loaf", quantity=40, max_minutes=30),
        new_deal(title="Spoon", not_before=held),
    )
    started = (await house.merchandiser.put(SHOW, json={"mode": "woot-off"})).json()
    assert started == {
        "mode": "woot-off",
        "phase": "live",
        "paused": False,
        "started": True,
        "stopping": False,
        "live": first,
        "queued": 1,
        "on_stage": {
            "deal_id": first,
            "title": "Loaf",
            "sold": 0,
            "quantity": 40,
            "left": 40,
            "per_minute": 0.0,
            "sells_out_in_seconds": None,
            "started_at": "2026-11-22T18:00:00.000Z",
            "ends_at": "2026-11-22T18:30:00.000Z",
            "seconds_left": None,
            "stall": None,
        },
        "next": {"deal_id": second, "title": "Spoon", "not_before": "2026-11-22T20:00:00.000Z"},
    }
    assert (await house.merchandiser.get(SHOW)).json() == started
    paused = (await house.merchandiser.put(SHOW, json={"mode": "woot-off", "paused": True})).json()
    assert (paused["on_stage"]["ends_at"], paused["on_stage"]["seconds_left"]) == (None, 1800)


async def test_a_stop_names_the_deal_that_it_means_and_is_done_once(house: House, clock: FrozenClock) -> None:
    first, second, third = await queue_deals(
        house.app.state.engine, clock, new_deal(), new_deal(), new_deal()
    )
    await house.merchandiser.put(SHOW, json={"mode": "daily"})

    async def stop(**body: Any) -> dict[str, Any]:
        answer = await house.merchandiser.post(f"{SHOW}/stops", json=body)
        assert answer.status_code == 200
        found: dict[str, Any] = answer.json()
        return found

    waits = await stop(when="after-deal", deal_id=first)
    assert (waits["stopped"], waits["stopping"], waits["live"]) == (True, True, first)
    assert (await stop(when="after-deal"))["stopped"] is False
    again = (await house.merchandiser.put(SHOW, json={"mode": "daily"})).json()
    assert again["stopping"] is False
    await house.merchandiser.post(f"{SHOW}/skips", json={"deal_id": first})
    late = await stop(when="now", deal_id=first)
    assert (late["stopped"], late["live"]) == (False, second)
    answer = await house.merchandiser.post(f"{SHOW}/stops", json={"when": "now", "deal_id": third})
    assert (answer.status_code, problem(answer)) == (409, "not-live")
    over = await stop(when="now", deal_id=second)
    assert (over["stopped"], over["started"], over["phase"], over["queued"]) == (True, False, "closed", 1)


async def test_a_stop_is_for_merchandisers_and_refuses_nonsense(house: House, clock: FrozenClock) -> None:
    await queue_deals(house.app.state.engine, clock, new_deal())
    await house.merchandiser.put(SHOW, json={"mode": "daily"})
    for person, status in ((house.visitor, 401), (house.shopper, 403)):
        assert (await person.post(f"{SHOW}/stops", json={"when": "now"})).status_code == status
    for body, field in [
        ({}, "when"),
        ({"when": "later"}, "when"),
        ({"when": "now", "deal_id": 0}, "deal_id"),
        ({"when": "now", "deal_id": 2**63}, "deal_id"),
        ({"when": "now", "why": "x"}, "why"),
    ]:
        assert wrong_fields(await house.merchandiser.post(f"{SHOW}/stops", json=body)) == [field]
    assert await live_id(house.app.state.engine) == 1


async def test_whoever_changes_the_show_is_noted_by_name(house: House, clock: FrozenClock) -> None:
    engine = house.app.state.engine
    (first,) = await queue_deals(engine, clock, new_deal())
    await house.merchandiser.put(SHOW, json={"mode": "daily"})
    await house.merchandiser.post(f"{SHOW}/skips", json={"deal_id": first})
    async with engine.connect() as connection:
        noted = (await connection.execute(changes.select().order_by(changes.c.id))).all()
    assert [(row.action, row.person_id is None) for row in noted] == [("show", False), ("skip", False)]


async def test_a_process_that_does_not_run_the_show_is_not_ready(house: House) -> None:
    assert (await house.visitor.get("/readyz")).status_code == 200
    await house.app.state.showrunner.stop()
    house.app.state.showrunner._ticked_at -= 11
    answer = await house.visitor.get("/readyz")
    assert (answer.status_code, answer.json()["checks"]["show"]) == (503, "Unavailable: not ready")
