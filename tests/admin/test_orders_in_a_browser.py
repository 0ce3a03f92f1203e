"""Orders at the desk in a real browser: by keyboard alone, without JavaScript, on phone and desktop, day and night."""

import asyncio
from typing import Literal

import httpx
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page

from tests.factories.house import API
from tests.factories.identity import PASSWORD
from tests.factories.running_shop import RunningShop

HOME = {"name": "Ada", "street": "12 Mill Lane", "city": "Chicago", "region": "IL", "postal_code": "60601"}
MOST_TABS = 60
LOOKS: tuple[tuple[int, Literal["light", "dark"]], ...] = ((390, "dark"), (1280, "light"))
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


async def buy(shop: RunningShop) -> str:
    """Ada buys one of the live deal, and it is paid; answers the order's number."""
    async with httpx.AsyncClient(base_url=shop.address + API, timeout=30) as ada:
        await ada.post("/shoppers", json={"name": "Ada", "email": "ada@example.com", "password": PASSWORD})
        assert (await ada.put("/me/address", json=HOME | {"country": "US"})).status_code == 200
        wish = {"deal_id": (await ada.get("/live")).json()["deal"]["id"], "quantity": 1}
        order = (await ada.post("/orders", json=wish, headers={"Idempotency-Key": "one"})).json()
        async with asyncio.timeout(30):
            while (await ada.get(f"/orders/{order['id']}")).json()["status"] != "paid":
                await asyncio.sleep(0.1)
    number: str = order["number"]
    return number


async def go_to(page: Page, selector: str) -> None:
    """Press Tab until this has the focus."""
    for _ in range(MOST_TABS):
        await page.keyboard.press("Tab")
        if await page.locator(f"{selector}:focus").count():
            return
    raise AssertionError(f"Tab never comes to {selector} on {page.url}")


async def sign_in(page: Page, shop: RunningShop) -> None:
    await page.goto(f"{shop.address}/sign-in?next=/desk/orders")
    await page.fill("input[name=email]", "mia@example.com")
    await page.fill("input[name=password]", PASSWORD)
    await page.click("main button")
    await page.wait_for_url("**/desk/orders")


async def test_an_order_is_shipped_and_refunded_by_keyboard_without_javascript(
    shop: RunningShop, browser: Browser
) -> None:
    number = await buy(shop)
    page = await (await browser.new_context(java_script_enabled=False)).new_page()
    await sign_in(page, shop)
    await go_to(page, "input[name=order]")
    await page.keyboard.press("Space")
    await go_to(page, "#carrier")
    await page.keyboard.type("UPS")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/desk/orders?shipped=1")
    assert "1 order is marked as shipped." in await page.inner_text("[role=status]")
    await go_to(page, "tbody .record-title a[href*='/desk/orders/']")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/desk/orders/*")
    assert await page.inner_text("h1") == f"Order {number}"
    await go_to(page, "#amount")
    await page.keyboard.type("1")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/refund?**")
    await go_to(page, "main button")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**?done=refund")
    assert f"mia gave $1.00 of order {number} back" in await page.inner_text(".changes")


async def test_the_pages_fit_and_axe_finds_nothing(shop: RunningShop, browser: Browser) -> None:
    await buy(shop)
    page = await browser.new_page()
    await sign_in(page, shop)
    order = await page.get_attribute("tbody .record-title a[href*='/desk/orders/']", "href")
    paths = (
        "/desk/orders",
        "/desk/orders?deal=1&status=paid",
        f"{order}",
        f"{order}/refund",
        "/desk/orders/tracking",
    )
    for path in paths:
        await page.goto(shop.address + path)
        for width, scheme in LOOKS:
            await page.set_viewport_size({"width": width, "height": 900})
            await page.emulate_media(color_scheme=scheme)
            found = await Axe().run(page)
            assert found.violations_count == 0, (path, width, scheme, found.generate_report())
            assert await page.evaluate(OVERFLOW) <= 0, (path, width)
