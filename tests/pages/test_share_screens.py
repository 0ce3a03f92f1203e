"""Links on the pages, as a browser without a script has them."""

import json
import re
from collections.abc import AsyncIterator
from urllib.parse import quote

import pytest
from httpx import AsyncClient
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from app.sharing.tables import attributions
from tests.conftest import FrozenClock
from tests.factories.house import API, House, problem, somebody
from tests.factories.identity import PASSWORD
from tests.pages.test_feeds import live

NOBODYS = (
    "zzzzzzzzzz",
    "nobodys",
    "%2F%2Fevil.example",
    "%5Cevil.example",
    "a%0D%0Ab:%20c",
    "%00" * 10,
)
CODE = re.compile(r"/share/(\w{10})")


@pytest.fixture
async def deal(house: House) -> int:
    """A deal that is live, and another that waits; the first one's id."""
    desk = house.merchandiser
    ids: list[int] = []
    for title in ("Loaf </script>", "Rye"):
        body = {"title": title, "price": 4999, "quantity": 10, "limit": 3}
        ids.append((await desk.post(f"{API}/staff/deals", json=body)).json()["id"])
    await desk.put(f"{API}/staff/show", json={"mode": "woot-off", "paused": False})
    await live(house.visitor, ids[0])
    return ids[0]


@pytest.fixture
async def bob(house: House) -> AsyncIterator[AsyncClient]:
    """Another browser, nobody signed in."""
    async with somebody(house.app) as browser:
        yield browser


async def sign_up(browser: AsyncClient, name: str) -> None:
    form = {"name": name, "email": f"{name}@example.com".lower(), "password": PASSWORD}
    answer = await browser.post("/sign-up", data=form)
    assert answer.status_code == 303, answer.text


async def share(browser: AsyncClient) -> str:
    """Press the button; the link's code."""
    answer = await browser.post("/share")
    assert answer.status_code == 303
    found = CODE.fullmatch(answer.headers["location"])
    assert found, answer.headers["location"]
    return found[1]


async def buy(browser: AsyncClient, page: str) -> str:
    """Send the form of a page; where it leads."""
    form = page.partition('action="/buy"')[2].partition("</form>")[0]
    fields = dict(re.findall(r'name="(key|deal_id)" value="([^"]*)"', form))
    answer = await browser.post("/buy", data=fields | {"quantity": "2"})
    assert answer.status_code == 303
    return answer.headers["location"]


async def helped(engine: AsyncEngine) -> list[tuple[str, int, bool]]:
    """Links, units and whether it was the helper's own browser."""
    async with engine.connect() as connection:
        query = select(attributions.c.link, attributions.c.units, attributions.c.own_browser)
        return [tuple(row) for row in await connection.execute(query)]


async def test_one_persons_link_sells_to_another(
    house: House, bob: AsyncClient, deal: int, engine: AsyncEngine
) -> None:
    await sign_up(house.visitor, "Bea")
    code = await share(house.visitor)
    assert await share(house.visitor) == code, "one for each shopper and deal"
    page = await bob.get(f"/h/{code}")
    assert page.status_code == 200
    assert "A friend</bdi> thinks you need this." in page.text
    assert "may earn a coupon" in page.text
    await sign_up(bob, "Bob")
    assert "/orders/" in await buy(bob, page.text)
    assert await helped(engine) == [(code, 2, False)]


async def test_a_wish_that_waits_for_the_sign_in_keeps_its_helper(
    house: House, bob: AsyncClient, deal: int, engine: AsyncEngine
) -> None:
    await sign_up(house.visitor, "Bea")
    code = await share(house.visitor)
    page = await bob.get(f"/h/{code}")
    assert (await buy(bob, page.text)).startswith("/sign-in")
    form = {"name": "Bob", "email": "bob@example.com", "password": PASSWORD, "next": "/buy"}
    answer = await bob.post("/sign-up", data=form)
    assert answer.headers["location"].startswith("/orders/")
    assert await helped(engine) == [(code, 2, False)]


async def test_over_http_an_order_has_its_helper_too(
    house: House, bob: AsyncClient, deal: int, engine: AsyncEngine
) -> None:
    await sign_up(house.visitor, "Bea")
    code = await share(house.visitor)
    await sign_up(bob, "Bob")
    await bob.get(f"/h/{code}")
    order = await bob.post(f"{API}/orders", json={"deal_id": deal}, headers={"Idempotency-Key": "a"})
    assert order.status_code == 201
    assert await helped(engine) == [(code, 1, False)]


async def test_whoever_says_that_nobody_sent_them_thanks_nobody(
    house: House, bob: AsyncClient, deal: int, engine: AsyncEngine
) -> None:
    await sign_up(house.visitor, "Bea")
    code = await share(house.visitor)
    page = await bob.get(f"/h/{code}")
    removed = await bob.post(f"/h/{code}/removal")
    assert (removed.status_code, removed.headers["location"]) == (303, "/")
    await sign_up(bob, "Bob")
    assert "/orders/" in await buy(bob, page.text)
    assert await helped(engine) == []


async def test_the_last_link_within_the_deal_counts(
    house: House, bob: AsyncClient, deal: int, engine: AsyncEngine
) -> None:
    await sign_up(house.visitor, "Bea")
    codes = [await share(house.visitor)]
    async with somebody(house.app) as third:
        await sign_up(third, "Cem")
        codes.append(await share(third))
    pages = [(await bob.get(f"/h/{code}")).text for code in codes]
    await sign_up(bob, "Bob")
    await buy(bob, pages[-1])
    assert await helped(engine) == [(codes[1], 2, False)]


async def test_a_link_from_before_the_sign_in_is_claimed_by_it(house: House, deal: int) -> None:
    code = await share(house.visitor)
    page = (await house.visitor.get(f"/share/{code}")).text
    assert f'href="/sign-in?next=/share/{code}"' in page
    await sign_up(house.visitor, "Bea")
    assert "Put my name there" in (await house.visitor.get(f"/share/{code}")).text
    (mine,) = (await house.visitor.get(f"{API}/share-links")).json()["items"]
    assert (mine["code"], mine["deal_id"], mine["visits"], mine["units"]) == (code, deal, 0, 0)


async def test_a_second_account_in_the_helpers_own_browser_is_marked(
    house: House, deal: int, engine: AsyncEngine
) -> None:
    await sign_up(house.visitor, "Bea")
    code = await share(house.visitor)
    await house.visitor.post("/sign-out")
    page = await house.visitor.get(f"/h/{code}")
    await sign_up(house.visitor, "Eve")
    assert "/orders/" in await buy(house.visitor, page.text)
    assert await helped(engine) == [(code, 2, True)]


async def test_a_name_is_shown_as_long_as_its_owner_wishes(house: House, bob: AsyncClient, deal: int) -> None:
    await sign_up(house.visitor, "Bea")
    code = await share(house.visitor)
    for named, sender in (("yes", "Bea"), ("", "A friend")):
        answer = await house.visitor.post(f"/share/{code}/name", data={"named": named})
        assert answer.headers["location"] == f"/share/{code}"
        assert f"<bdi>{sender}</bdi> thinks you need this." in (await bob.get(f"/h/{code}")).text
    assert (await bob.post(f"/share/{code}/name", data={"named": "yes"})).status_code == 303
    await sign_up(bob, "Bob")
    assert (await bob.post(f"/share/{code}/name", data={"named": "yes"})).status_code == 404
    assert "<bdi>A friend</bdi>" in (await bob.get(f"/h/{code}")).text, "nobody else's business"
    elsewhere = await bob.get(f"/share/{code}")
    assert (elsewhere.status_code, elsewhere.headers["location"]) == (303, "/")


async def test_the_page_is_for_people_and_programs_that_unfold_links_and_no_search_engine(
    house: House, bob: AsyncClient, deal: int
) -> None:
    code = await share(house.visitor)
    answer = await bob.get(f"/h/{code}")
    assert answer.headers["x-robots-tag"] == "noindex"
    assert '<meta name="robots" content="noindex">' in answer.text
    assert re.search(rf'<meta property="og:url" content="http://[^"]+/h/{code}">', answer.text)
    assert '<meta name="twitter:card" content="summary_large_image">' in answer.text
    (product,) = re.findall(r'<script type="application/ld\+json">(.*?)</script>', answer.text, re.DOTALL)
    found = json.loads(product)
    assert (found["@type"], found["name"]) == ("Product", "Loaf </script>")
    assert found["offers"]["availability"] == "https://schema.org/InStock"


async def test_after_the_deal_the_link_thanks_and_shows_what_is_live(
    house: House, bob: AsyncClient, deal: int, engine: AsyncEngine
) -> None:
    await sign_up(house.visitor, "Bea")
    code = await share(house.visitor)
    await house.merchandiser.post(f"{API}/staff/show/skips", json={"deal_id": deal})
    await live(house.visitor, deal + 1)
    answer = await bob.get(f"/h/{code}")
    assert "Thank you for coming by" in answer.text
    assert "Rye" in answer.text
    assert "https://schema.org/SoldOut" in answer.text
    assert 'action="/buy"' not in answer.text
    assert "set-cookie" not in answer.headers, "nobody brought them to what is live now"
    assert (await bob.get(f"/h/{code}/card.png")).status_code == 200


async def test_a_code_of_nobodys_leads_to_what_is_live(house: House, deal: int, bob: AsyncClient) -> None:
    for code in NOBODYS:
        answer = await bob.get(f"/h/{code}")
        assert answer.status_code in (303, 404)
        assert answer.headers.get("location", "/") == "/"
        assert "b" not in answer.headers
        assert "set-cookie" not in answer.headers
        for path in (f"/h/{code}/qr.svg", f"/h/{code}/card.png"):
            assert (await bob.get(path)).status_code == 404
        posted = await bob.post(f"/h/{code}/removal")
        assert posted.headers.get("location", "/") == "/"


async def test_no_address_of_a_link_takes_anybody_elsewhere(
    house: House, deal: int, bob: AsyncClient
) -> None:
    code = await share(house.visitor)
    for extra in ("//evil.example", "/\\evil.example", "/..//evil.example"):
        answer = await bob.get(f"/h/{code}{quote(extra)}")
        assert answer.status_code == 404
    for query in ("next=//evil.example", "url=https://evil.example", "next=%0d%0aLocation:%20//evil.example"):
        answer = await bob.get(f"/h/{code}?{query}")
        assert answer.status_code == 200
        assert "evil" not in answer.text
        assert "location" not in answer.headers


async def test_a_made_up_host_is_in_no_link(house: House, deal: int, bob: AsyncClient) -> None:
    code = await share(house.visitor)
    for path in (f"/h/{code}", f"/h/{code}/qr.svg"):
        answer = await bob.get(path, headers={"Host": "evil.example"})
        assert "evil.example" not in answer.text


async def test_a_visit_is_counted_once_a_browser_and_never_the_makers_own(
    house: House, bob: AsyncClient, deal: int
) -> None:
    await sign_up(house.visitor, "Bea")
    code = await share(house.visitor)
    for browser in (bob, bob, house.visitor):
        await browser.get(f"/h/{code}")
    await house.visitor.post("/sign-out")
    await house.visitor.get(f"/h/{code}")  # in the same browser, but nobody signed in
    async with somebody(house.app) as third:
        await third.get(f"/h/{code}", headers={"Sec-Fetch-Dest": "image"})
        assert not third.cookies, "a picture in somebody's page is no visit"
        await third.get(f"/h/{code}", headers={"Sec-Fetch-Dest": "document"})
        assert third.cookies
    visits = house.app.state.sharing.visits
    await visits.gather()
    await visits.write_down()
    form = {"email": "bea@example.com", "password": PASSWORD}
    assert (await house.visitor.post("/sign-in", data=form)).status_code == 303
    (mine,) = (await house.visitor.get(f"{API}/share-links")).json()["items"]
    assert mine["visits"] == 2


async def test_a_cookie_that_is_not_ours_brings_nobody(
    house: House, bob: AsyncClient, deal: int, engine: AsyncEngine, clock: FrozenClock
) -> None:
    await sign_up(house.visitor, "Bea")
    code = await share(house.visitor)
    forged = f"{code}-{deal}-{int(clock.now().timestamp())}"
    bob.cookies.set("came_by", f"{forged}.c2lnbmF0dXJl")
    await sign_up(bob, "Bob")
    page = (await bob.get("/")).text
    assert "/orders/" in await buy(bob, page)
    assert await helped(engine) == []


async def test_links_over_http(house: House, deal: int) -> None:
    wish = {"deal_id": deal}
    first = await house.shopper.post(f"{API}/share-links", json=wish)
    again = await house.shopper.post(f"{API}/share-links", json=wish)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert first.json()["qr"] == f"{first.json()['url']}/qr.svg"
    assert "set-cookie" not in first.headers, "a program with a token keeps no cookies"
    qr = await house.visitor.get(first.json()["qr"])
    assert (qr.status_code, qr.headers["content-type"]) == (200, "image/svg+xml")
    refused = await house.shopper.post(f"{API}/share-links", json={"deal_id": deal + 1})
    assert (refused.status_code, problem(refused)) == (409, "not-on-stage")
    assert refused.json()["live_deal_id"] == deal
    assert (await house.visitor.get(f"{API}/share-links")).status_code == 401
    assert (await house.shopper.get(f"{API}/share-links")).json()["next"] is None
