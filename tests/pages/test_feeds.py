"""The feeds over HTTP: what is live, what was, and nothing that is not yet."""

import asyncio
from typing import Any

from httpx import AsyncClient

from tests.factories.house import API, House

NAMES = ("Loaf", "Rye", "Bun", "Secret Scone")


async def show_of_four(house: House) -> list[int]:
    """Four deals, the show on the second: the first was skipped, the third and fourth wait."""
    desk, ids = house.merchandiser, []
    for name in NAMES:
        body = {"title": name, "price": 4999, "quantity": 9, "story": "Of *flour*"}
        ids.append((await desk.post(f"{API}/staff/deals", json=body)).json()["id"])
    await desk.put(f"{API}/staff/show", json={"mode": "woot-off", "paused": False})
    await live(house.visitor, ids[0])
    await desk.post(f"{API}/staff/show/skips", json={"deal_id": ids[0]})
    await live(house.visitor, ids[1])
    return ids


async def live(visitor: AsyncClient, deal_id: int | None) -> None:
    """Return once everybody is shown this deal."""
    async with asyncio.timeout(60):
        while True:
            deal = (await visitor.get(f"{API}/live")).json()["deal"]
            if (deal and deal["id"]) == deal_id:
                return
            await asyncio.sleep(0.02)


async def items(visitor: AsyncClient) -> list[dict[str, Any]]:
    answer = await visitor.get("/feed.json")
    assert answer.status_code == 200
    found: list[dict[str, Any]] = answer.json()["items"]
    return found


async def test_the_feeds_show_what_is_live_and_what_was_and_nothing_to_come(house: House) -> None:
    await show_of_four(house)
    assert [item["title"] for item in await items(house.visitor)] == ["Rye", "Loaf"]
    first, second = await items(house.visitor)
    assert "On the shelf now." in first["content_html"]
    assert "<em>flour</em>" in first["content_html"]
    assert "It is gone." in second["content_html"]
    for path in ("/feed.json", "/feed.atom"):
        text = (await house.visitor.get(path)).text
        assert "Rye" in text
        assert "Bun" not in text
        assert "Scone" not in text


async def test_a_deal_that_goes_live_is_in_the_feeds_at_once(house: House) -> None:
    """The control: what was not named is named from then on."""
    ids = await show_of_four(house)
    await items(house.visitor)
    await house.merchandiser.post(f"{API}/staff/show/skips", json={"deal_id": ids[1]})
    await live(house.visitor, ids[2])
    assert [item["title"] for item in await items(house.visitor)] == ["Bun", "Rye", "Loaf"]


async def test_a_deal_that_was_withdrawn_from_the_stage_is_not_told_of(house: House) -> None:
    ids = await show_of_four(house)
    answer = await house.merchandiser.delete(f"{API}/staff/deals/{ids[1]}", params={"live": "true"})
    assert answer.status_code in (200, 204), answer.text
    await live(house.visitor, ids[2])
    assert [item["title"] for item in await items(house.visitor)] == ["Bun", "Loaf"]


async def test_before_the_first_deal_the_feeds_are_empty(house: House) -> None:
    assert await items(house.visitor) == []
    assert (await house.visitor.get("/feed.atom")).status_code == 200


async def test_who_has_the_newest_is_told_so(house: House) -> None:
    await show_of_four(house)
    for path, kind in (("/feed.json", "application/feed+json"), ("/feed.atom", "application/atom+xml")):
        first = await house.visitor.get(path)
        assert first.headers["content-type"].startswith(kind)
        assert first.headers["cache-control"] == "public, max-age=30, stale-while-revalidate=60"
        etag = first.headers["etag"]
        known = await house.visitor.get(path, headers={"If-None-Match": f'"other", W/{etag}'})
        assert (known.status_code, known.content, known.headers["etag"]) == (304, b"", etag)
        assert (await house.visitor.get(path, headers={"If-None-Match": '"other"'})).status_code == 200


async def test_the_feeds_ask_nothing_of_the_database_while_nothing_changes(house: House) -> None:
    await show_of_four(house)
    before = (await house.visitor.get("/feed.json")).content
    read = house.app.state.feeds._gone
    for _ in range(3):
        assert (await house.visitor.get("/feed.json")).content == before
    assert house.app.state.feeds._gone is read


async def test_a_host_that_somebody_made_up_is_in_no_feed(house: House) -> None:
    await show_of_four(house)
    for path in ("/feed.json", "/feed.atom"):
        answer = await house.visitor.get(path, headers={"Host": "evil.example"})
        assert "evil.example" not in answer.text


async def test_the_page_names_the_feeds(house: House) -> None:
    text = (await house.visitor.get("/")).text
    assert '<link rel="alternate" type="application/feed+json"' in text
    assert '<link rel="alternate" type="application/atom+xml"' in text
