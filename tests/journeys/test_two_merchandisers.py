"""Two merchandisers at one queue, each in a browser: by keyboard, by dragging, and one is told."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page

from tests.factories.identity import PASSWORD
from tests.factories.running_shop import RunningShop
from tests.journeys.conftest import comes_true, complaints

ORDER = "[...document.querySelectorAll('.rows li')].map(row => Number(row.dataset.deal))"
LIMIT = 60_000  # milliseconds


@asynccontextmanager
async def at_the_queue(
    browser: Browser, shop: RunningShop, name: str, *, width: int, dark: bool
) -> AsyncIterator[Page]:
    """A merchandiser who looks at the queue. Our rules for scripts would keep axe out, so they are off."""
    context = await browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme="dark" if dark else "light", bypass_csp=True
    )
    page = await context.new_page()
    page.set_default_timeout(LIMIT)
    await page.goto(f"{shop.address}/sign-in?next=/desk/queue")
    await page.fill("#email", f"{name}@example.com")
    await page.fill("#password", PASSWORD)
    await page.click("main button")
    await comes_true(page, "document.querySelector('.rows .handle:not([hidden])') !== null")
    yield page
    await context.close()


async def order(page: Page) -> list[int]:
    """The rows as they stand on the page."""
    found: list[int] = await page.evaluate(ORDER)
    return found


async def drag(page: Page, row: int, to: int) -> None:
    """Take a row by its handle and let it go where another row is."""
    start = await page.locator(".handle").nth(row).bounding_box()
    end = await page.locator(".handle").nth(to).bounding_box()
    assert start is not None
    assert end is not None
    x, y = start["x"] + start["width"] / 2, start["y"] + start["height"] / 2
    await page.mouse.move(x, y)
    await page.mouse.down()
    for step in range(1, 21):
        await page.mouse.move(x, y + (end["y"] - start["y"] + 8) * step / 20)
    await comes_true(page, "document.querySelector('.rows .chosen') !== null")
    await page.mouse.up()


async def clean(page: Page) -> None:
    """What axe finds is nothing."""
    found = await Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


@pytest.mark.timeout(300)
async def test_two_reorder_the_queue_and_the_one_who_comes_late_is_told(
    shop: RunningShop, browser: Browser
) -> None:
    for name in ("mia", "ben"):
        shop.environment["BREADMAKER_PASSWORD"] = PASSWORD
        added = shop.command("staff", "add", f"{name}@example.com", "--role", "merchandiser")
        assert added.returncode == 0, added.stderr
    async with (
        at_the_queue(browser, shop, "mia", width=1280, dark=False) as mia,
        at_the_queue(browser, shop, "ben", width=390, dark=True) as ben,
    ):
        heard = complaints(mia)
        first, second, third, fourth, *rest = await order(mia)

        await mia.locator(f'button[value="{fourth}:up"]').focus()
        await mia.keyboard.press("Enter")
        await comes_true(
            mia, f"document.querySelector('#said').textContent.endsWith('to 3 of {4 + len(rest)}')"
        )
        assert await order(mia) == [first, second, fourth, third, *rest]
        assert await mia.evaluate("document.activeElement.value") == f"{fourth}:up", (
            "the focus stays on the row"
        )

        await drag(mia, 0, 2)
        await comes_true(mia, f"{ORDER}[2] === {first} && document.querySelector('#undo') !== null")
        await comes_true(mia, "document.querySelector('#said').textContent.includes(' to 3 of ')")
        assert await order(mia) == [second, fourth, first, third, *rest]
        await clean(mia)
        assert heard == []

        assert await order(ben) == [first, second, third, fourth, *rest], "what ben sees is old"
        await ben.locator(f'button[value="{third}:up"]').click()
        await comes_true(ben, "document.querySelector('.message') !== null")
        told = await ben.inner_text(".message")
        assert "mia moved" in told
        assert "That was not done." in told
        assert await order(ben) == [second, fourth, first, third, *rest], (
            "the present order, and nothing lost"
        )
        await clean(ben)
        await ben.get_by_role("button", name="Do it now").press("Enter")
        await comes_true(ben, f"{ORDER}[2] === {third} && document.querySelector('#undo') !== null")
        await ben.locator("#undo button").press("Enter")
        await comes_true(ben, f"{ORDER}[2] === {first}")
        assert await order(ben) == [second, fourth, first, third, *rest]
