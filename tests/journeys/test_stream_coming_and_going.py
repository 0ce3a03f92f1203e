"""Tabs that nobody sees, and pages that are left and come back."""

from typing import Any

from playwright.async_api import Browser, expect

from tests.factories.window import window
from tests.factories.wire import Wire
from tests.journeys.conftest import comes_true

PAINTED = """{
    window.painted = 0;
    const note = () => { window.painted += 1; };
    const all = { subtree: true, childList: true, attributes: true, characterData: true };
    new MutationObserver(note).observe(document.body, all);
}"""
WATCHING = "document.querySelector('[data-text=watching]').textContent"


async def test_a_hidden_tab_asks_for_nothing_and_paints_nothing_until_somebody_looks(
    wire: Wire, browser: Browser
) -> None:
    async with window(browser) as tabs:
        hidden = await tabs.open(wire.address)
        await wire.until_open(1)
        await hidden.until(f"{WATCHING} != '0'")
        present = await hidden.evaluate_later("fetch('/api/v1/live').then(answer => answer.json())")
        front = await tabs.open(wire.address)
        await hidden.until("document.hidden")
        await hidden.evaluate(PAINTED)
        asked = len(wire.requests)

        next_deal = {**present["deal"], "id": 99, "title": "A Comb", "photo": {"src": "/photos/x/1.jpg"}}
        wire.say("live", {**present, "deal": next_deal, "crowd": {"watching": 777}}, "999-1")
        await hidden.until("document.title.startsWith('A Comb')")
        assert await hidden.evaluate("painted") == 0
        await front.until(f"{WATCHING} == '777'")
        assert [asked.path for asked in wire.requests[asked:]] == ["/photos/x/1.jpg"]  # the tab in front

        await hidden.bring_to_front()
        assert await hidden.evaluate(WATCHING) == "777"
        assert await hidden.evaluate("document.querySelector('h1').textContent") == "A Comb"
        assert await hidden.evaluate("document.querySelector('main').dataset.stage") is None
        assert (len(wire.opened), wire.open) == (1, 1)


async def test_a_page_that_is_left_hears_nothing_and_is_on_the_present_when_somebody_comes_back(
    wire: Wire, browser: Browser
) -> None:
    async with await browser.new_context() as context:
        leading, following = await context.new_page(), await context.new_page()
        for page in (leading, following):
            await page.goto(wire.address)
            await wire.until_open(1)
            await expect(page.locator("[data-text=watching]")).not_to_have_text("0")  # it has heard who leads
        deal = int(await following.locator("input[name=deal_id]").input_value())

        await following.evaluate(
            "() => addEventListener('pageshow', event => { window.kept = event.persisted; })"
        )
        await following.goto(f"{wire.address}/how")
        wire.say("stock", stock_of(deal, watching=776), "999-1")
        await expect(leading.locator("[data-text=watching]")).to_have_text("776")
        await following.evaluate("() => history.back()")
        await comes_true(following, "window.kept")  # it is the very page that was left
        await expect(following.locator("[data-text=watching]")).to_have_text("776")

        await leading.goto(f"{wire.address}/how")  # and who leads hands over
        await wire.until_asked(2)
        await wire.until_open(1)
        await leading.evaluate("() => history.back()")
        await leading.wait_for_url(wire.address + "/", wait_until="commit")
        wire.say("stock", stock_of(deal, watching=777), "999-2")
        await expect(following.locator("[data-text=watching]")).to_have_text("777")
        await expect(leading.locator("[data-text=watching]")).to_have_text("777")
        assert (len(wire.opened), wire.open) == (2, 1)


def stock_of(deal_id: int, watching: int) -> dict[str, Any]:
    stock = {"left_percent": 33, "left": None}
    return {"deal_id": deal_id, "stock": stock, "pace": None, "crowd": {"watching": watching}}
