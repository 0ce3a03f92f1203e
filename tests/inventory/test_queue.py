"""The order of the queue: over HTTP, and with several who change it at once."""

import asyncio
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from app.inventory import reordering
from app.inventory.changes import COMMAND_LINE, Who
from app.inventory.editing import DealIsLive, edit_deal, withdraw_deal
from app.inventory.ordering import Target
from app.inventory.queue import queue_version, waiting_ids
from app.inventory.reordering import QueueMoved, move_deal, reorder_queue
from app.inventory.tables import deals
from app.platform.clock import Clock
from app.platform.settings import Settings
from app.sales import read_offer
from tests.conftest import FrozenClock
from tests.factories.house import API, House, problem, wrong_fields
from tests.factories.inventory import Process, history, live_id, new_deal, process, queue_deals


async def order(engine: AsyncEngine) -> tuple[list[int], int]:
    """What waits, and the queue's version."""
    async with engine.connect() as connection:
        return await waiting_ids(connection), await queue_version(connection)


async def queued(house: House, clock: Clock, count: int) -> tuple[list[int], int]:
    """That many deals wait; their order, and the queue's version."""
    await queue_deals(house.app.state.engine, clock, *(new_deal() for _ in range(count)))
    return await order(house.app.state.engine)


async def test_the_queue_takes_the_order_that_it_is_given(house: House, clock: FrozenClock) -> None:
    (a, b, c), version = await queued(house, clock, 3)
    answer = await house.merchandiser.put(f"{API}/staff/queue", json={"ids": [c, a, b], "version": version})
    assert answer.status_code == 200
    assert (answer.json()["ids"], answer.json()["version"]) == ([c, a, b], version + 1)
    listed = (await house.merchandiser.get(f"{API}/staff/deals")).json()
    assert ([item["id"] for item in listed["items"]], listed["version"]) == ([c, a, b], version + 1)
    same = await house.merchandiser.put(f"{API}/staff/queue", json={"ids": [c, a, b], "version": version + 1})
    assert same.json() == {"ids": [c, a, b], "version": version + 1, "change": None}


async def test_whoever_saw_another_queue_is_told_whose_change_it_was(
    house: House, clock: FrozenClock
) -> None:
    (a, b, c), version = await queued(house, clock, 3)
    await house.merchandiser.put(f"{API}/staff/queue", json={"ids": [b, a, c], "version": version})
    late = await house.merchandiser.put(f"{API}/staff/queue", json={"ids": [c, b, a], "version": version})
    assert (late.status_code, problem(late)) == (409, "queue-moved")
    told = late.json()
    assert told["detail"] == "mia has changed the queue since you looked at it."
    assert (told["ids"], told["version"]) == ([b, a, c], version + 1)
    assert (told["change"]["action"], told["change"]["who"]["name"]) == ("move", "mia")


async def test_an_order_names_each_deal_that_waits_once(house: House, clock: FrozenClock) -> None:
    (a, b, c), version = await queued(house, clock, 3)
    for ids in ([a, b], [a, b, c, 999], [a, b, b], [a, b, c, c], []):
        answer = await house.merchandiser.put(f"{API}/staff/queue", json={"ids": ids, "version": version})
        assert wrong_fields(answer) == ["ids"], ids
    nonsense: list[tuple[dict[str, Any], str]] = [
        ({"version": version}, "ids"),
        ({"ids": [a, b, c]}, "version"),
        ({"ids": [a, b, "3"], "version": version}, "ids.2"),
        ({"ids": [a, b, 2**63], "version": version}, "ids.2"),
        ({"ids": [a, b, c], "version": "1"}, "version"),
        ({"ids": [a, b, c], "version": version, "x": 1}, "x"),
    ]
    for body, field in nonsense:
        assert wrong_fields(await house.merchandiser.put(f"{API}/staff/queue", json=body)) == [field]
    assert await order(house.app.state.engine) == ([a, b, c], version)


async def test_an_order_with_a_deal_that_has_gone_live_is_a_conflict(
    house: House, clock: FrozenClock
) -> None:
    (a, b, c), version = await queued(house, clock, 3)
    await house.merchandiser.put(f"{API}/staff/show", json={"mode": "woot-off"})
    late = await house.merchandiser.put(f"{API}/staff/queue", json={"ids": [c, b, a], "version": version})
    assert (late.status_code, problem(late)) == (409, "queue-moved")
    assert (late.json()["detail"], late.json()["ids"]) == (f"Deal {a} has gone on stage.", [b, c])


async def test_one_deal_is_moved_by_a_step_a_place_or_a_neighbour(house: House, clock: FrozenClock) -> None:
    (a, b, c), version = await queued(house, clock, 3)
    moves: list[tuple[dict[str, Any], list[int]]] = [
        ({"deal_id": c, "step": "top"}, [c, a, b]),
        ({"deal_id": c, "step": "down"}, [a, c, b]),
        ({"deal_id": b, "ahead_of": a}, [b, a, c]),
        ({"deal_id": b, "behind": c}, [a, c, b]),
        ({"deal_id": a, "place": 2}, [c, a, b]),
    ]
    for version_now, (body, expected) in enumerate(moves, start=version):
        answer = await house.merchandiser.post(
            f"{API}/staff/queue/moves", json=body | {"version": version_now}
        )
        assert (answer.status_code, answer.json().get("ids")) == (200, expected), body
    for unclear in ({}, {"step": "up", "place": 1}):
        body = {"deal_id": a, "version": 1} | unclear
        assert wrong_fields(await house.merchandiser.post(f"{API}/staff/queue/moves", json=body)) == ["body"]


MIA, BEN = Who(None, "Mia"), Who(None, "Ben")


async def both_reorder(
    one: Process, other: Process, clock: Clock, wishes: Sequence[Sequence[int]], version: int
) -> list[str]:
    """Two merchandisers, in a process each, send their orders at the same moment; what becomes of each."""
    started = asyncio.Barrier(2)

    async def send(shop: Process, who: Who, wish: Sequence[int]) -> str:
        async with shop.engine.begin() as connection:
            await started.wait()  # both transactions are open before either changes anything
            try:
                await reorder_queue(connection, wish, version, who=who, now=clock.now())
            except QueueMoved as moved:
                return moved.detail
        return "done"

    return list(await asyncio.gather(send(one, MIA, wishes[0]), send(other, BEN, wishes[1])))


async def test_of_two_who_reorder_at_once_one_is_told_and_nothing_is_lost(
    shop: Process, settings: Settings, clock: FrozenClock
) -> None:
    ids = await queue_deals(shop.engine, clock, *(new_deal() for _ in range(5)))
    async with process(settings, clock) as other:
        for _ in range(10):
            before, version = await order(shop.engine)
            wishes = [before[1:] + before[:1], before[-1:] + before[:-1]]
            outcomes = await both_reorder(shop, other, clock, wishes, version)
            winner = outcomes.index("done")
            name = ("Mia", "Ben")[winner]
            assert outcomes[1 - winner] == f"{name} has changed the queue since you looked at it."
            after, now_at = await order(shop.engine)
            assert after == wishes[winner]
            assert (sorted(after), now_at) == (sorted(ids), version + 1)


async def test_without_the_version_one_of_the_two_would_be_lost_in_silence(
    shop: Process, settings: Settings, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The negative control of the test above: nobody is told, and one wish is written over."""

    async def whatever(connection: Any, _version: int) -> list[int]:
        return await waiting_ids(connection)

    monkeypatch.setattr(reordering, "_as_seen", whatever)
    await queue_deals(shop.engine, clock, *(new_deal() for _ in range(5)))
    before, version = await order(shop.engine)
    wishes = [before[1:] + before[:1], before[-1:] + before[:-1]]
    async with process(settings, clock) as other:
        assert await both_reorder(shop, other, clock, wishes, version) == ["done", "done"]
    assert (await order(shop.engine))[0] in wishes


async def test_what_is_reordered_while_the_show_opens_the_first_deal_is_never_opened_twice_or_lost(
    shop: Process, settings: Settings, clock: FrozenClock
) -> None:
    ids = await queue_deals(shop.engine, clock, *(new_deal() for _ in range(8)))
    await shop.showrunner.set_show("woot-off", False)
    async with process(settings, clock) as desk:

        async def turn_round() -> None:
            for _ in range(12):
                waiting, version = await order(desk.engine)
                try:
                    async with desk.engine.begin() as connection:
                        turned = list(reversed(waiting))
                        await reorder_queue(connection, turned, version, who=MIA, now=clock.now())
                except QueueMoved:
                    pass  # a deal has gone on stage meanwhile

        async def go_on() -> None:
            for _ in range(5):
                live = await live_id(shop.engine)
                assert live is not None
                await shop.showrunner.skip(live)

        await asyncio.gather(turn_round(), go_on())
    seen = [deal_id for deal_id, _, _ in await history(shop.engine)]
    assert len(seen) == 6
    assert sorted(seen + (await order(shop.engine))[0]) == sorted(ids)


async def test_an_edit_while_a_deal_goes_live_is_in_its_offer_or_refused(
    shop: Process, settings: Settings, clock: FrozenClock
) -> None:
    ids = await queue_deals(shop.engine, clock, *(new_deal(price=4999) for _ in range(10)))
    await shop.showrunner.set_show("woot-off", False)
    async with process(settings, clock) as desk:
        for live, coming in pairwise(ids):

            async def edit(deal_id: int = coming) -> bool:
                try:
                    async with desk.engine.begin() as connection:
                        await edit_deal(
                            connection, deal_id, {"price": 1}, at_version=1, who=MIA, now=clock.now()
                        )
                except DealIsLive:
                    return False
                return True

            edited, _ = await asyncio.gather(edit(), shop.showrunner.skip(live))
            offer = await read_offer(shop.engine, coming)
            assert offer is not None
            assert offer.terms.unit_price == (1 if edited else 4999)


async def test_a_deal_that_is_withdrawn_while_it_goes_live_is_over_or_never_was_on_stage(
    shop: Process, settings: Settings, clock: FrozenClock
) -> None:
    await queue_deals(shop.engine, clock, *(new_deal() for _ in range(12)))
    await shop.showrunner.set_show("woot-off", False)
    async with process(settings, clock) as desk:

        async def withdraw(deal_id: int) -> None:
            async with desk.engine.begin() as connection:
                await withdraw_deal(connection, deal_id, who=COMMAND_LINE, now=clock.now())
            await desk.showrunner.tick()

        for _ in range(5):
            coming = (await order(shop.engine))[0][0]
            live = await live_id(shop.engine)
            assert live is not None
            await asyncio.gather(withdraw(coming), shop.showrunner.skip(live))
            assert await live_id(shop.engine) not in (None, live, coming)
            async with shop.engine.connect() as connection:
                row = (await connection.execute(deals.select().where(deals.c.id == coming))).one()
            offer = await read_offer(shop.engine, coming)
            if row.state == "withdrawn":
                assert (row.turn, offer) == (None, None)
            else:
                assert (row.state, row.end_reason) == ("ended", "withdrawn")
                assert offer is not None
                assert offer.closed_at is not None


async def test_many_at_once_of_every_kind_do_not_wait_in_a_circle(
    shop: Process, settings: Settings, clock: FrozenClock
) -> None:
    await queue_deals(shop.engine, clock, *(new_deal() for _ in range(10)))
    await shop.showrunner.set_show("woot-off", False)
    async with process(settings, clock) as other:

        async def move_the_last(desk: Process) -> None:
            ids, version = await order(desk.engine)
            try:
                async with desk.engine.begin() as connection:
                    await move_deal(
                        connection, ids[-1], Target(step="top"), version, who=BEN, now=clock.now()
                    )
            except QueueMoved:
                pass

        async def mend_the_live(desk: Process, words: str) -> None:
            live = await live_id(desk.engine)
            if live is not None:
                async with desk.engine.begin() as connection:
                    await edit_deal(
                        connection, live, {"tagline": words}, at_version=None, who=MIA, now=clock.now()
                    )

        work = [
            *(move_the_last(desk) for desk in (shop, other) for _ in range(5)),
            *(mend_the_live(desk, str(turn)) for turn, desk in enumerate((shop, other) * 5)),
            *(
                desk.showrunner.set_show(mode, False)
                for desk in (shop, other)
                for mode in ("daily", "woot-off")
            ),
            *(queue_deals(desk.engine, clock, new_deal()) for desk in (shop, other) for _ in range(5)),
            *(desk.showrunner.tick() for desk in (shop, other)),
        ]
        async with asyncio.timeout(60):
            for start in range(0, len(work), 8):
                await asyncio.gather(*work[start : start + 8])
