"""A shop with the sample queue, and browsers."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, async_playwright
from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncEngine

from app.platform.embedded import EmbeddedServers
from tests.factories.running_shop import BROWSER_FLAGS, RunningShop, browser_path, running_shop


@pytest.fixture
def shop(
    servers: EmbeddedServers, engine: AsyncEngine, redis: Redis, tmp_path: Path
) -> Iterator[RunningShop]:
    """`breadmaker up` with its sample queue, on the tests' servers."""
    with running_shop(servers, tmp_path, "up") as shop:
        yield shop


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    """A real Chromium."""
    path = browser_path()
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=BROWSER_FLAGS)
        yield browser
        await browser.close()


def complaints(page: Page) -> list[str]:
    """Collects what the browser's console and the page's scripts complain of, from now on."""
    heard: list[str] = []
    page.on(
        "console",
        lambda message: heard.append(message.text) if message.type in ("error", "warning") else None,
    )
    page.on("pageerror", lambda error: heard.append(str(error)))
    return heard
