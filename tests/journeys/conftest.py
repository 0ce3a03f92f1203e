"""A shop with the sample queue, and browsers."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from playwright.async_api import Browser, Error, Page, async_playwright
from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncEngine

from app.platform.embedded import EmbeddedServers
from tests.factories.running_shop import BROWSER_FLAGS, RunningShop, browser_path, running_shop
from tests.factories.wire import Wire, wired

PLAIN_HOST = "shop.example"  # plain http and not this computer's own name: not a secure context


@pytest.fixture
def shop(
    servers: EmbeddedServers, engine: AsyncEngine, redis: Redis, tmp_path: Path
) -> Iterator[RunningShop]:
    """`breadmaker up` with its sample queue, on the tests' servers."""
    with running_shop(servers, tmp_path, "up") as shop:
        yield shop


@pytest.fixture(scope="session")
def standing_shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningShop]:
    """A shop on servers of its own, which nobody empties: for tests that watch, and buy a unit at most."""
    own = EmbeddedServers(tmp_path_factory.mktemp("standing-servers"))
    own.start()
    try:
        with running_shop(own, tmp_path_factory.mktemp("standing-shop"), "up") as shop:
            yield shop
    finally:
        own.stop()


@pytest.fixture
async def wire(standing_shop: RunningShop) -> AsyncIterator[Wire]:
    """A wire to the standing shop."""
    async with wired(standing_shop.address) as wire:
        yield wire


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    """A real Chromium, which may also go back to a page as it was left."""
    path = browser_path()
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=path,
            args=[*BROWSER_FLAGS, f"--host-resolver-rules=MAP {PLAIN_HOST} 127.0.0.1"],
            ignore_default_args=["--disable-back-forward-cache"],
        )
        yield browser
        await browser.close()


async def comes_true(page: Page, expression: str) -> None:
    """Wait until a JavaScript expression holds. (Playwright's own way evaluates a string, which our pages forbid.)"""
    try:
        async with asyncio.timeout(60):
            while not await _holds(page, expression):
                await asyncio.sleep(0.02)
    except TimeoutError:
        raise AssertionError(f"not in time: {expression}") from None


async def _holds(page: Page, expression: str) -> bool:
    with suppress(Error):  # the page is just being left for another
        return bool(await page.evaluate(expression))
    return False


def complaints(page: Page) -> list[str]:
    """Collects what the browser's console and the page's scripts complain of, from now on."""
    heard: list[str] = []
    page.on(
        "console",
        lambda message: heard.append(message.text) if message.type in ("error", "warning") else None,
    )
    page.on("pageerror", lambda error: heard.append(str(error)))
    return heard
