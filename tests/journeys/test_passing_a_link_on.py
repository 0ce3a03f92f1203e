"""One tap, and the link is there; somebody else comes by it, without a script, and buys."""

import asyncio
import re

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, expect

from tests.factories.running_shop import RunningShop
from tests.factories.shoppers import PASSWORD, buy_all_but
from tests.journeys.conftest import complaints


async def sign_up(page: Page, name: str) -> None:
    """Fill in the form that asks who is new."""
    await page.get_by_label("Name").fill(name)
    await page.get_by_label("Email").fill(f"{name.lower()}@example.com")
    await page.get_by_label("Password").fill(PASSWORD)
    await page.locator("main button").click()


async def flaws(page: Page) -> list[str]:
    """What axe finds."""
    found = await Axe().run(page)
    return [violation["id"] for violation in found.response["violations"]]


async def test_one_taps_and_another_buys(shop: RunningShop, browser: Browser) -> None:
    bea = await (await browser.new_context()).new_page()
    heard = complaints(bea)
    await bea.goto(f"{shop.address}/sign-up")
    await sign_up(bea, "Bea")
    await bea.wait_for_url(f"{shop.address}/")  # loaded: before its script is there, the tap leads to a page
    title = await bea.get_by_role("heading", level=1).inner_text()
    await bea.get_by_role("button", name="Help sell this out").click()
    field = bea.get_by_role("textbox", name="Your link")
    link = await field.input_value()
    assert link.startswith(f"{shop.address}/h/")

    bob = await (await browser.new_context(java_script_enabled=False)).new_page()
    await bob.goto(link)
    await expect(bob.get_by_text("A friend thinks you need this.")).to_be_visible()
    await expect(bob.get_by_role("heading", level=1)).to_have_text(title)
    await bob.get_by_role("button", name="I want one").click()
    await bob.get_by_role("link", name="Make an account").click()
    await sign_up(bob, "Bob")
    await expect(bob).to_have_url(re.compile(r"/orders/[\w-]{16}$"))

    await bea.get_by_role("link", name="QR code and picture").click()
    await expect(bea.get_by_alt_text("QR code of your link")).to_be_visible()
    await bea.get_by_role("button", name="Put my name there").click()
    await expect(bea.get_by_role("button", name="Take my name off")).to_be_visible()
    assert await flaws(bea) == []
    eve = await (await browser.new_context()).new_page()
    await eve.goto(link)
    await expect(eve.get_by_text("Bea thinks you need this.")).to_be_visible()
    assert await flaws(eve) == []
    assert heard == []


async def test_the_next_deal_has_a_link_of_its_own(shop: RunningShop, browser: Browser) -> None:
    page = await (await browser.new_context(reduced_motion="reduce")).new_page()
    await page.goto(shop.address)
    title = await page.get_by_role("heading", level=1).inner_text()
    tap = page.get_by_role("button", name="Help sell this out")
    await tap.click()
    await expect(page.get_by_role("textbox", name="Your link")).to_be_visible()
    await expect(tap).to_be_hidden()
    await asyncio.to_thread(buy_all_but, shop.address, 0)
    await expect(page.get_by_role("heading", level=1)).not_to_have_text(title)
    await expect(tap).to_be_visible()
    await expect(page.get_by_role("textbox", name="Your link")).to_be_hidden()
