"""Two tabs are open, one shopper buys the last unit, and both tabs show the next deal without a reload."""

import asyncio
import os
from pathlib import Path

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, expect

from tests.factories.running_shop import RunningShop
from tests.factories.shoppers import PASSWORD, buy_all_but, buy_units, live, sign_up
from tests.journeys.conftest import complaints

SCREENSHOTS = os.environ.get("BREADMAKER_SCREENSHOTS")


async def shoot(page: Page, name: str) -> None:
    """Keep a picture where somebody asked for them by naming a folder."""
    if SCREENSHOTS:
        await page.screenshot(path=Path(SCREENSHOTS) / f"{name}.png", full_page=True)


async def sign_up_on(page: Page, name: str) -> None:
    """Fill in the form that stands between a click and an order."""
    await page.get_by_label("Name").fill(name)
    await page.get_by_label("Email").fill(f"{name.lower()}.{os.urandom(4).hex()}@example.com")
    await page.get_by_label("Password").fill(PASSWORD)
    await page.locator("main button").click()


async def test_the_last_unit_moves_every_open_tab_on_to_the_next_deal(
    shop: RunningShop, browser: Browser
) -> None:
    sold = await asyncio.to_thread(buy_all_but, shop.address, 1)
    watching = await browser.new_context(viewport={"width": 1280, "height": 900})
    tabs = [await watching.new_page() for _ in range(2)]
    heard = [complaints(tab) for tab in tabs]
    for tab in tabs:
        await tab.goto(shop.address)
        await tab.evaluate("window.neverReloaded = true")
    title = await tabs[0].get_by_role("heading", level=1).inner_text()

    buying = await (await browser.new_context(viewport={"width": 390, "height": 844})).new_page()
    await buying.goto(shop.address)
    await buying.get_by_role("button", name="I want one").click()
    await buying.get_by_role("link", name="Make an account").click()
    await sign_up_on(buying, "Rin")
    await expect(buying.get_by_role("heading", name="Thank you")).to_be_visible()
    await expect(buying.get_by_text("You were the 12th")).to_be_visible()

    for tab in tabs:
        await expect(tab.get_by_role("heading", level=1)).not_to_have_text(title, timeout=60_000)
        await expect(tab.locator("input[name=deal_id]")).to_have_value(str(sold + 1))
        await expect(tab.get_by_role("button", name="I want one")).to_be_enabled()
        assert await tab.evaluate("window.neverReloaded"), "the page was loaded again"
    assert heard == [[], []]
    with sign_up(shop.address) as somebody:
        assert live(somebody)["deal"]["id"] == sold + 1
    await shoot(tabs[0], "next-deal")
    await shoot(buying, "thank-you")


async def test_a_tab_shows_the_stamp_before_the_next_crate_opens(shop: RunningShop, browser: Browser) -> None:
    sold = await asyncio.to_thread(buy_all_but, shop.address, 1)
    page = await (await browser.new_context()).new_page()
    await page.goto(shop.address)
    await page.evaluate(
        """() => {
            window.stamps = [];
            new MutationObserver(() => {
                const stamp = document.querySelector(".stamp");
                if (!stamp.hidden) window.stamps.push(stamp.textContent.trim());
            }).observe(document.querySelector("main"), {subtree: true, childList: true, attributes: true,
                characterData: true});
        }"""
    )
    await asyncio.to_thread(buy_units, shop.address, sold, 1)
    await expect(page.locator("input[name=deal_id]")).to_have_value("2", timeout=60_000)
    assert "Sold out" in await page.evaluate("window.stamps")


async def test_two_tabs_of_one_browser_share_one_stream(shop: RunningShop, browser: Browser) -> None:
    context = await browser.new_context()
    streams: list[str] = []
    context.on(
        "request", lambda request: streams.append(request.url) if request.url.endswith("/stream") else None
    )
    first, second = await context.new_page(), await context.new_page()
    for page in (first, second):
        await page.goto(shop.address)
        await expect(page.locator("[data-text=watching]")).to_have_text("1", timeout=60_000)
    assert len(streams) == 1
    async with context.expect_event(
        "request", lambda request: request.url.endswith("/stream"), timeout=60_000
    ):
        await first.close()  # the one that held the stream
    await expect(second.locator("[data-text=watching]")).to_have_text("1", timeout=60_000)


async def test_without_javascript_a_form_buys_and_a_reload_shows_the_present(
    shop: RunningShop, browser: Browser
) -> None:
    sold = await asyncio.to_thread(buy_all_but, shop.address, 1)
    page = await (await browser.new_context(java_script_enabled=False)).new_page()
    await page.goto(shop.address)
    await page.get_by_role("button", name="I want one").click()
    await page.get_by_role("link", name="Make an account").click()
    await sign_up_on(page, "Moss")
    await expect(page.get_by_role("heading", name="Thank you")).to_be_visible()
    assert (
        await page.locator("form[action='/buy'], input[name=deal_id], button:has-text('want')").count() == 0
    )
    async with asyncio.timeout(30):  # whoever is very quick still sees the last one, sold out
        shown = None
        while shown != str(sold + 1):
            await page.goto(shop.address)
            shown = await page.locator("input[name=deal_id]").get_attribute("value")


async def test_somebody_who_comes_too_late_is_told_so(shop: RunningShop, browser: Browser) -> None:
    sold = await asyncio.to_thread(buy_all_but, shop.address, 1)
    page = await (await browser.new_context(java_script_enabled=False)).new_page()
    await page.goto(shop.address)
    await asyncio.to_thread(buy_units, shop.address, sold, 1)
    await page.get_by_role("button", name="I want one").click()
    await page.get_by_role("link", name="Make an account").click()
    await sign_up_on(page, "Late")
    await expect(page.get_by_role("alert")).to_contain_text("Somebody was quicker")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
async def test_axe_finds_nothing(shop: RunningShop, browser: Browser, scheme: str, width: int) -> None:
    context = await browser.new_context(
        viewport={"width": width, "height": 844},
        color_scheme="dark" if scheme == "dark" else "light",
        bypass_csp=True,  # for axe itself
    )
    page = await context.new_page()
    await page.goto(shop.address)
    await _nothing_found(page, "live")
    await page.get_by_role("button", name="I want one").click()
    await _nothing_found(page, "sign-in")
    await page.get_by_role("link", name="Make an account").click()
    await _nothing_found(page, "sign-up")
    await sign_up_on(page, "Axel")
    await _nothing_found(page, "order")
    for path in ("orders", "how", "problems/sold-out", "nowhere"):
        await page.goto(f"{shop.address}/{path}")
        await _nothing_found(page, path)


async def _nothing_found(page: Page, name: str) -> None:
    await page.wait_for_load_state()
    results = await Axe().run(page)
    assert results.violations_count == 0, f"{name}: {results.generate_report()}"
