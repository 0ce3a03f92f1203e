"""A card says no, another one pays, and the money comes back: on the order's page, which keeps up by itself."""

import asyncio
import re
from typing import Any

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, expect

from tests.factories.running_shop import RunningShop
from tests.journeys.conftest import complaints
from tests.journeys.test_a_whole_sale import shoot, sign_up_on

WAIT: Any = {"timeout": 60_000}  # for whoever settles, on a busy machine
DECLINES = "is declined"
PAYS = "pays"
WRONG_CLOCK = "Date.now = () => 0; window.neverReloaded = true;"


async def comes_in(page: Page, shop: RunningShop, name: str) -> None:
    """Sign up, to the account's page."""
    await page.goto(f"{shop.address}/sign-up?next=/account")
    await sign_up_on(page, name)
    await expect(page.get_by_role("heading", name="Your account")).to_be_visible()


async def choose_card(page: Page, link: str, what_it_does: str) -> None:
    """Go to the bank and back with a test card."""
    await page.get_by_role("link", name=link).click()
    await page.get_by_label(re.compile(rf"\d {what_it_does}$")).check()
    await page.get_by_role("button", name="Use this card").click()


async def type_address(page: Page, button: str) -> None:
    """Fill the form in, and send it."""
    for label, text in (
        ("Name on the door", "Ada Lovelace"),
        ("Street and number", "12 Mill Lane"),
        ("Town", "Chicago"),
        ("State or province", "IL"),
        ("Postal code", "60601"),
    ):
        await page.get_by_label(label).fill(text)
    await page.get_by_label("Country").select_option("United States")
    await page.get_by_role("button", name=button).click()


async def buy(page: Page, shop: RunningShop) -> None:
    """One of what is live."""
    await page.goto(shop.address)
    await page.get_by_role("button", name="I want one").click()
    await expect(page.locator("main[data-order]")).to_be_visible()


async def test_a_card_that_says_no_is_mended_and_the_order_cancelled_while_another_tab_looks_on(
    standing_shop: RunningShop, browser: Browser
) -> None:
    context = await browser.new_context(viewport={"width": 1280, "height": 900})
    page = await context.new_page()
    heard = complaints(page)
    await comes_in(page, standing_shop, "Ada")
    await page.get_by_text("Your address", exact=True).click()
    await type_address(page, "Keep it")
    await expect(page.get_by_text("The parcels of your next orders go there.")).to_be_visible()
    await choose_card(page, "Add a card", DECLINES)
    await expect(page.locator("b", has_text="Visa ending in 0002")).to_be_visible()
    await shoot(page, "account-wallet")

    await buy(page, standing_shop)
    await expect(page.get_by_role("heading", name="Your card said no")).to_be_visible(**WAIT)
    await expect(page.get_by_text("Your card was declined.")).to_be_visible()
    await expect(page.get_by_role("timer").first).to_have_text(re.compile(r"^(9:\d\d|10:00) left$"))
    await shoot(page, "order-declined")
    address = page.url
    await choose_card(page, "Use a new card", PAYS)
    await expect(page.get_by_text("Paid, and on the packing table.")).to_be_visible(**WAIT)
    await shoot(page, "order-paid")

    looking = await context.new_page()
    await looking.add_init_script(WRONG_CLOCK)
    await looking.goto(address)
    await expect(looking.locator("[data-left=cancel_until]")).to_have_text(re.compile(r"^[4-9]:\d\d left$"))
    await page.get_by_text("Cancel this order").focus()
    for key in ("Enter", "Tab", "Enter"):
        await page.keyboard.press(key)
    await asyncio.gather(
        *(
            expect(tab.get_by_role("heading", name="Cancelled")).to_be_visible(**WAIT)
            for tab in (page, looking)
        )
    )
    await expect(looking.get_by_text(re.compile(r"^\$[\d.]+ went back to your card on"))).to_be_visible()
    await expect(looking.get_by_text("Cancel this order")).to_be_hidden()
    assert await looking.evaluate("neverReloaded && performance.getEntriesByType('navigation').length == 1")
    await shoot(looking, "order-cancelled")
    assert heard == []
    await context.close()


async def test_without_scripts_the_page_asks_for_what_is_missing_and_a_reload_shows_the_present(
    standing_shop: RunningShop, browser: Browser
) -> None:
    context = await browser.new_context(java_script_enabled=False, viewport={"width": 390, "height": 844})
    page = await context.new_page()
    await comes_in(page, standing_shop, "Bea")
    await buy(page, standing_shop)
    await expect(page.get_by_text("One thing is missing: where it goes.")).to_be_visible()
    await type_address(page, "Send it there")
    await expect(page.get_by_text("12 Mill Lane, Chicago IL 60601, United States")).to_be_visible()
    await page.get_by_text("Cancel this order").click()
    await page.get_by_role("button", name="Yes, cancel it").click()
    async with asyncio.timeout(60):
        while not await page.get_by_role("heading", name="Cancelled").is_visible():
            await page.reload()
    await context.close()


@pytest.mark.parametrize(
    ("scheme", "width"), [("light", 1280), ("dark", 390), ("dark", 1280), ("light", 390)]
)
async def test_the_page_is_in_order_in_light_and_dark(
    standing_shop: RunningShop, browser: Browser, scheme: Any, width: int
) -> None:
    context = await browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 900})
    page = await context.new_page()
    heard = complaints(page)
    await comes_in(page, standing_shop, "C" * 40)
    await choose_card(page, "Add a card", DECLINES)
    await orderly(page, f"wallet-{scheme}-{width}")
    await buy(page, standing_shop)
    await expect(page.get_by_role("heading", name="Your card said no")).to_be_visible(**WAIT)
    await orderly(page, f"order-missing-{scheme}-{width}")
    await page.get_by_text("Cancel this order").click()
    await orderly(page, f"order-cancel-{scheme}-{width}")
    await page.get_by_role("button", name="Yes, cancel it").click()
    await expect(page.get_by_role("heading", name="Cancelled")).to_be_visible(**WAIT)
    await orderly(page, f"order-cancelled-{scheme}-{width}")
    assert heard == []
    await context.close()


async def orderly(page: Page, name: str) -> None:
    """Axe finds nothing, and nothing sticks out."""
    found = await Axe().run(page)
    await shoot(page, name)
    assert found.violations_count == 0, found.generate_report()
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
