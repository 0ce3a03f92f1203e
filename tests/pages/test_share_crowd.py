"""A crowd on the page behind a link: no statement for each, and a form of their own for everybody."""

import re
from typing import Any

import pytest
from sqlalchemy import event, update
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.requests import Request
from starlette.responses import Response

from app.identity.tables import shoppers
from app.pages.landings import Landings, Seen
from tests.factories.house import API, House, somebody
from tests.pages.test_feeds import live
from tests.pages.test_share_screens import sign_up

VISITORS = 200


@pytest.fixture
async def code(house: House) -> str:
    """Of the shopper's link for the live deal."""
    desk = house.merchandiser
    body = {"title": "Loaf", "price": 4999, "quantity": 10, "limit": 3}
    deal = (await desk.post(f"{API}/staff/deals", json=body)).json()["id"]
    await desk.put(f"{API}/staff/show", json={"mode": "woot-off", "paused": False})
    await live(house.visitor, deal)
    made = await house.shopper.post(f"{API}/share-links", json={"deal_id": deal})
    found: str = made.json()["code"]
    return found


async def test_two_hundred_visitors_ask_the_database_for_the_link_a_few_times_at_the_most(
    house: House, code: str, engine: AsyncEngine
) -> None:
    seen: list[str] = []

    def note(_: object, __: object, statement: str, *___: object) -> None:
        seen.append(statement)

    shop = house.app.state.sharing.engine.sync_engine
    event.listen(shop, "before_cursor_execute", note)
    try:
        for _ in range(VISITORS):
            house.visitor.cookies.clear()
            answer = await house.visitor.get(f"/h/{code}")
            assert "came_by" in answer.headers["set-cookie"]
    finally:
        event.remove(shop, "before_cursor_execute", note)
    assert [one for one in seen if "share_links" in one], "the control: it is seen where it is asked for"
    assert len([one for one in seen if "share_links" in one]) < VISITORS / 4
    assert not [one for one in seen if one.startswith("INSERT") and "share" in one]
    visits = house.app.state.sharing.visits
    await visits.gather()
    await visits.write_down()
    mine = (await house.shopper.get(f"{API}/share-links")).json()["items"]
    assert [one["visits"] for one in mine] == [VISITORS]


async def test_whatever_a_link_says_each_visitor_has_a_key_of_their_own(
    house: House, code: str, engine: AsyncEngine
) -> None:
    async with engine.begin() as connection:
        await connection.execute(update(shoppers).values(name="the-key-comes-in-here"))
    async with somebody(house.app) as bob:
        await house.app.state.sharing.name(code, True)
        pages = [(await bob.get(f"/h/{code}")).text for _ in range(3)]
    keys = [re.findall(r'name="key" value="([^"]+)"', page) for page in pages]
    assert len({key for (key,) in keys}) == 3
    assert all("the-key-comes-in-here" in page for page in pages), "it is their name"


async def test_a_crowd_is_shown_one_drawing_and_each_has_a_form_of_their_own(
    house: House, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    landings, asked = house.app.state.landings, 20
    drawn = []

    async def draw(request: Request, seen: Seen, *rest: Any) -> Response:
        drawn.append(seen)
        return await Landings.draw(landings, request, seen, *rest)

    monkeypatch.setattr(landings, "draw", draw)
    pages = [(await house.visitor.get(f"/h/{code}")).text for _ in range(asked)]
    assert len(drawn) == len(set(drawn)) < asked, "once as long as nothing moves, which may happen meanwhile"
    keys = [re.findall(r'name="key" value="(\w+)"', page) for page in pages]
    assert len({key for (key,) in keys}) == asked
    await sign_up(house.visitor, "Eve")
    assert "Eve" in (await house.visitor.get(f"/h/{code}")).text
    async with somebody(house.app) as bob:
        assert "Eve" not in (await bob.get(f"/h/{code}")).text


async def test_without_a_live_deal_there_is_nothing_to_share(house: House) -> None:
    answer = await house.visitor.post("/share")
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
