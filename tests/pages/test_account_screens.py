"""The pages about oneself, as a browser without scripts sees them."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from httpx import ASGITransport, AsyncClient
from sqlalchemy import select

from app.notices.tables import mails
from tests.factories.house import House
from tests.factories.identity import PASSWORD, MovableClock

FORM = {"name": "Ada Lovelace", "email": "lovelace@example.com", "password": PASSWORD}
FOREIGN = {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.test"}


@pytest.fixture(autouse=True)
def no_postman(monkeypatch: pytest.MonkeyPatch) -> None:
    """Mails stay in the outbox, where a test reads them."""

    async def stay(*_: object, **__: object) -> None:
        return

    monkeypatch.setattr("app.notices.postman.Postman.start", stay)


@asynccontextmanager
async def a_browser(house: House) -> AsyncIterator[AsyncClient]:
    """One that has never been here; it keeps its cookies, and follows nothing by itself."""
    headers = {"Accept": "text/html"}
    transport = ASGITransport(house.app)
    async with AsyncClient(transport=transport, base_url="http://shop.test", headers=headers) as client:
        yield client


@pytest.fixture
async def page(house: House) -> AsyncIterator[AsyncClient]:
    """A browser in which somebody has just signed up."""
    async with a_browser(house) as client:
        answer = await client.post("/sign-up", data=FORM | {"next": "/account"})
        assert (answer.status_code, answer.headers["location"]) == (303, "/account")
        yield client


async def mailed_link(house: House, rule: str) -> str:
    query = select(mails.c.text).where(mails.c.rule == rule).order_by(mails.c.id.desc()).limit(1)
    async with house.app.state.engine.connect() as connection:
        text = await connection.scalar(query)
    found = re.search(r"http://[^/\s]+(/\S+)", text or "")
    assert found is not None, text
    return found[1]


async def test_the_account_shows_what_is_ones_own(page: AsyncClient) -> None:
    answer = await page.get("/account")
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "private, no-store"
    for words in ("Ada Lovelace", "lovelace@example.com", "this one", 'href="/account/export"'):
        assert words in answer.text
    assert "checked" not in answer.text, "nobody is signed up for a newsletter by us"


async def test_whoever_is_not_signed_in_is_asked_to(house: House) -> None:
    async with a_browser(house) as stranger:
        for path in ("/account", "/account/export", "/account/deletion", "/account/email/x"):
            answer = await stranger.get(path)
            assert answer.status_code == 303
            assert answer.headers["location"].startswith("/sign-in?next=%2Faccount")
        assert (await stranger.post("/account/name", data={"name": "Eve"})).status_code == 303


async def test_a_form_is_obeyed_and_a_wrong_one_named(page: AsyncClient) -> None:
    answer = await page.post("/account/name", data={"name": "Countess"})
    assert answer.headers["location"] == "/account?done=name"
    assert "We will call you that." in (await page.get("/account?done=name")).text
    wrong = await page.post("/account/name", data={"name": " "})
    assert wrong.status_code == 422
    assert "A name has 1 to 60 characters." in wrong.text
    assert "Countess" in (await page.get("/account")).text
    for path, field, words in (
        ("/account/email", "email", "This is not an e-mail address."),
        ("/account/password", "password", "A password has 8 to 200 characters."),
    ):
        assert words in (await page.post(path, data={field: "x"})).text


async def test_boxes_hold_what_was_ticked(page: AsyncClient) -> None:
    await page.post("/account/choices", data={"named_in_records": "yes"})
    assert (await page.get("/account")).text.count("checked") == 1
    await page.post("/account/choices", data={})
    assert "checked" not in (await page.get("/account")).text


async def test_another_sites_form_changes_nothing(page: AsyncClient) -> None:
    forms = {
        "/account/name": {"name": "Eve"},
        "/account/email": {"email": "eve@evil.test"},
        "/account/password": {"password": "eve knows this"},
        "/account/sessions/end": {},
        "/account/deletion": {"sure": "yes"},
        "/sign-in": {"email": "eve@evil.test", "password": PASSWORD},
        "/sign-in/link": {"email": "eve@evil.test"},
        "/sign-in/link/x": {},
        "/sign-in/passkey": {},
    }
    for path, data in forms.items():
        assert (await page.post(path, data=data, headers=FOREIGN)).status_code == 403, path
    assert "Ada Lovelace" in (await page.get("/account")).text
    ours = {"Sec-Fetch-Site": "same-origin", "Origin": "http://shop.test"}
    for path in ("/account/name", "/account/deletion"):
        assert (await page.post(path, data=forms[path], headers=ours)).status_code == 303, "ours is obeyed"


async def test_no_form_brings_a_role(page: AsyncClient) -> None:
    more = {"role": "owner", "id": "1", "shopper_id": "1"}
    await page.post("/account/name", data={"name": "Ada"} | more)
    await page.post("/account/choices", data={"newsletter": "yes"} | more)
    assert (await page.get("/api/v1/me")).json()["role"] == "shopper"


async def test_a_link_by_mail_shows_a_button_first_and_leads_where_one_was_going(
    house: House, page: AsyncClient
) -> None:
    async with a_browser(house) as phone:
        asked = await phone.post("/sign-in/link", data={"email": FORM["email"], "next": "/orders"})
        assert asked.headers["location"] == "/sign-in/mailed?next=%2Forders"
        link = await mailed_link(house, "sign-in-link")
        shown = await phone.get(link)
        assert "l…@example.com" in shown.text
        assert (await phone.get("/account")).status_code == 303, "looking signs nobody in"
        followed = await phone.post(link)
        assert followed.headers["location"] == "/orders"
        assert (await phone.get("/account")).status_code == 200
        assert (await phone.post(link)).status_code == 410


async def test_a_link_never_leads_to_another_site(house: House, page: AsyncClient) -> None:
    async with a_browser(house) as phone:
        for elsewhere in ("//evil.test", "/\\evil.test", "/\t/evil.test", "javascript:x", "/" + "x" * 1000):
            answer = await phone.post("/sign-in/link", data={"email": FORM["email"], "next": elsewhere})
            assert answer.headers["location"] == "/sign-in/mailed?next=%2F"
        assert (await phone.post(await mailed_link(house, "sign-in-link"))).headers["location"] == "/"


async def test_a_planted_host_is_in_no_mail(house: House, page: AsyncClient) -> None:
    body = {"email": FORM["email"]}
    await page.post("/sign-in/link", data=body, headers={"Host": "evil.test"})
    async with house.app.state.engine.connect() as connection:
        texts = (await connection.scalars(select(mails.c.text))).all()
    assert len(texts) == 1
    assert "evil" not in texts[0]


async def test_known_and_unknown_addresses_get_the_same_page(house: House, page: AsyncClient) -> None:
    async with a_browser(house) as phone:
        answers = [
            await phone.post("/sign-in/link", data={"email": email})
            for email in (FORM["email"], "nobody@example.com", "no address")
        ]
    seen = {
        (one.status_code, one.content, one.headers["location"], "set-cookie" in one.headers)
        for one in answers
    }
    assert len(seen) == 1


async def test_a_new_address_is_confirmed_by_a_button(house: House, page: AsyncClient) -> None:
    await page.post("/account/email", data={"email": "countess@example.com"})
    link = await mailed_link(house, "email-to-confirm")
    assert "countess@example.com" in (await page.get(link)).text
    assert (await page.post(link)).headers["location"] == "/account?done=email"
    assert (await page.get("/api/v1/me")).json()["email"] == "countess@example.com"


async def test_a_stale_session_signs_in_once_more_before_it_changes_who_comes_in(
    page: AsyncClient, clock: MovableClock
) -> None:
    clock.advance(15 * 60)
    shown = await page.get("/account")
    assert 'name="password"' not in shown.text
    assert "Sign in once more" in shown.text
    answer = await page.post("/account/password", data={"password": "another good one"})
    assert answer.headers["location"] == "/sign-in?next=%2Faccount&again=1"
    assert "show once more" in (await page.get(answer.headers["location"])).text
    await page.post("/sign-in", data={"email": FORM["email"], "password": PASSWORD})
    answer = await page.post("/account/password", data={"password": "another good one"})
    assert answer.headers["location"] == "/account?done=password"
    assert (await page.get("/account")).status_code == 200


async def test_a_session_is_ended_from_another(house: House, page: AsyncClient) -> None:
    async with a_browser(house) as phone:
        await phone.post("/sign-in", data={"email": FORM["email"], "password": PASSWORD})
        (target,) = re.findall(r"/account/sessions/([\w-]+)/end", (await page.get("/account")).text)
        assert (await page.post(f"/account/sessions/{target}/end")).status_code == 303
        assert (await phone.get("/account")).status_code == 303
    assert (await page.post("/account/sessions/nobodys/end")).status_code == 404


async def test_everything_is_exported(house: House, page: AsyncClient) -> None:
    deal = (await page.get("/api/v1/live")).json()["deal"]
    answer = await page.get("/account/export")
    assert answer.headers["content-disposition"].startswith("attachment")
    found = answer.json()
    assert found.keys() == {
        "account",
        "sessions",
        "passkeys",
        "mails",
        "address",
        "cards",
        "orders",
        "lines",
        "share_links",
        "coupons",
        "friends",
    }
    assert found["account"]["email"] == FORM["email"]
    assert found["account"]["created_at"] == "2026-11-22T18:00:00.000Z"
    assert (found["address"], found["cards"], found["orders"], found["share_links"]) == (None, [], [], [])
    assert deal is None
    assert "argon2" not in answer.text


async def test_an_export_does_not_tell_whose_another_address_is(house: House, page: AsyncClient) -> None:
    async with a_browser(house) as other:
        await other.post("/sign-up", data=FORM | {"email": "taken@example.com"})
    found = []
    for email in ("taken@example.com", "free@example.com"):
        await page.post("/account/email", data={"email": email})
        found.append((await page.get("/account/export")).json()["mails"])
    assert found[0] == found[1]


async def test_a_deletion_wants_its_box_ticked(page: AsyncClient) -> None:
    assert (await page.get("/account/deletion")).status_code == 200
    assert (await page.post("/account/deletion")).status_code == 422
    assert (await page.get("/account")).status_code == 200
    answer = await page.post("/account/deletion", data={"sure": "yes"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert (await page.get("/account")).status_code == 303
    assert (await page.post("/sign-in", data=FORM)).status_code == 401


async def test_every_rule_is_promised_in_public(house: House) -> None:
    async with a_browser(house) as stranger:
        answer = await stranger.get("/promises")
    assert answer.status_code == 200
    for words in ("A link to sign in", "Word that your account is gone"):
        assert words in answer.text


async def test_a_guesser_is_told_to_wait_on_the_page_too(page: AsyncClient) -> None:
    answers = [await page.post("/sign-in", data={"email": FORM["email"], "password": "x"}) for _ in range(11)]
    assert [one.status_code for one in answers] == [401] * 10 + [429]
    assert "retry-after" in answers[-1].headers
    assert "tried too often for this account" in answers[-1].text


@pytest.mark.parametrize("credential", ["", "[]", "{", "[" * 10_000, '{"id": 7}'], ids=range(5))
async def test_a_made_up_passkey_leads_back_to_the_form(house: House, credential: str) -> None:
    async with a_browser(house) as stranger:
        answer = await stranger.post(
            "/sign-in/passkey", data={"credential": credential}, headers={"Host": "localhost"}
        )
    assert answer.status_code == 401
    assert "This passkey is not known here" in answer.text
