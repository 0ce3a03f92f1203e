"""The shop's process is killed or restarted: every page is back on the present by itself.

The contract promises five seconds, of which up to four are the browser's own pause (test_routes.py has its bounds);
what it takes here is printed.
"""

import asyncio
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import httpx
from playwright.async_api import Browser, Page, expect
from sqlalchemy.ext.asyncio import AsyncEngine

from app.inventory.show import skip
from tests.factories.running_shop import BREADMAKER, START_SECONDS, RunningShop

BACK_SECONDS = 60.0  # at most, on a busy machine


@contextmanager
def served_again(shop: RunningShop) -> "Iterator[subprocess.Popen[bytes]]":
    """`breadmaker serve` at the same address."""
    quiet = subprocess.DEVNULL
    process = subprocess.Popen([BREADMAKER, "serve"], env=shop.environment, stdout=quiet, stderr=quiet)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


async def until_ready(shop: RunningShop) -> float:
    """Wait for it; answers when that was."""
    async with asyncio.timeout(START_SECONDS), httpx.AsyncClient(base_url=shop.address) as visitor:
        while True:
            try:
                if (await visitor.get("/readyz")).status_code == 200:
                    return time.monotonic()
            except httpx.TransportError:
                await asyncio.sleep(0.02)


async def shows_deal(page: Page, deal: int) -> None:
    await expect(page.locator("input[name=deal_id]")).to_have_value(str(deal), timeout=BACK_SECONDS * 1000)
    await expect(page.locator("#away")).to_be_hidden(timeout=BACK_SECONDS * 1000)


async def back_on(shop: RunningShop, engine: AsyncEngine, pages: list[Page], deal: int, what: str) -> None:
    """The shop is away: the deal before this one ends meanwhile, and the pages learn it when the shop is back."""
    gone = time.monotonic()
    async with engine.begin() as connection:
        await skip(connection, deal - 1, datetime.now(UTC))
    ready = await until_ready(shop)
    await asyncio.gather(*[shows_deal(page, deal) for page in pages])
    back = time.monotonic() - ready
    print(f"\n{what}: away for {ready - gone:.1f} s, every page on the present {back:.1f} s after that")


async def test_pages_are_back_on_the_present_after_a_restart(
    shop: RunningShop, engine: AsyncEngine, browser: Browser
) -> None:
    contexts = [await browser.new_context(reduced_motion="reduce") for _ in range(2)]
    pages = [await context.new_page() for context in contexts]
    for page in pages:
        await page.goto(shop.address)
        await expect(page.locator("[data-text=watching]")).not_to_have_text("0", timeout=60_000)
    shop.process.send_signal(signal.SIGKILL)
    shop.process.wait()
    for page in pages:
        await expect(page.locator("#away")).to_be_visible(timeout=60_000)
    with served_again(shop) as process:
        await back_on(shop, engine, pages, 2, "kill -9")
        process.terminate()
        process.wait(60)
    with served_again(shop):
        await back_on(shop, engine, pages, 3, "SIGTERM")
        for context in contexts:
            await context.close()
