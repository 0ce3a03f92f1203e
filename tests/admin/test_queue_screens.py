"""The queue's page and the trail's, without JavaScript."""

import re

from httpx import AsyncClient

from app.admin.queue_views import read_wish
from app.inventory.ordering import Target
from app.inventory.queue import queue_version
from tests.admin.test_deal_screens import words
from tests.conftest import FrozenClock
from tests.factories.house import API, House
from tests.factories.inventory import new_deal, queue_deals


async def order(desk: AsyncClient) -> list[int]:
    """What waits."""
    return [item["id"] for item in (await desk.get(f"{API}/staff/deals")).json()["items"]]


async def version(house: House) -> str:
    """The queue's version."""
    async with house.app.state.engine.connect() as connection:
        return str(await queue_version(connection))


async def test_a_button_moves_a_deal_stays_in_focus_and_can_be_undone(
    house: House, clock: FrozenClock
) -> None:
    desk = house.merchandiser
    a, b, c = await queue_deals(house.app.state.engine, clock, *(new_deal(title=t) for t in "ABC"))
    moved = await desk.post("/desk/queue/moves", data={"move": f"{c}:up", "version": await version(house)})
    assert moved.status_code == 303
    assert await order(desk) == [a, c, b]
    page = await desk.get(moved.headers["location"])
    assert "mia moved C from 3 to 2. Undo" in words(page)
    assert re.search(rf'value="{c}:up"[^>]* autofocus', page.text)
    change = re.search(r"/desk/changes/(\d+)/undo", page.text)
    assert change is not None
    undone = await desk.post(f"/desk/changes/{change[1]}/undo", data={"back": "/desk/queue"})
    assert undone.headers["location"].startswith("/desk/queue?change=")
    assert await order(desk) == [a, b, c]
    again = await desk.post(f"/desk/changes/{change[1]}/undo", data={"back": "https://evil.example/"})
    assert again.status_code == 409
    assert "It has been undone already." in words(again)


async def test_whoever_comes_late_is_told_and_can_still_have_the_wish(
    house: House, clock: FrozenClock
) -> None:
    desk = house.merchandiser
    a, b, c = await queue_deals(house.app.state.engine, clock, *(new_deal(title=t) for t in "ABC"))
    seen = await version(house)
    await desk.post("/desk/queue/moves", data={"move": f"{b}:top", "version": seen})
    late = await desk.post("/desk/queue/moves", data={"move": f"{c}:before:{a}", "version": seen})
    assert late.status_code == 409
    assert "mia moved B from 2 to 1 on Sun 22 Nov 2026, 12:00, while you looked" in words(late)
    assert "You wanted to move C ahead of A. That was not done. Do it now" in words(late)
    asked = await desk.get(f"/desk/queue?wish={c}:before:{a}&seen={seen}")
    assert "You wanted to move C ahead of A." in words(asked), "as the script asks for it"
    now = await desk.post(
        "/desk/queue/moves", data={"move": f"{c}:before:{a}", "version": await version(house)}
    )
    assert now.status_code == 303
    assert await order(desk) == [b, c, a]


async def test_a_long_queue_comes_in_pages_and_none_is_heavy(house: House, clock: FrozenClock) -> None:
    desk = house.merchandiser
    await queue_deals(house.app.state.engine, clock, *(new_deal() for _ in range(250)))
    page = await desk.get("/desk/queue?from=150")
    assert page.text.count("<li data-deal") == 100
    assert 'value="101:up"' in page.text
    assert "250 waiting." in words(page)
    assert len(page.content) < 300_000
    far = await desk.get("/desk/queue?from=999999")
    assert far.status_code == 200


async def test_the_page_goes_along_with_a_deal_that_leaves_it(house: House, clock: FrozenClock) -> None:
    desk = house.merchandiser
    ids = await queue_deals(house.app.state.engine, clock, *(new_deal() for _ in range(101)))
    moved = await desk.post(
        "/desk/queue/moves", data={"move": f"{ids[100]}:up", "version": await version(house), "from": "101"}
    )
    page = await desk.get(moved.headers["location"])
    assert re.search(rf'value="{ids[100]}:up"[^>]* autofocus', page.text)


async def test_what_is_on_stage_and_what_is_held_back_is_said(house: House, clock: FrozenClock) -> None:
    desk = house.merchandiser
    assert "Nothing is on stage. Dashboard Nothing waits." in words(await desk.get("/desk/queue"))
    held = "2026-11-27T12:00:00Z"
    await queue_deals(
        house.app.state.engine, clock, new_deal(title="A"), new_deal(title="B", not_before=held)
    )
    await desk.put(f"{API}/staff/show", json={"mode": "woot-off"})
    text = words(await desk.get("/desk/queue"))
    assert "Now A 100% left" in text
    assert "held until Fri 27 Nov 2026, 06:00" in text


async def test_nonsense_moves_nothing(house: House, clock: FrozenClock) -> None:
    desk = house.merchandiser
    ids = await queue_deals(house.app.state.engine, clock, new_deal(), new_deal())
    for move in ("", "x", "1:sideways", "1:behind:", "0:up", "1:place:0", "9" * 30 + ":up", "٣:up"):
        answer = await desk.post("/desk/queue/moves", data={"move": move, "version": await version(house)})
        assert answer.status_code == 303, move
    gone = await desk.post("/desk/queue/moves", data={"move": "999:up", "version": await version(house)})
    assert gone.status_code == 409
    assert await order(desk) == ids


async def test_the_trail_says_who_did_what_in_words(house: House, clock: FrozenClock) -> None:
    desk = house.merchandiser
    await desk.post(f"{API}/staff/deals", json={"title": "Loaf", "price": 4999, "quantity": 6})
    await desk.patch(f"{API}/staff/deals/1", json={"price": 3999, "not_before": "2026-11-27T12:00:00Z"})
    await desk.delete(f"{API}/staff/deals/1")
    text = words(await desk.get("/desk/changes"))
    assert "mia withdrew Loaf" in text
    assert "price $49.99 → became $39.99" in text
    assert "not before none → became Fri 27 Nov 2026, 06:00" in text
    assert "mia queued Loaf" in text
    assert "Show all" in words(await desk.get("/desk/changes?deal=1"))


def test_a_wish_says_which_deal_and_where_to() -> None:
    wishes = {"3:up": Target(step="up"), "3:before:4": Target(ahead_of=4), "3:behind:4": Target(behind=4)}
    for text, to in wishes.items():
        wish = read_wish(text)
        assert wish is not None
        assert (wish.deal_id, wish.to) == (3, to)
