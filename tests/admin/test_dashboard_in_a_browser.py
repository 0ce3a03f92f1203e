"""The dashboard in a real browser: it moves by itself, and its charts and tables tell one story."""

import asyncio
from pathlib import Path

import httpx
from playwright.async_api import Browser, Page

from tests.factories.house import API
from tests.factories.identity import PASSWORD
from tests.factories.running_shop import RunningShop

VENDORED = Path(__file__).parents[2] / "app/admin/static/vendor/uplot.js"
NUMBERS = "[...document.querySelectorAll('[data-number]')].map(number => number.textContent)"
LAST_ROW = "[...document.querySelector('#sell-through-table').tBodies[0].rows].at(-1).textContent"


async def comes_true(page: Page, expression: str) -> None:
    """Wait until a JavaScript expression holds."""
    try:
        async with asyncio.timeout(60):
            while not await page.evaluate(expression):
                await asyncio.sleep(0.05)
    except TimeoutError:
        raise AssertionError(f"not in time: {expression}") from None


async def buy(shop: RunningShop) -> int:
    """Ada buys one of the live deal; answers the deal's id."""
    async with httpx.AsyncClient(base_url=shop.address + API) as ada:
        who = {"name": "Ada", "email": "ada@example.com", "password": PASSWORD}
        await ada.post("/shoppers", json=who)
        deal: int = (await ada.get("/live")).json()["deal"]["id"]
        ordered = await ada.post(
            "/orders", json={"deal_id": deal, "quantity": 1}, headers={"Idempotency-Key": "one"}
        )
        assert ordered.status_code == 201, ordered.text
    return deal


async def test_the_dashboard_moves_with_a_purchase_and_its_table_with_it(
    shop: RunningShop, browser: Browser
) -> None:
    page = await browser.new_page()
    complaints: list[str] = []
    page.on("console", lambda m: complaints.append(m.text) if m.type in ("error", "warning") else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    await page.goto(f"{shop.address}/sign-in?next=/desk")
    await page.fill("input[name=email]", "mia@example.com")
    await page.fill("input[name=password]", PASSWORD)
    await page.click("main button")
    await page.wait_for_url("**/desk")
    await comes_true(page, "document.getElementById('line').hasAttribute('data-up')")
    assert (await page.evaluate(NUMBERS))[0] == "0"

    await page.evaluate("document.body.dataset.seen = 'yes'")
    await page.click("#sell-through-h ~ details summary")
    deal = await buy(shop)
    await comes_true(page, f"{NUMBERS}[0] === '1'")
    assert await page.evaluate("document.body.dataset.seen") == "yes", "without a reload"
    assert await page.evaluate("document.getElementById('main').dataset.deal") == str(deal)
    assert await page.evaluate("document.querySelector('#sell-through-h ~ details').open"), "left as it was"
    await comes_true(page, f"!{LAST_ROW}.includes('–0')")
    share = (await page.locator("#sell-through-gist").text_content() or "").split()[-2]
    if VENDORED.exists():
        canvas = page.locator(".plot[data-chart=sell-through] canvas")
        assert await canvas.get_attribute("role") == "img"
        assert share in (await canvas.get_attribute("aria-label") or ""), "the chart says what the page says"
    assert complaints == []
