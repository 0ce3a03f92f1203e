"""A browser that has to work before it may come in and buy: it does so by itself, in words, and stays awake."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, expect
from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncEngine

from app.platform.embedded import EmbeddedServers
from tests.factories.running_shop import RunningShop, running_shop

PATIENCE_MS = 60_000


@pytest.fixture
def busy_shop(
    servers: EmbeddedServers, engine: AsyncEngine, redis: Redis, tmp_path: Path
) -> Iterator[RunningShop]:
    """A shop whose operator asks everybody for work."""
    with running_shop(servers, tmp_path, "up", PROOF_OF_WORK="always") as shop:
        yield shop


async def test_a_browser_works_by_itself_and_gets_its_order(browser: Browser, busy_shop: RunningShop) -> None:
    context = await browser.new_context(base_url=busy_shop.address)
    page = await context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    broken: list[str] = []
    page.on("pageerror", lambda error: broken.append(str(error)))
    await page.goto("/")
    await page.locator("#buy button").click()
    await page.get_by_role("link", name="Make an account").click()
    await page.get_by_label("Name").fill("Ada")
    await page.get_by_label("Email").fill("ada@example.com")
    await page.get_by_label("Password").fill("correct horse battery")
    await page.get_by_role("button", name="Make my account").click()
    await page.wait_for_url("**/orders/*", timeout=PATIENCE_MS)
    await expect(page.get_by_role("heading", level=1)).to_contain_text("Thank you", timeout=PATIENCE_MS)
    assert broken == []
    await context.close()


async def test_without_javascript_the_page_says_how_long_to_wait(
    browser: Browser, busy_shop: RunningShop
) -> None:
    context = await browser.new_context(base_url=busy_shop.address, java_script_enabled=False)
    page = await context.new_page()
    await page.goto("/sign-up")
    await expect(page.get_by_role("status")).to_contain_text("wait 30 seconds, then press the button")
    await page.get_by_label("Name").fill("Eve")
    await page.get_by_label("Email").fill("eve@example.com")
    await page.get_by_label("Password").fill("correct horse battery")
    await page.get_by_role("button", name="Make my account").click()
    await expect(page.get_by_role("alert")).to_contain_text("Nothing happened yet")
    await expect(page.get_by_label("Email")).to_have_value("eve@example.com")
    await context.close()
