"""A deal holds up the show: the tape, what is heard of it, the link, and the thanks when it is gone."""

import asyncio
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.async_api import Browser, Page, expect
from sqlalchemy.ext.asyncio import AsyncEngine

from app.pages.stall_views import cleared_words, stall_view
from tests.factories.running_shop import RunningShop
from tests.factories.shoppers import buy_all_but
from tests.factories.stalls import let_it_be_late
from tests.journeys.conftest import comes_true, complaints
from tests.journeys.test_passing_a_link_on import flaws
from tests.pages.test_live_views import SNAPSHOT
from tests.pages.test_stall_views import STALL, stalled

MODULE = """const { src } = document.querySelector("script[type=module]");
    const module = name => import(src.replace("live.js", name));"""
WORDS = f"""async snapshot => {{ {MODULE}
    const {{ stall, to_go, stall_words, pot, cleared }} = (await module("words.js")).wordsFor(snapshot);
    return {{ stall, to_go, stall_words, pot, cleared }};
}}"""
NOTE_CHEERS = """() => {
    window.cheers = [];
    const line = document.getElementById("cheer");
    new MutationObserver(() => cheers.push(line.textContent)).observe(line, { childList: true });
}"""
CHEER = f"""async ([news, deal]) => {{ {MODULE} (await module("cheer.js")).cheer(news, () => deal); }}"""
NEXT_DEAL = f"""async snapshot => {{ {MODULE}
    const {{ paint }} = await module("paint.js"), line = document.getElementById("cheer");
    line.textContent = "Hooray";
    paint(snapshot);
    return line.textContent;
}}"""

CLEARED = {"deal_id": 36, "title": "The Admiral", "helpers": 1, "helped_units": 1240}
PRESENTS = [
    SNAPSHOT,
    stalled(),
    stalled({"helpers": 1, "helped_units": 1, "team": 7}, pot_until=None),
    stalled({"helpers": 0, "helped_units": 0}, reward=None, pot=None),
    *(
        stalled(sells_out_in_seconds=seconds)
        for seconds in (None, 1, 61, 5370, 5400, 126_000, 172_740, 216_000)
    ),
    stalled() | {"stock": {"left_percent": 100, "left": None}},
    SNAPSHOT | {"cleared": CLEARED},
    SNAPSHOT | {"cleared": CLEARED | {"helpers": 0, "helped_units": 0}},
]


@pytest.fixture(scope="module")
async def page(standing_shop: RunningShop, browser: Browser) -> Any:
    """The live page in a browser that is where the shop is."""
    async with await browser.new_context(timezone_id="America/Chicago") as context:
        page = await context.new_page()
        await page.goto(standing_shop.address)
        yield page


@pytest.mark.parametrize("present", PRESENTS)
async def test_the_browser_says_the_same_words_as_the_server(page: Page, present: dict[str, Any]) -> None:
    view = stall_view(present, event="Woot-Off", zone=ZoneInfo("America/Chicago"))
    said = {name: getattr(view, name) for name in ("stall", "to_go", "stall_words", "pot")}
    assert await page.evaluate(WORDS, present) == said | {"cleared": cleared_words(present)}


async def test_a_cheer_is_one_line_and_text_only(page: Page) -> None:
    """A line goes by itself after a while: what it said is noted as it is said."""
    await page.evaluate(NOTE_CHEERS)
    await page.evaluate(CHEER, [{"deal_id": 7, "who": "<b>Bea", "units": None}, "7"])
    await comes_true(page, "cheers.includes('Hooray: <b>Bea’s link has sold its first.')")
    await page.evaluate(CHEER, [{"deal_id": 8, "who": "Zoe", "units": None}, "7"])
    await page.evaluate(CHEER, [{"deal_id": 7, "who": "a helper", "units": 1}, "7"])
    await comes_true(page, "cheers.includes('Hooray: a helper’s link just sold 1.')")
    assert not await page.evaluate("cheers.some(said => said.includes('Zoe'))")


async def test_a_cheer_goes_with_its_deal(page: Page) -> None:
    assert await page.evaluate(NEXT_DEAL, SNAPSHOT) == ""


async def test_a_stall_comes_is_heard_at_once_and_is_cleared_together(
    shop: RunningShop, browser: Browser, engine: AsyncEngine
) -> None:
    context = await browser.new_context(reduced_motion="reduce", viewport={"width": 390, "height": 844})
    page = await context.new_page()
    heard = complaints(page)
    await page.goto(shop.address)
    title = await page.get_by_role("heading", level=1).inner_text()
    tape = page.get_by_role("region", name=f"{title} is holding up the Woot-Off.")
    await expect(page.locator(".counters")).to_contain_text("1")  # watching: the stream is up
    await expect(tape).to_be_hidden()

    await let_it_be_late(engine, int(await page.get_attribute("#main", "data-deal") or 0))
    await expect(tape).to_be_visible()
    await expect(tape).to_contain_text("to go. Help sell it out.")
    await expect(page.locator("#speech")).to_contain_text("is holding up the Woot-Off.")
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert await flaws(page) == []
    await expect(page.get_by_role("button", name="Help sell this out")).to_be_hidden()
    await tape.get_by_role("button", name="Get my link").click()
    await expect(tape.get_by_role("textbox", name="Your link")).to_be_visible()
    await page.emulate_media(color_scheme="dark")
    assert await flaws(page) == []
    snapshot = await page.evaluate("fetch('/api/v1/live').then(answer => answer.json())")
    assert snapshot["stall"].keys() == STALL.keys()

    await asyncio.to_thread(buy_all_but, shop.address, 0)
    await expect(page.locator(".cleared")).to_contain_text(f"{title} is gone at last.")
    await expect(tape).to_be_hidden()
    await expect(page.locator("#speech")).to_contain_text(f"{title} is gone at last. New deal:")
    await page.get_by_role("link", name="See who helped").click()
    await expect(page.get_by_role("heading", level=1)).to_have_text("Who helped")
    assert await flaws(page) == []
    assert heard == []
    await context.close()
