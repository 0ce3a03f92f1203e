"""A shop with a merchandiser, and a browser to look at its desk."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, async_playwright
from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncEngine

from app.platform.embedded import EmbeddedServers
from tests.factories.identity import PASSWORD
from tests.factories.running_shop import BROWSER_FLAGS, RunningShop, browser_path, running_shop


@pytest.fixture
def shop(
    servers: EmbeddedServers, engine: AsyncEngine, redis: Redis, tmp_path: Path
) -> Iterator[RunningShop]:
    """`breadmaker up` with its sample queue, and a merchandiser."""
    with running_shop(servers, tmp_path, "up", LIMITS="off") as shop:
        shop.environment["BREADMAKER_PASSWORD"] = PASSWORD
        made = shop.command("staff", "add", "mia@example.com", "--role", "merchandiser")
        assert made.returncode == 0, made.stderr
        yield shop


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """A real Chromium."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=browser_path(), args=[*BROWSER_FLAGS])
        yield browser
        await browser.close()
