"""The dashboard in numbers, over HTTP."""

from datetime import timedelta
from typing import Any

from httpx import Response
from sqlalchemy import insert, text
from sqlalchemy.ext.asyncio import AsyncEngine

from app.sharing.tables import attributions
from tests.factories.house import API, House, problem
from tests.factories.identity import MovableClock

SHOW = f"{API}/staff/show"
DASHBOARD = f"{API}/staff/dashboard"


async def queue(house: House, *titles: str, **chosen: Any) -> list[int]:
    """Put deals at the end of the queue."""
    ids = []
    for title in titles:
        body = {"title": title, "price": 4999, "quantity": 4, "limit": 2} | chosen
        answer = await house.merchandiser.post(f"{API}/staff/deals", json=body)
        assert answer.status_code == 201, answer.text
        ids.append(answer.json()["id"])
    return ids


async def start(house: House, mode: str = "woot-off", *, paused: bool = False) -> None:
    """The show begins."""
    answer = await house.merchandiser.put(SHOW, json={"mode": mode, "paused": paused})
    assert answer.status_code == 200, answer.text


async def buy(house: House, deal_id: int, quantity: int = 1, key: str = "a") -> Response:
    """Ada tries to buy."""
    return await house.shopper.post(
        f"{API}/orders", json={"deal_id": deal_id, "quantity": quantity}, headers={"Idempotency-Key": key}
    )


async def shown(house: House) -> dict[str, Any]:
    """The dashboard now."""
    await house.app.state.checkout.refused.flush()
    answer = await house.merchandiser.get(DASHBOARD)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_a_deal_that_sells_is_shown_in_numbers(house: House, clock: MovableClock) -> None:
    live, *_ = await queue(house, "A Spoon", "A Comb", "A Fork")
    await start(house)
    clock.advance(30)
    await buy(house, live, 2)
    await buy(house, live, 1, "b")
    found = await shown(house)
    assert (found["mode"], found["phase"], found["queued"], found["next_at"]) == ("woot-off", "live", 2, None)
    deal = found["deal"]
    assert (deal["id"], deal["sold"], deal["loaded"], deal["orders"]) == (live, 2, 4, 1)
    assert deal["price"] == {"amount": 4999, "currency": "USD", "text": "$49.99"}
    assert deal["started_at"] == "2026-11-22T18:00:00.000Z"
    assert (deal["per_minute"], deal["quickest_seconds"]) == (2.0, 30.0)
    assert 0 < deal["sells_out_in_seconds"] < 60
    assert deal["predicted_sold_out_at"] is not None
    assert deal["refused"] == {"limit-reached": 1}
    assert [(coming["title"], coming["loaded"]) for coming in found["next"]] == [("A Comb", 4), ("A Fork", 4)]


async def test_a_daily_deal_that_is_sold_out_says_when_it_was_and_what_is_next(
    house: House, clock: MovableClock
) -> None:
    (live,) = await queue(house, "A Spoon", quantity=2)
    await start(house, "daily")
    clock.advance(5)
    await buy(house, live, 2)
    await house.app.state.showrunner.tick()
    found = await shown(house)
    assert found["phase"] == "sold-out"
    assert found["next_at"] == "2026-11-23T06:00:00.000Z"
    assert found["deal"]["sold_out_at"] == "2026-11-22T18:00:06.000Z"
    assert found["deal"]["predicted_sold_out_at"] is None


async def test_an_empty_stage_and_a_paused_one(house: House) -> None:
    found = await shown(house)
    assert (found["phase"], found["deal"], found["started"]) == ("closed", None, False)
    await queue(house, "A Spoon")
    await start(house)
    await start(house, paused=True)
    found = await shown(house)
    assert (found["phase"], found["paused"]) == ("paused", True)
    assert found["deal"]["sells_out_in_seconds"] is None


async def test_who_helps_is_named_for_the_desk(
    house: House, engine: AsyncEngine, clock: MovableClock
) -> None:
    (live,) = await queue(house, "A Spoon")
    await start(house)
    assert (await shown(house))["help"] == {"helpers": 0, "units": 0, "most": []}
    async with engine.begin() as connection:
        ada = (await connection.execute(text("SELECT id FROM shoppers WHERE email LIKE 'ada%'"))).scalar_one()
        row = {"deal_id": live, "helper_id": ada, "link": "x", "units": 2, "created_at": clock.now()}
        rows = [row | {"order_id": "o1"}, row | {"order_id": "o2"}, row | {"order_id": "o3", "deal_id": 99}]
        await connection.execute(insert(attributions), rows)
        name = (
            await connection.execute(text("SELECT name FROM shoppers WHERE id = :id"), {"id": ada})
        ).scalar()
    assert (await shown(house))["help"] == {
        "helpers": 1,
        "units": 4,
        "most": [{"name": name, "orders": 2, "units": 4}],
    }


async def test_a_curve_is_of_one_deal_beside_past_ones(
    house: House, engine: AsyncEngine, clock: MovableClock
) -> None:
    *past, cut_short, live = await queue(house, *"ABCDE", quantity=2)
    await start(house)
    for number, deal_id in enumerate(past):
        clock.advance(12)
        await buy(house, deal_id, 2, f"key-{number}")
        await house.app.state.showrunner.tick()
    await house.merchandiser.post(f"{SHOW}/skips", json={"deal_id": cut_short})
    clock.advance(20)
    await buy(house, live, 1, "mine")
    clock.advance(1)
    answer = await house.merchandiser.get(f"{API}/staff/deals/{live}/curve")
    assert answer.status_code == 200, answer.text
    curve = answer.json()
    assert (curve["deal_id"], curve["bucket_seconds"], curve["of_deals"]) == (live, 10, 3)
    assert curve["age"] == [0, 10, 20, 21]
    assert curve["velocity"] == [None, 0.0, 0.0, 6.0]
    assert curve["sell_through"] == [0.0, 0.0, 0.0, 50.0]
    assert curve["median_velocity"][:2] == [None, 0.0]
    assert curve["median_sell_through"] == [0.0, 0.0, 100.0, 100.0]
    assert curve["predicted_sold_out_at"] is not None
    of_past = (await house.merchandiser.get(f"{API}/staff/deals/{past[0]}/curve")).json()
    assert (of_past["age"], of_past["of_deals"]) == ([0, 10, 13], 0)


async def test_deals_of_another_mode_are_not_compared(house: House, clock: MovableClock) -> None:
    *past, live = await queue(house, *"ABCD", quantity=2)
    await start(house)
    for number, deal_id in enumerate(past):
        await buy(house, deal_id, 2, f"key-{number}")
        await house.app.state.showrunner.tick()
    await start(house, "daily")
    answer = await house.merchandiser.get(f"{API}/staff/deals/{live}/curve")
    assert answer.json()["of_deals"] == 0


async def test_a_deal_that_was_not_on_stage_has_no_curve(house: House) -> None:
    (waiting,) = await queue(house, "A Spoon")
    for deal_id in (waiting, 4711, 2**63 - 1):
        answer = await house.merchandiser.get(f"{API}/staff/deals/{deal_id}/curve")
        assert (answer.status_code, problem(answer)) == (404, "not-found")
    assert (await house.merchandiser.get(f"{API}/staff/deals/{2**63}/curve")).status_code == 422


async def test_both_are_the_desks_and_described(house: House) -> None:
    assert (await house.visitor.get(DASHBOARD)).status_code == 401
    assert (await house.shopper.get(DASHBOARD)).status_code == 403
    assert (await house.shopper.get(f"{API}/staff/deals/1/curve")).status_code == 403
    document = (await house.visitor.get(f"{API}/openapi.json")).json()
    curve = document["paths"][f"{API}/staff/deals/{{deal_id}}/curve"]["get"]
    assert curve["operationId"] == "read_curve"
    assert {"200", "401", "403", "404", "422"} <= set(curve["responses"])
    assert "predicted_sold_out_at" in document["components"]["schemas"]["CurveDocument"]["properties"]


async def test_what_comes_too_far_off_is_no_prediction(house: House, clock: MovableClock) -> None:
    (live,) = await queue(house, "A Spoon", quantity=1_000_000)
    await start(house)
    clock.advance(1)
    await buy(house, live)
    clock.advance(timedelta(minutes=4, seconds=58).total_seconds())
    deal = (await shown(house))["deal"]
    assert deal["sells_out_in_seconds"] > 10**7
