"""What help cost, who brought whom, and rewards that wait, as pages."""

import re

import pytest
from redis.asyncio import Redis
from sqlalchemy import select

from app.identity.tables import shoppers
from tests.conftest import FrozenClock
from tests.factories.helped_deals import helped_deal
from tests.factories.house import House
from tests.factories.rewards import Crowd
from tests.factories.sales import people

PAGES = "/desk/sharing"
HTML = {"Accept": "text/html"}


@pytest.fixture
def crowd(house: House, redis: Redis, clock: FrozenClock) -> Crowd:
    """The house's books, in which nobody has helped yet."""
    return Crowd(house.app.state.engine, redis, clock)


async def page(house: House, path: str = "", status: int = 200) -> str:
    answer = await house.merchandiser.get(PAGES + path, headers=HTML)
    assert answer.status_code == status, answer.text
    assert answer.headers["cache-control"] in ("private, no-store", "no-store")
    return answer.text


def shown(text: str) -> str:
    """A page's words, without its marks."""
    return " ".join(re.sub(r"<[^>]+>", " ", text).split())


async def test_before_anybody_helped_the_pages_say_so(house: House) -> None:
    assert "Nobody has helped to sell anything yet." in await page(house)
    assert "Nobody has brought anybody within the last 90 days yet." in await page(house, "/graph")
    assert "None waits." in await page(house, "/reviews")
    await page(house, "/deals/1", 404)


async def test_the_list_has_what_all_deals_and_each_of_them_cost_against_what_they_sold(
    house: House, crowd: Crowd
) -> None:
    ada, bea = await people(crowd.engine, 2)
    await helped_deal(crowd, [(bea, ada, 2), (None, ada, 6)], title="Rake")
    await helped_deal(crowd, [(bea, ada, 1)], title="<b>Bread</b>")
    text = await page(house)
    words = shown(text)
    assert "$149.97 for goods that links sold, in 2 orders" in words
    assert "$7.50 is what help costs, spent or promised" in words
    assert "5% of what links sold goes into help" in words
    assert "33% of all units were sold by links, 3 of 9" in words
    assert "&lt;b&gt;Bread&lt;/b&gt;" in text
    assert "2 of 8 $99.98 $5.00 5% –" in words
    assert '<a href="/desk/sharing" aria-current="page">Sharing</a>' in text


async def test_a_deals_page_tells_its_costs_by_state_and_who_brought_whom(house: House, crowd: Crowd) -> None:
    bea, cy, *buyers = await people(crowd.engine, 8)
    sold = [(bea, buyer, 1) for buyer in buyers] + [(cy, buyers[0], 1)]
    order, *_ = await helped_deal(crowd, sold, title="Rake")
    await helped_deal(crowd, [(bea, buyers[0], 1)], same_browser=True)
    deal = order.partition("-")[0]
    text = shown(await page(house, f"/deals/{deal}"))
    assert "Rewards $17.50 $0.00 $0.00 $0.00 $17.50" in text
    assert "Off for friends – – $0.00 – $0.00" in text
    assert "2 helpers brought 6 people, who bought 7 units." in text
    assert "2 others 6 7 –" in text, "Cy brought one, and would be told by what is left over"
    assert "First hand 6" in text
    record = await house.merchandiser.get(f"/desk/records/{deal}", headers=HTML)
    assert f'href="/desk/sharing/deals/{deal}"' in record.text
    assert f"{PAGES}/deals/{deal}" in (await house.merchandiser.get(f"/desk/deals/{deal}", headers=HTML)).text


async def test_the_queue_is_decided_with_a_note_which_the_trail_keeps(house: House, crowd: Crowd) -> None:
    ada, bea = await people(crowd.engine, 2)
    good, bad = await helped_deal(crowd, [(bea, ada, 1), (bea, ada, 2)], same_browser=True)
    assert "Rewards to look at <strong" in await page(house)
    text = await page(house, "/reviews")
    words = shown(text)
    assert "2 wait, the oldest first." in words
    assert "Helper and buyer use the same browser." in words
    assert "3 units to 1 person so far, this one with them; no reward was refused" in words
    mia = house.merchandiser
    unsaid = await mia.post(f"{PAGES}/reviews/{bad}", data={"earns": "false"}, headers=HTML)
    assert (unsaid.status_code, "Say why it is not earned." in unsaid.text) == (422, True)
    long = await mia.post(f"{PAGES}/reviews/{bad}", data={"earns": "true", "note": "w" * 301}, headers=HTML)
    assert (long.status_code, f'value="{"w" * 301}"' in long.text) == (422, True), "what was typed is kept"
    why = "One <b>person</b>."
    done = await mia.post(f"{PAGES}/reviews/{bad}", data={"earns": "false", "note": why}, headers=HTML)
    assert (done.status_code, done.headers["location"]) == (303, f"{PAGES}/reviews?done=refused")
    assert "It earns nothing." in await page(house, "/reviews?done=refused")
    again = await mia.post(f"{PAGES}/reviews/{bad}", data={"earns": "true"}, headers=HTML)
    assert again.status_code == 409
    assert "Nothing was changed now. mia has decided that it earns nothing." in shown(again.text)
    await mia.post(f"{PAGES}/reviews/{good}", data={"earns": "true"}, headers=HTML)
    assert "None waits." in await page(house, "/reviews?done=earned")
    trail = (await mia.get("/desk/changes", headers=HTML)).text
    assert f"decided that the reward for order {good} is earned" in trail
    because = "because: One &lt;b&gt;person&lt;/b&gt;."
    assert f"decided that the reward for order {bad} earns nothing, {because}" in trail
    told = (await mia.get(f"/desk/orders/{bad}", headers=HTML)).text
    assert "earns nothing, because" in told, "the order's own page tells it, too"


async def test_a_page_of_the_queue_leads_to_the_next(house: House, crowd: Crowd) -> None:
    ada, bea = await people(crowd.engine, 2)
    orders = await helped_deal(crowd, [(bea, ada, 1)] * 26, same_browser=True)
    first = await page(house, "/reviews")
    assert f'href="{PAGES}/reviews?after={orders[24]}"' in first
    last = await page(house, f"/reviews?after={orders[24]}")
    assert (last.count("<form method"), "Next page" in last) == (2, False), "one, and the way out"


async def test_whoever_is_helper_or_buyer_is_shown_no_buttons_and_decides_nothing(
    house: House, crowd: Crowd
) -> None:
    (ada,) = await people(crowd.engine, 1)
    async with crowd.engine.connect() as connection:
        mia = await connection.scalar(select(shoppers.c.id).where(shoppers.c.email == "mia@example.com"))
    assert mia is not None
    (order,) = await helped_deal(crowd, [(mia, ada, 1)], same_browser=True)
    listed = await page(house, "/reviews")
    assert "You are helper or buyer here, so somebody else decides." in shown(listed)
    assert 'name="earns"' not in listed
    tried = await house.merchandiser.post(f"{PAGES}/reviews/{order}", data={"earns": "true"}, headers=HTML)
    assert (tried.status_code, "Somebody else of the staff has to decide" in shown(tried.text)) == (403, True)
