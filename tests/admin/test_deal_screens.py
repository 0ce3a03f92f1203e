"""A deal's form, without JavaScript."""

import html
import re
from typing import Any

from httpx import AsyncClient, Response

from tests.conftest import FrozenClock
from tests.factories.house import API, House
from tests.factories.inventory import history, live_id, new_deal, queue_deals

LOAF = {"title": "Loaf", "price": "49.99", "quantity": "60", "limit": "", "shipping": ""}


def words(answer: Response) -> str:
    """A page's text on one line."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", answer.text)).split())


async def kept(desk: AsyncClient, deal_id: int) -> dict[str, Any]:
    """A deal as it is kept."""
    found: dict[str, Any] = (await desk.get(f"{API}/staff/deals/{deal_id}")).json()
    return found


async def test_a_deal_is_written_previewed_queued_and_edited(house: House) -> None:
    desk = house.merchandiser
    empty = await desk.get("/desk/deals/new")
    assert "Money, in USD" in words(empty)
    assert "Time, in America/Chicago" in words(empty)
    story = LOAF | {"story": "A *loaf* <script>", "preview": "1"}
    seen = await desk.post("/desk/deals/new", data=story)
    assert "<em>loaf</em> &lt;script&gt;</p>" in seen.text
    assert 'value="49.99"' in seen.text, "what was typed is kept"
    wrong = await desk.post("/desk/deals/new", data=LOAF | {"price": "12,99", "quantity": ""})
    assert wrong.status_code == 422
    assert "2 fields to mend" in words(wrong)
    assert 'aria-describedby="price-error"' in wrong.text
    queued = await desk.post("/desk/deals/new", data=LOAF | {"not_before": "2026-11-27T06:00"})
    assert (queued.status_code, queued.headers["location"]) == (303, "/desk/deals/1?done=queued")
    page = await desk.get(queued.headers["location"])
    assert "Queued, at the end." in words(page)
    assert 'value="2026-11-27T06:00"' in page.text
    saved = await desk.post("/desk/deals/1", data=LOAF | {"price": "39.99", "version": "1", "not_before": ""})
    assert (saved.status_code, saved.headers["location"]) == (303, "/desk/deals/1?done=saved")
    deal = await kept(desk, 1)
    assert (deal["price"]["amount"], deal["not_before"], deal["version"]) == (3999, None, 2)


async def test_a_conflict_keeps_what_was_typed_and_shows_what_is_there(
    house: House, clock: FrozenClock
) -> None:
    desk = house.merchandiser
    (deal_id,) = await queue_deals(house.app.state.engine, clock, new_deal(title="Loaf", story="one\ntwo"))
    await desk.patch(f"{API}/staff/deals/{deal_id}", json={"price": 100})
    mine = {"title": "My loaf", "price": "49.99", "story": "one\r\ntwo", "version": "1"}
    told = await desk.post(f"/desk/deals/{deal_id}", data=mine)
    assert told.status_code == 409
    assert "mia has changed this deal since you looked at it. Nothing was saved" in words(told)
    assert "Title My loaf Loaf Price 49.99 1.00" in words(told)
    assert 'value="My loaf"' in told.text
    assert 'name="version" value="2"' in told.text
    again = await desk.post(f"/desk/deals/{deal_id}", data=mine | {"version": "2"})
    assert again.status_code == 303
    assert (await kept(desk, deal_id))["title"] == "My loaf"


async def test_of_a_live_deal_only_the_texts_can_be_typed(house: House, clock: FrozenClock) -> None:
    desk = house.merchandiser
    (deal_id,) = await queue_deals(house.app.state.engine, clock, new_deal(title="Loaf"))
    stale = {"title": "Crumb", "price": "1", "version": "1"}
    await desk.put(f"{API}/staff/show", json={"mode": "woot-off"})
    page = await desk.get(f"/desk/deals/{deal_id}")
    assert re.search(r'name="price"[^>]* disabled', page.text)
    assert not re.search(r'name="title"[^>]* disabled', page.text)
    refused = await desk.post(f"/desk/deals/{deal_id}", data=stale)
    assert refused.status_code == 409
    assert "its price can not be changed" in words(refused)
    assert (
        await desk.post(f"/desk/deals/{deal_id}", data={"title": "Crumb", "version": "1"})
    ).status_code == 303
    await desk.post(f"{API}/staff/show/skips", json={"deal_id": deal_id})
    over = await desk.post(f"/desk/deals/{deal_id}/withdraw")
    assert over.status_code == 409
    assert "It is over and stays as it is." in words(over)


async def test_a_deal_is_withdrawn_copied_and_moved_far_from_its_page(
    house: House, clock: FrozenClock
) -> None:
    desk = house.merchandiser
    a, b, c = await queue_deals(house.app.state.engine, clock, *(new_deal() for _ in range(3)))
    for path, data in ((f"{c}/place", {"place": "1"}), (f"{a}/copies", {}), (f"{b}/withdraw", {})):
        done = await desk.post(f"/desk/deals/{path}", data=data)
        assert done.status_code == 303
        assert "Undo" in (await desk.get(done.headers["location"])).text, path
    queue = (await desk.get(f"{API}/staff/deals")).json()["items"]
    assert [item["id"] for item in queue][:2] == [c, a]
    assert len(queue) == 3
    for nowhere in ("0", "-1", "x", "", "99999999"):
        assert (await desk.post(f"/desk/deals/{a}/place", data={"place": nowhere})).status_code == 422
    assert (await desk.get("/desk/deals/999")).status_code == 404


async def test_a_deal_leaves_the_stage_only_where_that_is_what_was_asked(
    house: House, clock: FrozenClock
) -> None:
    desk, engine = house.merchandiser, house.app.state.engine
    loaf, _ = await queue_deals(engine, clock, new_deal(title="Loaf"), new_deal(title="Crumb"))
    await desk.put(f"{API}/staff/show", json={"mode": "woot-off"})
    late = await desk.post(f"/desk/deals/{loaf}/withdraw", data={"version": "1", "from": "1"})
    assert "Withdraw Loaf from the stage?" in words(late), "the queue's page still showed it waiting"
    assert "Crumb comes next, at once." in words(late)
    assert await live_id(engine) == loaf
    done = await desk.post(f"/desk/deals/{loaf}/withdraw", data={"when": "off-stage", "deal_id": str(loaf)})
    page = await desk.get(done.headers["location"])
    assert "mia withdrew Loaf." in words(page)
    assert "Undo" not in words(page), "it does not come back"
    assert (await history(engine))[0] == (loaf, "ended", "withdrawn")
    assert (await kept(desk, loaf))["end_reason"] == "withdrawn"


async def test_a_category_is_typed_and_kept_also_on_stage(house: House) -> None:
    desk = house.merchandiser
    await desk.post("/desk/deals/new", data=LOAF | {"category": "Kitchen"})
    await desk.put(f"{API}/staff/show", json={"mode": "woot-off"})
    page = await desk.get("/desk/deals/1")
    assert re.search(r'name="category"[^>]* value="Kitchen"', page.text)
    assert not re.search(r'name="category"[^>]* disabled', page.text)
    await desk.post("/desk/deals/1", data={"category": "Bread", "version": "1"})
    assert (await kept(desk, 1))["category"] == "Bread"
