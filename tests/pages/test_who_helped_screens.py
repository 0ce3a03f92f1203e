"""A deal that holds up the show, on the pages, as a browser without scripts sees them."""

from collections.abc import AsyncIterator

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from app.sharing.who_helped import FIGURES_AFTER
from tests.factories.house import House
from tests.factories.identity import MovableClock
from tests.factories.stalls import ALLOWED_MINUTES
from tests.factories.window_shopper import WindowShopper, a_live_deal, window_shopper
from tests.pages.test_share_screens import share

FOREIGN = {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.test"}


@pytest.fixture
async def wendy(house: House) -> AsyncIterator[WindowShopper]:
    """Somebody who has just signed up, in a browser of her own."""
    async with window_shopper(house) as shopper:
        yield shopper


@pytest.fixture
async def zoe(house: House) -> AsyncIterator[WindowShopper]:
    """Somebody else."""
    async with window_shopper(house, "zoe@example.com") as shopper:
        yield shopper


@pytest.fixture
async def deal(house: House, clock: MovableClock) -> int:
    """A deal of two that nobody has bought in the time that it is allowed; what comes next is not stalled."""
    title = "The <b>Admiral"
    deal_id = await a_live_deal(house, title=title, quantity=2, stall_after_minutes=ALLOWED_MINUTES, pot=5000)
    clock.advance(60 * ALLOWED_MINUTES)
    await house.app.state.showrunner.tick()
    return deal_id


async def helped_by(zoe: WindowShopper, wendy: WindowShopper, house: House) -> None:
    """Wendy comes by Zoe's link, which says Zoe's name: Wendy, as everybody here is called."""
    code = await share(zoe.browser)
    await zoe.sends(f"/share/{code}/name", named="yes")
    assert (await wendy.browser.get(f"/h/{code}")).status_code == 200


async def test_the_live_page_turns_to_hazard_tape(house: House, wendy: WindowShopper, deal: int) -> None:
    text = await wendy.sees("/")
    assert "The <b>Admiral is holding up the Woot-Off." in text
    assert "2 to go. Help sell it out." in text
    assert "Nothing is selling right now." in text
    assert "The pot: $50.00" in text
    assert "The &lt;b&gt;Admiral is holding up" in (await wendy.browser.get("/")).text


async def test_where_a_link_leads_says_so_too(
    house: House, wendy: WindowShopper, zoe: WindowShopper, deal: int
) -> None:
    code = await share(zoe.browser)
    assert '<b dir="auto">The <b>Admiral is holding up the Woot-Off.</b> 2 to go.' in await wendy.sees(
        f"/h/{code}"
    )
    await house.app.state.showrunner.skip(deal)
    assert f'href="/who-helped/{deal}"' in await wendy.sees(f"/h/{code}")


async def test_without_a_stall_the_tape_is_not_there(house: House, wendy: WindowShopper) -> None:
    await a_live_deal(house)
    text = await wendy.sees("/")
    assert '<section class="stall" data-if="stall" aria-labelledby="stall-name" hidden>' in text
    assert "holding up" not in text


async def test_everybody_sees_who_cleared_it_and_later_how_much_each_of_them_sold(
    house: House, wendy: WindowShopper, zoe: WindowShopper, deal: int, clock: MovableClock
) -> None:
    await helped_by(zoe, wendy, house)
    order_id = await wendy.buys(deal)
    await wendy.settled(order_id)
    text = await wendy.sees(f"/who-helped/{deal}")
    assert "1 helper sold 1 of it by their links." in text
    assert "<bdi>Wendy</bdi></li>" in text, "her part is not told"

    await zoe.buys(deal)
    await house.app.state.showrunner.tick()
    text = await wendy.sees("/")
    assert "The <b>Admiral is gone at last: 1 helper sold 1 of it." in text
    answer = await wendy.browser.get("/who-helped")
    assert (answer.status_code, answer.headers["location"]) == (303, f"/who-helped/{deal}")

    house.app.state.help_stories._kept.clear()
    text = await wendy.sees(f"/who-helped/{deal}")
    assert "It held up the show, and it is gone." in text
    assert "the pot of $50.00" in text
    assert "<bdi>Wendy</bdi></li>" in text, "not yet"
    clock.advance(FIGURES_AFTER.total_seconds())
    house.app.state.help_stories._kept.clear()
    assert "<bdi>Wendy</bdi> <span>sold 1</span></li>" in await wendy.sees(f"/who-helped/{deal}")


async def test_nothing_is_told_of_a_deal_that_nobody_was_shown(house: House, wendy: WindowShopper) -> None:
    await a_live_deal(house)
    secret = await a_live_deal(house, title="SECRET")
    for path in (f"/who-helped/{secret}", "/who-helped/999999", "/who-helped/0", "/who-helped/x"):
        answer = await wendy.browser.get(path)
        assert answer.status_code in (404, 422), path
        assert "SECRET" not in answer.text
    assert (await wendy.browser.get("/who-helped")).headers["location"] == "/"


async def test_who_bought_it_while_it_held_up_the_show_may_say_that_it_was_for_the_team(
    house: House, wendy: WindowShopper, deal: int, clock: MovableClock
) -> None:
    order_id = await wendy.buys(deal)
    page = f"/orders/{order_id}"
    assert "Did you buy it only so that it goes on?" in await wendy.sees(page)
    refused = await wendy.browser.post(f"{page}/team", data={"said": "yes"}, headers=FOREIGN)
    assert refused.status_code == 403
    assert (await wendy.sends(f"{page}/team", said="yes")).headers["location"] == page
    assert "You took one for the team" in await wendy.sees(page)
    clock.advance(1)  # the news of stock go by when they were read
    await house.app.state.showrunner.tick()
    assert "1 took one for the team." in await wendy.sees("/")
    await wendy.sends(f"{page}/team", said="")
    assert "One for the team?" in await wendy.sees(page)


async def test_who_bought_when_it_held_up_nothing_is_not_asked_and_not_believed(
    house: House, wendy: WindowShopper, engine: AsyncEngine
) -> None:
    order_id = await wendy.buys(await a_live_deal(house, stall_after_minutes=ALLOWED_MINUTES))
    page = f"/orders/{order_id}"
    await wendy.sends(f"{page}/team", said="yes")
    text = await wendy.sees(page)
    assert "for the team" not in text


async def test_of_anothers_order_nothing_is_said(
    house: House, wendy: WindowShopper, zoe: WindowShopper, deal: int
) -> None:
    order_id = await wendy.buys(deal)
    answer = await zoe.sends(f"/orders/{order_id}/team", said="yes")
    assert answer.status_code == 404
    assert "One for the team?" in await wendy.sees(f"/orders/{order_id}")
