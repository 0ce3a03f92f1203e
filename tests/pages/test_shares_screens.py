"""My shares, coupons in the buy form, a friend's price, and a word along with a link; as a browser without a script."""

import re
from collections.abc import AsyncIterator
from contextlib import suppress
from html import unescape

import pytest
from httpx import AsyncClient

from app.identity import PICTURE, SHARE_SIGNED_OUT
from app.platform.errors import SlowDown
from tests.factories.house import API, House, somebody
from tests.factories.identity import PASSWORD
from tests.factories.sharing import coupon, state_of
from tests.pages.test_feeds import live
from tests.pages.test_share_screens import share, sign_up

DEAL = {"title": "Loaf", "price": 1299, "quantity": 10, "limit": 3, "reward": 250, "friend_discount": 200}
OPTION = re.compile(r'<option value="(\w+)">([^<]+)</option>')
MANY = 1000  # tries, among which a limit is reached


@pytest.fixture
async def deal(house: House) -> int:
    """A deal that is live, which brings helpers $2.50 and takes $2.00 off for friends."""
    desk = house.merchandiser
    made = await desk.post(f"{API}/staff/deals", json=DEAL)
    assert made.status_code == 201, made.text
    await desk.put(f"{API}/staff/show", json={"mode": "woot-off", "paused": False})
    await live(house.visitor, made.json()["id"])
    number: int = made.json()["id"]
    return number


@pytest.fixture
async def bea(house: House, deal: int) -> AsyncIterator[AsyncClient]:
    """The browser of somebody who is signed in."""
    async with somebody(house.app) as browser:
        await sign_up(browser, "Bea")
        yield browser


@pytest.fixture
async def ann(house: House, deal: int) -> AsyncIterator[AsyncClient]:
    """Another one's."""
    async with somebody(house.app) as browser:
        await sign_up(browser, "Ann")
        yield browser


async def who(browser: AsyncClient) -> int:
    number: int = (await browser.get(f"{API}/me")).json()["id"]
    return number


async def given(house: House, browser: AsyncClient, code: str, amount: int, state: str = "ready") -> str:
    """Somebody has earned a coupon."""
    state_now = house.app.state
    owner = await who(browser)
    return await coupon(state_now.engine, owner, state_now.clock.now(), code=code, amount=amount, state=state)


async def buy(browser: AsyncClient, page: str, **chosen: str) -> str:
    """Send the form of a page; where it leads."""
    form = page.partition('action="/buy"')[2].partition("</form>")[0]
    fields = dict(re.findall(r'name="(key|deal_id)" value="([^"]*)"', form))
    answer = await browser.post("/buy", data=fields | {"quantity": "1"} | chosen)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


async def words(browser: AsyncClient, path: str) -> str:
    """A page's text, without its tags."""
    answer = await browser.get(path)
    assert answer.status_code == 200, answer.headers
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", answer.text)).split())


async def test_my_shares_show_what_my_links_have_done_and_nobody_elses(
    house: House, deal: int, bea: AsyncClient, ann: AsyncClient
) -> None:
    code = await share(bea)
    assert "/orders/" in await buy(ann, (await ann.get(f"/h/{code}")).text, quantity="2")
    visits = house.app.state.sharing.visits
    await visits.gather()
    await visits.write_down()
    await given(house, bea, "READY", 250)
    await given(house, bea, "LATER", 500, "pending")
    shown = await words(bea, "/shares")
    assert "helped 2, took 0" in shown
    assert "Loaf 1 visit · 2 sold" in shown
    assert "Ready $2.50 Pending $5.00" in shown
    assert f'href="/share/{code}"' in (await bea.get("/shares")).text
    assert 'href="/shares"' in (await bea.get("/account")).text
    assert 'href="/shares"' in (await bea.get(f"/share/{code}")).text
    hers = await words(ann, "/shares")
    assert "helped 0, took 2" in hers
    assert "Loaf" not in hers
    assert "READY" not in hers


async def test_whoever_is_not_signed_in_is_asked_to_and_comes_back(house: House) -> None:
    answer = await house.visitor.get("/shares?before=7")
    assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in?next=%2Fshares%3Fbefore%3D7")


async def test_a_coupon_is_offered_and_never_chosen_for_anybody(
    house: House, bea: AsyncClient, ann: AsyncClient
) -> None:
    await given(house, bea, "SMALL", 250)
    await given(house, bea, "LARGE", 5000)
    await given(house, bea, "LATER", 500, "pending")
    page = (await bea.get("/")).text
    form = page[page.index('action="/buy"') :]
    form = form[: form.index("</form>")]
    assert OPTION.findall(form) == [("LARGE", "up to $50.00 off"), ("SMALL", "$2.50 off")]
    assert '<option value="" selected>' in page
    assert 'name="coupon"' not in (await ann.get("/")).text
    assert 'name="coupon"' not in (await house.visitor.get("/")).text
    order = await buy(bea, page)
    assert "Your coupon" not in await words(bea, order)
    assert await state_of(house.app.state.engine, "LARGE") == ("ready", None)


async def test_a_coupon_takes_its_worth_off_once_and_the_order_says_so(
    house: House, bea: AsyncClient
) -> None:
    await given(house, bea, "THANKS", 250)
    page = (await bea.get("/")).text
    order = await buy(bea, page, coupon="THANKS")
    assert await buy(bea, page, coupon="THANKS") == order, "the same form again is the same order"
    assert "Your coupon −$2.50" in await words(bea, order)
    assert "Total $10.49" in await words(bea, order)
    assert f'href="{order}"' in (await bea.get("/shares")).text
    again = (await bea.get("/")).text
    assert OPTION.findall(again) == []
    refused = await buy(bea, again, coupon="THANKS")
    assert refused == "/?sorry=coupon-not-usable"
    assert "Nothing was bought, and you may choose again." in await words(bea, refused)
    assert len((await bea.get(f"{API}/orders")).json()["items"]) == 1


@pytest.mark.parametrize("code", ["HERS", "nobodys", "x" * 101, "a\0b", "\u2028"])
async def test_what_is_not_ones_own_to_use_buys_nothing(
    house: House, bea: AsyncClient, ann: AsyncClient, code: str
) -> None:
    await given(house, ann, "HERS", 250)
    assert await buy(bea, (await bea.get("/")).text, coupon=code) == "/?sorry=coupon-not-usable"
    assert (await bea.get(f"{API}/orders")).json()["items"] == []
    assert await state_of(house.app.state.engine, "HERS") == ("ready", None)


async def test_a_wish_that_waits_for_the_sign_in_keeps_its_coupon(house: House, bea: AsyncClient) -> None:
    await given(house, bea, "THANKS", 250)
    page = (await bea.get("/")).text
    await bea.post("/sign-out")
    assert (await buy(bea, page, coupon="THANKS")).startswith("/sign-in")
    form = {"email": "bea@example.com", "password": PASSWORD, "next": "/buy"}
    order = (await bea.post("/sign-in", data=form)).headers["location"]
    assert "Your coupon −$2.50" in await words(bea, order)


async def test_whoever_came_by_a_link_sees_the_friends_price_and_pays_it_and_its_owner_does_not(
    house: House, bea: AsyncClient, ann: AsyncClient
) -> None:
    code = await share(bea)
    lower = "By a friend’s link: $10.99 each, $2.00 off"
    assert lower not in await words(ann, "/")
    assert lower in await words(house.visitor, f"/h/{code}")
    assert lower in await words(house.visitor, "/")
    assert lower not in await words(bea, f"/h/{code}")
    assert lower not in await words(bea, "/")
    assert lower in await words(ann, f"/h/{code}")
    await given(house, ann, "THANKS", 250)
    page = (await ann.get(f"/h/{code}")).text
    order = await buy(ann, page, coupon="THANKS", quantity="2")
    shown = await words(ann, order)
    assert "By a friend’s link −$4.00 Your coupon −$2.50" in shown
    assert "Total $19.48" in shown
    await ann.post(f"/h/{code}/removal")
    assert lower not in await words(ann, "/")
    await bea.post("/sign-out")
    assert lower not in await words(bea, f"/h/{code}"), "in her own browser it is she"
    assert lower not in await words(bea, "/")


async def test_a_link_that_is_nobodys_yet_promises_no_price(house: House, bea: AsyncClient) -> None:
    code = await share(house.visitor)
    assert "By a friend’s link" not in await words(bea, f"/h/{code}")
    assert "By a friend’s link" not in await words(bea, "/")


async def test_a_word_goes_along_with_a_link_as_plain_text(
    house: House, bea: AsyncClient, ann: AsyncClient
) -> None:
    code = await share(bea)
    plain = (await house.visitor.get(f"/h/{code}")).text
    typed = 'Less water. <script>alert("x")</script>'
    answer = await bea.post(f"/share/{code}/advice", data={"advice": typed})
    assert (answer.status_code, answer.headers["location"]) == (303, f"/share/{code}")
    for browser in (house.visitor, ann, bea):
        page = (await browser.get(f"/h/{code}")).text
        assert '<blockquote class="advice" dir="auto">Less water. &lt;script&gt;alert' in page
        assert page.count("<script") == plain.count("<script")
    await bea.post(f"/share/{code}/advice", data={"advice": "  "})
    assert "<blockquote" not in (await house.visitor.get(f"/h/{code}")).text


async def test_a_word_is_short_and_only_the_links_own_maker_says_it(
    house: House, bea: AsyncClient, ann: AsyncClient
) -> None:
    code = await share(bea)
    long = await bea.post(f"/share/{code}/advice", data={"advice": "x" * 201})
    assert long.status_code == 422
    assert "At most 200 characters" in long.text
    assert "x" * 201 in long.text, "it is not lost"
    assert (await ann.post(f"/share/{code}/advice", data={"advice": "Buy mine"})).status_code == 404
    stranger = await house.visitor.post(f"/share/{code}/advice", data={"advice": "Buy mine"})
    assert stranger.headers["location"].startswith("/sign-in")
    assert "<blockquote" not in (await house.visitor.get(f"/h/{code}")).text


async def test_links_and_coupons_are_in_the_export(house: House, bea: AsyncClient) -> None:
    code = await share(bea)
    await bea.post(f"/share/{code}/advice", data={"advice": "Less water."})
    await given(house, bea, "THANKS", 250)
    found = (await bea.get("/account/export")).json()
    assert (found["share_links"][0]["code"], found["share_links"][0]["advice"]) == (code, "Less water.")
    assert found["coupons"][0] | {"expires_at": ""} == {
        "code": "THANKS",
        "amount": {"amount": 250, "currency": "USD", "text": "$2.50"},
        "state": "ready",
        "why": "helped to sell one",
        "expires_at": "",
        "used_for": None,
    }


async def test_whoever_deletes_their_account_leaves_links_that_say_nothing_of_them(
    house: House, bea: AsyncClient, ann: AsyncClient
) -> None:
    code = await share(bea)
    hers = await share(ann)
    for browser, link, name in ((bea, code, "Bea"), (ann, hers, "Ann")):
        await browser.post(f"/share/{link}/name", data={"named": "yes"})
        await browser.post(f"/share/{link}/advice", data={"advice": f"{name} says so."})
    assert "Bea says so." in await words(house.visitor, f"/h/{code}")
    assert (await bea.post("/account/deletion", data={"sure": "yes"})).status_code == 303
    await house.app.state.forgetting.round()
    house.app.state.sharing._known.clear()  # five seconds later
    shown = await words(house.visitor, f"/h/{code}")
    assert "A friend thinks you need this." in shown
    assert "Bea" not in shown
    assert "Ann says so." in await words(house.visitor, f"/h/{hers}"), "the others' stay as they are"


async def test_pictures_are_not_drawn_for_one_party_without_end(house: House, bea: AsyncClient) -> None:
    code = await share(bea)
    limits, tries = house.app.state.identity.limits, 0
    with suppress(SlowDown):
        while tries < MANY:
            await limits.count(PICTURE, account=None, address="127.0.0.1")
            tries += 1
    answer = await house.visitor.get(f"/h/{code}/qr.svg")
    while answer.status_code == 200 and tries < MANY:  # a minute has ended meanwhile
        answer = await house.visitor.get(f"/h/{code}/qr.svg")
        tries += 1
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) > 0
    assert "q=300" in answer.headers["ratelimit-policy"]


async def test_asking_for_a_link_says_how_often_one_may(house: House, deal: int) -> None:
    answer = await house.shopper.post(f"{API}/share-links", json={"deal_id": deal})
    assert answer.headers["ratelimit-policy"] == '"address";q=600;w=60, "account";q=30;w=60'


async def test_without_an_account_one_network_makes_fewer_links_an_hour(house: House, deal: int) -> None:
    limits, wish = house.app.state.identity.limits, {"deal_id": deal}
    assert SHARE_SIGNED_OUT.address is not None
    made = (await house.visitor.post(f"{API}/share-links", json=wish)).json()
    party = "127.0.0.1"
    used = await limits.used(SHARE_SIGNED_OUT, party)
    assert used == 1
    assert (await house.shopper.post(f"{API}/share-links", json=wish)).status_code == 201
    assert (await house.visitor.post(f"{API}/share-links", json=wish)).json() == made
    assert await limits.used(SHARE_SIGNED_OUT, party) == 2, "who has an account is not counted"


async def test_where_work_is_asked_before_a_purchase_the_coupon_is_kept_with_the_wish(
    house: House, bea: AsyncClient
) -> None:
    await given(house, bea, "THANKS", 250)
    page = (await bea.get("/")).text
    house.app.state.turnstile.rush.mode = "always"
    form = {"key": "a-key", "deal_id": re.findall(r'name="deal_id" value="(\d+)"', page)[0]}
    answer = await bea.post("/buy", data=form | {"quantity": "1", "coupon": "THANKS"})
    assert "Yours is kept; nothing was bought yet." in answer.text
    assert '<input type="hidden" name="coupon" value="THANKS">' in answer.text
    house.app.state.turnstile.rush.mode = "off"
    kept = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', answer.text))
    order = (await bea.post("/buy", data=kept)).headers["location"]
    assert "Your coupon −$2.50" in await words(bea, order)
