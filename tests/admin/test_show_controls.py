"""The show's controls, as a merchandiser without JavaScript uses them."""

import re

import pytest
from httpx import AsyncClient, Response
from sqlalchemy import select

from app.inventory.tables import changes
from tests.conftest import FrozenClock
from tests.factories.house import House
from tests.factories.inventory import history, live_id, new_deal, queue_deals

FORM = re.compile(r'<form method="post" action="(/desk/show/[^"]+)">(.*?)</form>', re.DOTALL)
HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')
WORDS = re.compile(r"<button[^>]*>(.*?)</button>")


def forms(page: Response) -> dict[str, tuple[str, dict[str, str]]]:
    """The forms of a page that change the show, by their buttons' words: where they go, and what they send."""
    found = {}
    for action, inner in FORM.findall(page.text):
        words = WORDS.search(inner)
        assert words is not None
        found[words.group(1)] = (action, dict(HIDDEN.findall(inner)))
    return found


async def press(person: AsyncClient, page: Response, words: str) -> Response:
    """Send one of a page's forms; answers the page that it leads to."""
    action, fields = forms(page)[words]
    answer = await person.post(action, data=fields)
    assert answer.status_code == 303, answer.text
    return await person.get(answer.headers["location"])


async def test_a_show_is_started_paused_resumed_skipped_and_stopped_by_forms(
    house: House, clock: FrozenClock
) -> None:
    mia, engine = house.merchandiser, house.app.state.engine
    await queue_deals(
        engine, clock, new_deal(title="The Crumb Baron", quantity=34), new_deal(title="Umbrellas"), new_deal()
    )
    desk = await mia.get("/desk")
    assert "The show is stopped" in desk.text
    assert set(forms(desk)) == {"Start the Woot-Off", "Start the daily deal"}
    desk = await press(mia, desk, "Start the Woot-Off")
    assert "The show runs." in desk.text
    assert "0 of 34 sold, 34 left" in desk.text
    desk = await press(mia, desk, "Pause")
    assert "Woot-Off: paused" in desk.text
    assert set(forms(desk)) == {"Go on selling"}
    desk = await press(mia, desk, "Go on selling")

    asked = await mia.get("/desk/show/skip")
    assert "The 34 that are left are not sold." in asked.text
    assert "Umbrellas comes next, at once." in asked.text
    assert await live_id(engine) == 1, "to ask changes nothing"
    desk = await press(mia, asked, "Skip The Crumb Baron")
    assert "Skipped." in desk.text
    desk = await press(mia, asked, "Skip The Crumb Baron")
    assert "that deal was over already" in desk.text
    assert await live_id(engine) == 2, "two clicks skip one"

    asked = await mia.get("/desk/show/stop")
    assert "1 deal stays in the queue" in asked.text
    desk = await press(mia, asked, "Stop after Umbrellas")
    assert "The show stops when this deal is over." in desk.text
    desk = await press(mia, desk, "Do not stop after it")
    assert "Do not stop after it" not in forms(desk)
    desk = await press(mia, asked, "Stop now")
    assert "The show is stopped" in desk.text
    assert await history(engine) == [(1, "ended", "skipped"), (2, "ended", "stopped")]

    async with engine.connect() as connection:
        noted = (
            await connection.execute(select(changes.c.person_name, changes.c.action).order_by(changes.c.id))
        ).all()
    assert {name for name, _ in noted} == {noted[0].person_name}
    assert [action for _, action in noted] == ["show", "show", "show", "skip", "show", "show", "show"]


async def test_the_mode_is_changed_and_the_end_is_said_in_the_shops_zone(
    house: House, clock: FrozenClock
) -> None:
    mia = house.merchandiser
    at = clock.now().replace(hour=20)
    await queue_deals(house.app.state.engine, clock, new_deal(), new_deal(title="Umbrellas", not_before=at))
    desk = await press(mia, await mia.get("/desk"), "Start the Woot-Off")
    assert "It stays until it is sold out." in desk.text
    assert "Next: Umbrellas, not before Sun 22 Nov 2026, 14:00." in desk.text
    desk = await press(mia, desk, "Change to daily deals")
    assert "Daily deal: live" in desk.text
    assert "It ends at Mon 23 Nov 2026, 00:00." in desk.text


async def test_a_title_with_markup_is_shown_as_text(house: House, clock: FrozenClock) -> None:
    await queue_deals(house.app.state.engine, clock, new_deal(title="<b>Loaf</b> & more"))
    mia = house.merchandiser
    await press(mia, await mia.get("/desk"), "Start the Woot-Off")
    for address in ("/desk", "/desk/show/skip", "/desk/show/stop"):
        page = (await mia.get(address)).text
        assert "<b>Loaf" not in page
        assert "&lt;b&gt;Loaf&lt;/b&gt; &amp; more" in page


async def test_what_cannot_be_done_is_said_and_changes_nothing(house: House, clock: FrozenClock) -> None:
    mia, engine = house.merchandiser, house.app.state.engine
    await queue_deals(engine, clock, new_deal())

    async def told(path: str, **data: str) -> str:
        answer = await mia.post(f"/desk/show/{path}", data=data)
        assert answer.status_code == 303
        return str(answer.headers["location"])

    assert await told("pause") == "/desk?show=not-started"
    assert await told("skip", deal_id="1") == "/desk?show=not-live"
    assert await told("stop", when="now") == "/desk?show=as-it-was"
    assert (await mia.get("/desk/show/skip")).headers["location"] == "/desk?show=not-live"
    for path, data in [
        ("start", {"mode": "weekly"}),
        ("start", {}),
        ("skip", {"deal_id": "x"}),
        ("skip", {"deal_id": str(2**63)}),
        ("stop", {"when": "later"}),
    ]:
        assert (await mia.post(f"/desk/show/{path}", data=data)).status_code == 422
    assert (await mia.get("/desk?show=<script>")).status_code == 200
    assert await history(engine) == []


@pytest.mark.parametrize("path", ["start", "pause", "resume", "skip", "stop"])
async def test_the_controls_are_for_merchandisers(house: House, path: str) -> None:
    data = {"mode": "daily", "deal_id": "1", "when": "now"}
    assert (
        (await house.visitor.post(f"/desk/show/{path}", data=data)).headers["location"].startswith("/sign-in")
    )
    assert (await house.shopper.post(f"/desk/show/{path}", data=data)).status_code == 403
