"""The newsletter in a browser, and in mail programs, which press its button by themselves."""

import re
from collections.abc import AsyncIterator

import pytest
from httpx import ASGITransport, AsyncClient
from sqlalchemy import select

from app.identity.tables import shoppers
from app.notices.tables import mails
from app.platform.guards import SameSiteOnly
from tests.factories.house import House
from tests.pages.test_account_screens import FOREIGN, FORM, a_browser, mailed_link, no_postman

__all__ = ["no_postman"]  # a fixture: mails stay in the outbox

ONE_CLICK = {"List-Unsubscribe": "One-Click"}
YES = FORM | {"newsletter": "yes", "next": "/account"}


@pytest.fixture
async def page(house: House) -> AsyncIterator[AsyncClient]:
    """A browser in which somebody has signed up, and ticked the box."""
    async with a_browser(house) as client:
        assert (await client.post("/sign-up", data=YES)).status_code == 303
        yield client


async def rules(house: House) -> list[tuple[str, str]]:
    """Every mail: its rule, and its state."""
    async with house.app.state.engine.connect() as connection:
        found = await connection.execute(select(mails.c.rule, mails.c.state).order_by(mails.c.id))
        return [(rule, state) for rule, state in found]


async def read_by(house: House) -> list[str]:
    """The readers' addresses."""
    async with house.app.state.engine.connect() as connection:
        return list(await connection.scalars(select(shoppers.c.email).where(shoppers.c.newsletter)))


async def way_out(house: House) -> str:
    """The one of the shopper of FORM."""
    async with house.app.state.engine.connect() as connection:
        found = await connection.scalar(select(shoppers.c.id).where(shoppers.c.email == FORM["email"]))
    address: str = house.app.state.identity.newsletter.way_out(found, "")
    return address


async def confirm(house: House) -> None:
    """The mailed link is followed in some browser that is not signed in."""
    link = await mailed_link(house, "newsletter-to-confirm")
    async with a_browser(house) as phone:
        assert (await phone.post(link)).status_code == 303


async def test_the_box_is_not_ticked_by_us_and_a_tick_stays_where_a_form_comes_back(house: House) -> None:
    async with a_browser(house) as client:
        form = await client.get("/sign-up")
        assert re.search(r'<input type="checkbox" name="newsletter" value="yes">', form.text)
        wrong = await client.post("/sign-up", data=YES | {"email": "x"})
        assert (wrong.status_code, wrong.text.count("checked")) == (422, 1)
        wrong = await client.post("/sign-up", data=FORM | {"email": "x"})
        assert (wrong.status_code, wrong.text.count("checked")) == (422, 0)
        await client.post("/sign-up", data=FORM)
        assert await rules(house) == [], "without a tick nobody is written to"


async def test_a_tick_mails_a_link_that_shows_a_button_first(house: House, page: AsyncClient) -> None:
    assert await rules(house) == [("newsletter-to-confirm", "waiting")]
    link = await mailed_link(house, "newsletter-to-confirm")
    async with a_browser(house) as phone:
        shown = await phone.get(link)
        assert "It is to come to l…@example.com, once a month at most." in shown.text
        assert await read_by(house) == [], "looking is not saying yes"
        answer = await phone.post(link)
        assert (answer.status_code, answer.headers["location"]) == (303, "/newsletter/in")
        assert "You are in" in (await phone.get("/newsletter/in")).text
        assert (await phone.get(link)).status_code == 410
        assert (await phone.post(link)).status_code == 410
    assert await read_by(house) == [FORM["email"]]


async def test_the_account_says_what_it_waits_for_and_asks_once(house: House, page: AsyncClient) -> None:
    waits = "waits for you to follow the link"
    account = (await page.get("/account")).text
    assert waits in account
    assert account.count("checked") == 1
    answer = await page.post("/account/choices", data={"newsletter": "yes", "named_in_records": "yes"})
    assert answer.headers["location"] == "/account?done=choices"
    assert len(await rules(house)) == 1, "saving the other box mails nothing"
    await page.post("/account/choices", data={})
    assert waits not in (await page.get("/account")).text
    assert await rules(house) == [("newsletter-to-confirm", "void")]
    answer = await page.post("/account/choices", data={"newsletter": "yes"})
    assert answer.headers["location"] == "/account?done=newsletter"
    assert "Look into your mail" in (await page.get("/account?done=newsletter")).text
    await confirm(house)
    account = (await page.get("/account")).text
    assert waits not in account
    assert account.count("checked") == 1
    await page.post("/account/choices", data={})
    assert await read_by(house) == []


async def test_one_click_ends_it_without_a_cookie_and_from_a_mail_programs_own_page(
    house: House, page: AsyncClient
) -> None:
    address = await way_out(house)
    for sent in (
        {"data": ONE_CLICK},
        {"files": {name: (None, value) for name, value in ONE_CLICK.items()}},  # RFC 8058 knows both forms
        {"data": ONE_CLICK, "headers": FOREIGN},
        {},
    ):
        await page.post("/account/choices", data={"newsletter": "yes"})
        await confirm(house)
        assert await read_by(house) == [FORM["email"]]
        async with a_browser(house) as program:
            answer = await program.post(address, **sent)
            assert answer.status_code == 200, "RFC 8058 allows no redirect"
            assert "set-cookie" not in answer.headers
        assert await read_by(house) == []
        assert "That was the last one." in answer.text


async def test_the_guard_makes_that_exception_and_no_other(house: House, page: AsyncClient) -> None:
    await confirm(house)
    for path in ("/account/choices", "/newsletter/in/x", "/newsletter/out/x/y", "/newsletter/out/"):
        assert (await page.post(path, data={}, headers=FOREIGN)).status_code == 403, path
    assert await read_by(house) == [FORM["email"]]

    guarded = SameSiteOnly(house.app, None)  # as it would be without the exception
    async with AsyncClient(transport=ASGITransport(guarded), base_url="http://shop.test") as program:
        assert (await program.post(await way_out(house), headers=FOREIGN)).status_code == 403
    assert await read_by(house) == [FORM["email"]]


async def test_looking_at_the_way_out_ends_nothing_and_a_forged_one_is_none(
    house: House, page: AsyncClient
) -> None:
    await confirm(house)
    address = await way_out(house)
    async with a_browser(house) as scanner:
        shown = await scanner.get(address)
        assert (shown.status_code, f'action="{address}"' in shown.text) == (200, True)
        for forged in (address[:-1], f"{address}x", "/newsletter/out/1.x", "/newsletter/out/1"):
            assert (await scanner.get(forged)).status_code == 404
            assert (await scanner.post(forged, data=ONE_CLICK)).status_code == 404
    assert await read_by(house) == [FORM["email"]]


async def test_the_way_out_of_somebody_who_is_gone_says_nothing(house: House, page: AsyncClient) -> None:
    address = await way_out(house)
    async with a_browser(house) as program:
        before = await program.post(address)
        await house.app.state.identity.accounts.delete(int(address.rpartition("/")[2].partition(".")[0]))
        after = await program.post(address)
    assert (before.status_code, before.text) == (after.status_code, after.text)


async def test_accounts_made_over_and_over_mail_nobody_without_end(house: House) -> None:
    people = house.app.state.identity
    for _ in range(9):
        async with a_browser(house) as client:
            assert (await client.post("/sign-up", data=YES)).status_code == 303, "they are in all the same"
            await people.accounts.delete((await client.get("/api/v1/me")).json()["id"])
    asked = [rule for rule, _ in await rules(house) if rule == "newsletter-to-confirm"]
    assert 6 <= len(asked) < 9, "six an hour; an hour may begin meanwhile"
