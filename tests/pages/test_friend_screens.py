"""Friends & family on the pages, as a browser without a script has them."""

import json
import re
from collections.abc import AsyncIterator
from html import unescape
from urllib.parse import quote

import pytest
from httpx import AsyncClient
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.factories.friends import Circle
from tests.factories.house import API, House, somebody
from tests.factories.identity import PASSWORD, MovableClock
from tests.pages.test_feeds import live
from tests.pages.test_share_screens import buy, deal, helped, sign_up  # noqa: F401 - a fixture among them

LINK = re.compile(r'value="(https?://[^"]+/friends/join/[^"]+)"')


@pytest.fixture
async def bea(house: House) -> AsyncClient:
    """A browser in which Bea has signed in."""
    await sign_up(house.visitor, "Bea")
    return house.visitor


@pytest.fixture
async def bob(house: House) -> AsyncIterator[AsyncClient]:
    """Another, in which Bob has."""
    async with somebody(house.app) as browser:
        await sign_up(browser, "Bob")
        yield browser


async def sees(browser: AsyncClient, path: str = "/friends") -> str:
    answer = await browser.get(path)
    assert answer.status_code == 200, (path, answer.status_code, answer.text[:300])
    return unescape(answer.text)


async def sends(browser: AsyncClient, path: str, **fields: str) -> str:
    """A form; where it leads."""
    answer = await browser.post(path, data=fields)
    assert answer.status_code == 303, (path, answer.status_code, answer.text[:1000])
    return str(answer.headers["location"])


async def link_of(browser: AsyncClient) -> str:
    """Make a link; the path that it leads to."""
    assert await sends(browser, "/friends/link") == "/friends?done=link"
    url = str(LINK.findall(await sees(browser))[0])
    return "/" + url.partition("://")[2].partition("/")[2]


async def press(browser: AsyncClient, button: str) -> str:
    """The button of a form on the friends page, with what the form holds; where it leads."""
    for form in re.findall(r'<form[^>]*action="[^"]+".*?</form>', await sees(browser), re.DOTALL):
        if button in re.sub(r"<[^>]+>", "", form):
            fields = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form))
            return await sends(browser, re.findall(r'action="([^"]+)"', form)[0], **fields)
    raise AssertionError(f"no button says {button}")


async def become_friends(one: AsyncClient, other: AsyncClient) -> None:
    assert await sends(other, await link_of(one)) == "/friends?done=friends"


async def test_two_become_friends_by_mail_address_and_leave(bea: AsyncClient, bob: AsyncClient) -> None:
    assert await sends(bea, "/friends", email="bob@example.com") == "/friends?done=invited"
    waiting = await sees(bea, "/friends?done=invited")
    assert "Not answered yet" in waiting
    assert "We do not look whether they are with us" in waiting
    assert "They invite you" in await sees(bob)
    assert await press(bob, "Yes, Bea") == "/friends?done=friends"
    for browser, other in ((bea, "Bob"), (bob, "Bea")):
        text = await sees(browser)
        assert f">{other}</b>" in text
        assert "Not answered yet" not in text
        assert f"{other.lower()}@example.com" not in text, "an address is nobody else's business"
    assert await press(bob, "Mute Bea") == "/friends?done=muted"
    assert "not heard" in await sees(bob)
    assert "not heard" not in await sees(bea)
    assert await press(bob, "Hear Bea again") == "/friends?done=heard"
    assert await press(bob, "Take off Bea") == "/friends?done=off"
    assert ">Bob</b>" not in await sees(bea)


async def test_who_comes_by_a_link_signs_up_first_and_then_says_yes(house: House, bea: AsyncClient) -> None:
    path = await link_of(bea)
    assert "Your own invitation" in await sees(bea, path)
    async with somebody(house.app) as eve:
        looked = await eve.get(path)
        assert "Bea</bdi> invites you" in looked.text
        assert looked.headers["x-robots-tag"] == "noindex"
        assert f"/sign-up?next={quote(path)}" in looked.text
        assert (await sends(eve, path)).startswith("/sign-in?next=")
        form = {"name": "Eve", "email": "eve@example.com", "password": PASSWORD, "next": path}
        assert await sends(eve, "/sign-up", **form) == path
        assert "Yes, be friends" in await sees(eve, path)
        assert await sends(eve, path) == "/friends?done=friends"
    assert ">Eve</b>" in await sees(bea)
    assert (await bea.get(path)).status_code == 410


async def test_no_needs_no_account_and_nobody_is_told(
    house: House, bea: AsyncClient, bob: AsyncClient
) -> None:
    path = await link_of(bea)
    before = await sees(bea)
    async with somebody(house.app) as stranger:
        answer = await stranger.post(f"{path}/removal")
        assert (answer.status_code, "Nobody is told" in answer.text) == (200, True)
    assert await sees(bea) == before
    assert (await bob.post(path)).status_code == 410
    for signed in ("x", "a.b", "%00", path.rpartition("/")[2] + "x"):
        assert (await bob.get(f"/friends/join/{signed}")).status_code == 410
        assert (await bob.post(f"/friends/join/{signed}")).status_code == 410


async def test_whoever_wants_no_invitations_sees_none_and_may_change_their_mind(
    bea: AsyncClient, bob: AsyncClient
) -> None:
    await sends(bea, "/friends", email="bob@example.com")
    await sends(bob, "/friends/letters", closed="yes")
    text = await sees(bob)
    assert 'name="closed" value="yes" checked' in text
    assert "They invite you" not in text
    await sends(bob, "/friends/letters")
    assert "They invite you" in await sees(bob)


async def test_what_is_wrong_stands_beside_its_field(bea: AsyncClient, deal: int) -> None:  # noqa: F811
    for email, words in (("no address", "not an e-mail address"), ("BEA@example.com", "your own address")):
        answer = await bea.post("/friends", data={"email": email})
        assert (answer.status_code, words in answer.text) == (422, True)
        assert f'value="{email}" aria-invalid="true" aria-describedby="email-error"' in answer.text
    advice = await bea.post("/friends/recommendation", data={"advice": "x" * 201})
    assert (advice.status_code, "At most 200 characters" in advice.text) == (422, True)


async def test_without_a_sign_in_one_is_asked_to_and_comes_back(house: House) -> None:
    for method, path in (("GET", "/friends"), ("POST", "/friends"), ("POST", "/friends/x/removal")):
        answer = await house.visitor.request(method, path)
        assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?next=%2Ffriends")


async def test_a_friend_recommends_the_live_deal_and_what_is_bought_by_it_is_put_down_to_them(
    house: House,
    bea: AsyncClient,
    bob: AsyncClient,
    deal: int,  # noqa: F811
    engine: AsyncEngine,
) -> None:
    await become_friends(bea, bob)
    assert (
        await sends(bea, "/friends/recommendation", advice="Loud, but <b>honest</b>.") == "/friends?done=said"
    )
    live = (await bob.get("/")).text
    assert "<bdi>Bea</bdi> recommends this: <q" in live
    assert "Loud, but &lt;b&gt;honest&lt;/b&gt;." in live
    async with somebody(house.app) as stranger:
        assert "recommends" not in (await stranger.get("/")).text
    assert "recommends" not in (await bea.get("/")).text
    assert "Bea</bdi> recommends this" in await sees(bob)
    (path,) = re.findall(r'href="(/h/\w+)"', live)
    assert (await buy(bob, (await bob.get(path)).text)).startswith("/orders/")
    assert await helped(engine) == [(path.removeprefix("/h/"), 2, False)]
    assert await press(bea, "Do not recommend it any more") == "/friends?done=unsaid"
    assert "recommends this" not in (await bob.get("/")).text


async def test_friends_are_shown_the_price_that_they_pay(
    house: House, bea: AsyncClient, bob: AsyncClient, engine: AsyncEngine
) -> None:
    body = {"title": "Rye", "price": 4999, "quantity": 10, "friend_discount": 100, "friends_discount": 1000}
    made = await house.merchandiser.post(f"{API}/staff/deals", json=body)
    assert made.status_code == 201, made.text
    await house.merchandiser.put(f"{API}/staff/show", json={"mode": "woot-off", "paused": False})
    await live(bea, made.json()["id"])
    await house.app.state.checkout.follow(made.json()["id"])
    await become_friends(bea, bob)
    await sends(bea, "/friends/recommendation")
    (path,) = re.findall(r'href="(/h/\w+)"', (await bob.get("/")).text)
    async with somebody(house.app) as stranger:
        assert "$48.99" in await sees(stranger, path)
    text = (await bob.get(path)).text
    assert "$39.99" in text
    order = await sees(bob, await buy(bob, text))
    assert "$79.98" in order


async def test_what_is_taken_along_has_the_list_and_a_deleted_account_is_on_none(
    house: House,
    bea: AsyncClient,
    bob: AsyncClient,
    deal: int,  # noqa: F811
    engine: AsyncEngine,
    clock: MovableClock,
) -> None:
    await become_friends(bea, bob)
    await sends(bea, "/friends/recommendation", advice="Runs.")
    await sends(bea, "/friends", email="cem@example.com")
    taken = json.loads((await bea.get("/account/export")).text)["friends"]
    assert [one["name"] for one in taken["friends"]] == ["Bob"]
    assert [one["email"] for one in taken["invited"]] == ["cem@example.com"]
    assert [(one["deal_id"], one["advice"]) for one in taken["recommended"]] == [(deal, "Runs.")]
    assert "bob@example.com" not in json.dumps(taken)
    assert await sends(bea, "/account/deletion", sure="yes") == "/"
    text = await sees(bob)
    assert ">Bea</b>" not in text
    assert "recommends" not in (await bob.get("/")).text
    await house.app.state.forgetting.round()
    circle = Circle(engine, clock)
    for table in ("friendships", "friend_invitations", "recommendations"):
        assert await circle.count(table) == 0, table
