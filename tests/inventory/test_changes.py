"""The audit trail, and taking changes back."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from app.inventory.changes import COMMAND_LINE, note_change
from app.inventory.queue import waiting_ids
from app.inventory.tables import changes
from tests.conftest import FrozenClock
from tests.factories.house import API, House, problem, wrong_fields
from tests.factories.inventory import new_deal, queue_deals

LOAF: dict[str, Any] = {"title": "Loaf", "price": 4999, "quantity": 60}


async def trail(house: House, query: str = "") -> list[dict[str, Any]]:
    """Who changed what, the latest first."""
    answer = await house.merchandiser.get(f"{API}/staff/audit{query}")
    assert answer.status_code == 200
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


async def order(house: House) -> list[int]:
    """What waits."""
    async with house.app.state.engine.connect() as connection:
        return await waiting_ids(connection)


async def loaves(house: House, count: int) -> list[int]:
    """That many deals, queued at the desk."""
    added = [await house.merchandiser.post(f"{API}/staff/deals", json=LOAF) for _ in range(count)]
    return [answer.json()["id"] for answer in added]


async def put(house: House, ids: list[int]) -> int:
    """Give the queue this order; answers the change."""
    version = (await house.merchandiser.get(f"{API}/staff/deals")).json()["version"]
    answer = await house.merchandiser.put(f"{API}/staff/queue", json={"ids": ids, "version": version})
    change: int = answer.json()["change"]
    return change


async def test_every_change_is_kept_with_who_and_only_what_changed(house: House) -> None:
    a, b, c, d = await loaves(house, 4)
    await house.merchandiser.patch(f"{API}/staff/deals/{a}", json={"price": 3999, "title": "Loaf"})
    await put(house, [b, c, d, a])
    await put(house, [c, b, a, d])
    await house.merchandiser.post(f"{API}/staff/deals/{a}/copies")
    await house.merchandiser.delete(f"{API}/staff/deals/{b}")
    kept = await trail(house)
    assert {item["who"]["name"] for item in kept} == {"mia"}
    assert [(item["action"], item["deal_id"], item["before"], item["after"]) for item in kept[:5]] == [
        ("withdraw", b, {"state": "queued"}, {"state": "withdrawn"}),
        ("duplicate", kept[1]["deal_id"], {}, {"title": "Loaf", "price": 3999, "quantity": 60, "copy_of": a}),
        ("reorder", None, {"ids": [b, c, d, a]}, {"ids": [c, b, a, d]}),
        ("move", a, {"place": 1, "behind": None}, {"place": 4, "behind": d}),
        ("edit", a, {"price": 4999}, {"price": 3999}),
    ]
    assert [item["action"] for item in await trail(house, f"?deal_id={a}")] == ["move", "edit", "add"]


async def test_the_trail_is_turned_page_by_page(house: House) -> None:
    await loaves(house, 5)
    whole = [item["id"] for item in await trail(house)]
    seen: list[int] = []
    after = ""
    while True:
        page = (await house.merchandiser.get(f"{API}/staff/audit?limit=2{after}")).json()
        seen += [item["id"] for item in page["items"]]
        if page["next"] is None:
            break
        after = f"&after={page['next']}"
    assert seen == whole
    assert len(whole) == 5
    for wrong in ("limit=0", "limit=201", "after=0", "deal_id=x"):
        answer = await house.merchandiser.get(f"{API}/staff/audit?{wrong}")
        assert wrong_fields(answer) == [wrong.partition("=")[0]]


async def test_a_change_that_fails_leaves_no_trace(engine: AsyncEngine, clock: FrozenClock) -> None:
    class Stop(Exception):
        """Something breaks after the change was noted."""

    async def broken() -> None:
        async with engine.begin() as connection:
            await note_change(
                connection,
                who=COMMAND_LINE,
                action="show",
                deal_id=None,
                before={},
                after={},
                now=clock.now(),
            )
            raise Stop

    with pytest.raises(Stop):
        await broken()
    async with engine.connect() as connection:
        assert (await connection.execute(select(changes))).all() == []


async def test_each_kind_of_change_at_the_queue_is_taken_back(house: House) -> None:
    a, b, c, d = await loaves(house, 4)

    async def undone() -> None:
        answer = await house.merchandiser.post(f"{API}/staff/audit/{(await trail(house))[0]['id']}/undo")
        assert answer.status_code == 200, answer.text

    for ids in ([d, a, b, c], [b, a, c, d], [a, c, d, b], [d, c, b, a]):
        await put(house, ids)
        assert await order(house) == ids
        await undone()
        assert await order(house) == [a, b, c, d]

    held = {"price": 1, "title": "Crumb", "not_before": "2026-12-01T00:00:00Z"}
    before = (await house.merchandiser.get(f"{API}/staff/deals/{a}")).json()
    for body in (held, {"not_before": None}):
        await house.merchandiser.patch(f"{API}/staff/deals/{a}", json=held)
        await house.merchandiser.patch(f"{API}/staff/deals/{a}", json=body)
        await undone()
        now = (await house.merchandiser.get(f"{API}/staff/deals/{a}")).json()
        expected = before if body is held else before | {k: now[k] for k in held}
        assert now | {"version": 1} == expected
        assert (now["not_before"] is None) == (body is held)

    await house.merchandiser.delete(f"{API}/staff/deals/{b}")
    await undone()
    assert await order(house) == [a, b, c, d], "where it stood before"
    await house.merchandiser.post(f"{API}/staff/deals/{a}/copies")
    await undone()
    await loaves(house, 1)
    await undone()
    assert await order(house) == [a, b, c, d]


async def test_an_import_is_taken_back_as_a_whole_or_not_at_all(house: House, clock: FrozenClock) -> None:
    engine = house.app.state.engine

    async def imported() -> tuple[list[int], int]:
        ids = await queue_deals(engine, clock, new_deal(), new_deal())
        async with engine.begin() as connection:
            change = await note_change(
                connection,
                who=COMMAND_LINE,
                action="import",
                deal_id=None,
                before={},
                after={"deals": ids},
                now=clock.now(),
            )
        return ids, change

    _, change = await imported()
    assert (await house.merchandiser.post(f"{API}/staff/audit/{change}/undo")).status_code == 200
    assert await order(house) == []
    ids, change = await imported()
    await house.merchandiser.patch(f"{API}/staff/deals/{ids[0]}", json={"price": 1})
    refused = await house.merchandiser.post(f"{API}/staff/audit/{change}/undo")
    assert (refused.status_code, problem(refused)) == (409, "cannot-undo")
    assert await order(house) == ids


async def test_a_move_is_taken_back_though_the_first_deal_has_gone_live_since(house: House) -> None:
    a, b, c, d = await loaves(house, 4)
    change = await put(house, [a, d, b, c])
    await house.merchandiser.put(f"{API}/staff/show", json={"mode": "woot-off"})
    assert (await house.merchandiser.post(f"{API}/staff/audit/{change}/undo")).status_code == 200
    assert await order(house) == [b, c, d]


async def test_what_has_changed_since_is_not_taken_back_and_the_refusal_says_why(house: House) -> None:
    a, b, c = await loaves(house, 3)
    moved = await put(house, [c, a, b])
    await put(house, [b, c, a])
    await house.merchandiser.patch(f"{API}/staff/deals/{a}", json={"price": 1})
    edited = (await trail(house))[0]["id"]
    await house.merchandiser.patch(f"{API}/staff/deals/{a}", json={"price": 2})
    await house.merchandiser.delete(f"{API}/staff/deals/{c}")
    added = (await trail(house, f"?deal_id={c}"))[-1]["id"]
    await house.merchandiser.put(f"{API}/staff/show", json={"mode": "woot-off"})
    priced = await house.merchandiser.patch(f"{API}/staff/deals/{a}", json={"quantity": 7})
    quantity = (await trail(house))[0]["id"]
    assert priced.status_code == 200
    await house.merchandiser.post(f"{API}/staff/show/skips", json={"deal_id": b})
    await house.merchandiser.delete(f"{API}/staff/deals/{a}")
    ended = next(item["id"] for item in await trail(house) if item["action"] == "withdraw")
    reasons = {
        moved: "The queue has been changed since.",
        edited: "The deal has been changed since.",
        added: "The deal has been changed, withdrawn or opened since.",
        quantity: f"Deal {a} has ended, and cannot be edited.",
        ended: "The deal was on stage, and does not come back. A copy of it can be queued.",
    }
    for change, reason in reasons.items():
        answer = await house.merchandiser.post(f"{API}/staff/audit/{change}/undo")
        assert (answer.status_code, problem(answer), answer.json()["detail"]) == (409, "cannot-undo", reason)
    unknown = await house.merchandiser.post(f"{API}/staff/audit/999/undo")
    assert (unknown.status_code, problem(unknown)) == (404, "not-found")


async def test_an_edit_of_a_time_with_fractions_of_a_second_is_taken_back(house: House) -> None:
    (loaf,) = await loaves(house, 1)
    path = f"{API}/staff/deals/{loaf}"
    for held in ("2026-11-27T06:00:00.123456Z", "2026-11-28T06:00:00.654321Z"):
        kept = await house.merchandiser.patch(path, json={"not_before": held})
        assert kept.json()["not_before"] == f"{held[:19]}.000Z"
    last = (await trail(house))[0]["id"]
    assert (await house.merchandiser.post(f"{API}/staff/audit/{last}/undo")).status_code == 200
    assert (await house.merchandiser.get(path)).json()["not_before"] == "2026-11-27T06:00:00.000Z"


async def test_of_two_who_undo_at_once_one_is_told(house: House) -> None:
    a, b = await loaves(house, 2)
    change = await put(house, [b, a])
    answers = await asyncio.gather(
        *(house.merchandiser.post(f"{API}/staff/audit/{change}/undo") for _ in range(2))
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    told = next(answer for answer in answers if answer.status_code == 409)
    assert told.json()["detail"] == "It has been undone already."
    assert await order(house) == [a, b]
    marked = {item["id"]: item["undone"] for item in await trail(house)}
    assert marked[change]
    undoing = next(item["id"] for item in await trail(house) if item["action"] == "undo")
    again = await house.merchandiser.post(f"{API}/staff/audit/{undoing}/undo")
    assert (again.status_code, again.json()["detail"]) == (409, "A change of this kind stays.")
