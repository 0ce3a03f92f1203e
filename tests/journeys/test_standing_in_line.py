"""Too late for the last one: into the line with one tap, and when somebody cancels, it is theirs."""

import asyncio
import os
from pathlib import Path

import httpx
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, BrowserContext, Page, expect

from tests.factories.running_shop import RunningShop
from tests.factories.shoppers import PASSWORD, buy, buy_all_but, sign_up
from tests.journeys.conftest import complaints

SCREENSHOTS = os.environ.get("SCREENSHOTS")
SOON = 60_000  # ms


async def shoot(page: Page, name: str) -> None:
    """Keep a picture where somebody asked for them by naming a folder."""
    if SCREENSHOTS:
        await page.screenshot(path=Path(SCREENSHOTS) / f"{name}.png", full_page=True)


async def signed_in(context: BrowserContext, shop: RunningShop, name: str) -> Page:
    """A page of somebody who has just made an account."""
    page = await context.new_page()
    await page.goto(f"{shop.address}/sign-up")
    await page.get_by_label("Name").fill(name)
    await page.get_by_label("Email").fill(f"{name.lower()}.{os.urandom(4).hex()}@example.com")
    await page.get_by_label("Password").fill(PASSWORD)
    await page.locator("main button").click()
    await expect(page.get_by_role("button", name="I want one")).to_be_visible()
    return page


def order_the_last(client: httpx.Client, deal_id: int) -> str:
    """The last unit goes to this shopper: the order's id."""
    answer = buy(client, deal_id)
    assert answer.status_code == 201, answer.text
    order_id: str = answer.json()["id"]
    return order_id


def cancel(client: httpx.Client, order_id: str) -> None:
    """They think better of it."""
    answer = client.post(f"/orders/{order_id}/cancellation")
    assert answer.status_code == 303, answer.text


async def test_a_unit_that_comes_back_is_offered_on_the_page_without_a_reload(
    shop: RunningShop, browser: Browser
) -> None:
    sold = await asyncio.to_thread(buy_all_but, shop.address, 1)
    page = await signed_in(await browser.new_context(viewport={"width": 1280, "height": 900}), shop, "Rin")
    heard = complaints(page)
    title = await page.get_by_role("heading", level=1).inner_text()
    await page.evaluate("window.neverReloaded = true")
    line = page.locator("#line")
    await expect(line).to_be_hidden()
    with sign_up(shop.address, "Otis") as otis:
        order = await asyncio.to_thread(order_the_last, otis, sold)
        way_in = line.get_by_role("button", name="Stand in line")
        await expect(way_in).to_be_visible(timeout=SOON)
        await expect(line).to_contain_text(title)
        await expect(page.locator("input[name=deal_id]")).to_have_value(str(sold + 1), timeout=SOON)
        await expect(way_in).to_be_visible()  # for the one that is over, beside the next
        await shoot(page, "line-way-in")
        await way_in.focus()
        await page.keyboard.press("Enter")
        await expect(line).to_contain_text("You are 1st in line", timeout=SOON)
        await expect(line).to_be_focused()
        await shoot(page, "line-waiting")
        await asyncio.to_thread(cancel, otis, order)
    await expect(line.get_by_role("heading", name="It is your turn")).to_be_visible(timeout=SOON)
    await expect(page.locator("#line-said")).to_contain_text(f"One {title} is kept for you until")
    assert await page.evaluate("window.neverReloaded"), "the page was loaded again"
    await shoot(page, "line-offered")
    await line.get_by_role("button", name="I want it").press("Enter")
    await expect(page.get_by_role("heading", name="Thank you")).to_be_visible(timeout=SOON)
    await expect(page.locator("main")).to_contain_text(title)
    assert heard == []


async def test_without_javascript_forms_and_reloads_do_the_same(shop: RunningShop, browser: Browser) -> None:
    sold = await asyncio.to_thread(buy_all_but, shop.address, 1)
    context = await browser.new_context(java_script_enabled=False, viewport={"width": 390, "height": 844})
    page = await signed_in(context, shop, "Moss")
    with sign_up(shop.address, "Otis") as otis:
        order = await asyncio.to_thread(order_the_last, otis, sold)
        await page.get_by_role("button", name="I want one").click()
        await expect(page.get_by_role("alert")).to_contain_text("Somebody was quicker")
        await shoot(page, "line-way-in-phone")
        await page.get_by_role("button", name="Stand in line").click()
        await expect(page.locator("#line")).to_contain_text("You are 1st in line")
        await asyncio.to_thread(cancel, otis, order)
    take = page.get_by_role("button", name="I want it")
    async with asyncio.timeout(SOON / 1000):
        while not await take.is_visible():
            await page.goto(f"{shop.address}/line")
    await shoot(page, "line-page-phone")
    await take.click()
    await expect(page.get_by_role("heading", name="Thank you")).to_be_visible()


async def test_axe_finds_nothing_in_the_line(shop: RunningShop, browser: Browser) -> None:
    context = await browser.new_context(
        viewport={"width": 390, "height": 844}, bypass_csp=True
    )  # for axe itself
    sold = await asyncio.to_thread(buy_all_but, shop.address, 1)
    page = await signed_in(context, shop, "Axel")
    line = page.locator("#line")
    with sign_up(shop.address, "Otis") as otis:
        order = await asyncio.to_thread(order_the_last, otis, sold)
        await line.get_by_role("button", name="Stand in line").click(timeout=SOON)
        await expect(line).to_contain_text("You are 1st in line", timeout=SOON)
        await _nothing_found(page, "waiting")
        await asyncio.to_thread(cancel, otis, order)
    await expect(line.get_by_role("button", name="I want it")).to_be_visible(timeout=SOON)
    await _nothing_found(page, "offered")
    await line.get_by_role("button", name="No, thank you").click()
    await expect(line.get_by_role("button", name="I want it")).to_be_hidden(timeout=SOON)
    await page.goto(f"{shop.address}/?missed={sold}")
    await expect(line.get_by_role("button", name="Stand in line")).to_be_visible()
    await _nothing_found(page, "way-in")
    await page.goto(f"{shop.address}/line")
    await _nothing_found(page, "page")


async def _nothing_found(page: Page, name: str) -> None:
    await page.wait_for_load_state()
    for scheme in ("light", "dark"):
        await page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        await shoot(page, f"line-axe-{name}-{scheme}")
        results = await Axe().run(page)
        assert results.violations_count == 0, f"{name} {scheme}: {results.generate_report()}"
