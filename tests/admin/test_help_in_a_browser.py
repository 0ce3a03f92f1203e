"""Help to sell at the desk in a real browser: by keyboard, without JavaScript, on phone and desktop, day and night."""

from datetime import timedelta
from typing import Literal

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page
from redis.asyncio import Redis
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from app.platform.clock import SystemClock
from tests.conftest import FrozenClock
from tests.factories.helped_deals import helped_deal
from tests.factories.identity import PASSWORD
from tests.factories.rewards import Crowd
from tests.factories.running_shop import RunningShop
from tests.factories.sales import people

MOST_TABS = 60
LOOKS: tuple[tuple[int, Literal["light", "dark"]], ...] = ((390, "dark"), (1280, "light"))
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
LONG = "Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichen " * 2


@pytest.fixture
async def held(shop: RunningShop, engine: AsyncEngine, redis: Redis, clock: FrozenClock) -> list[str]:
    """Two deals that were helped with, and the orders of a third, whose rewards are held."""
    clock.moment = SystemClock().now()
    opened_at = clock.moment - timedelta(hours=2)
    crowd = Crowd(engine, redis, clock)
    bea, cy, *others = await people(engine, 24)
    sold = [(bea, buyer, 2) for buyer in others[:12]] + [(others[0], buyer, 1) for buyer in others[12:20]]
    await helped_deal(
        crowd, [*sold, (cy, others[20], 1), (None, others[1], 30)], title="A rake", opened_at=opened_at
    )
    await helped_deal(crowd, [(bea, cy, 1), (None, cy, 3)], title=LONG[:119], opened_at=opened_at)
    async with engine.begin() as connection:
        await connection.execute(text("UPDATE shoppers SET name = 'Bea' WHERE id = :id"), {"id": bea})
    doubtful = [(bea, others[3], 1), (cy, others[4], 2)]
    return await helped_deal(crowd, doubtful, same_browser=True, opened_at=opened_at)


async def go_to(page: Page, selector: str) -> None:
    """Press Tab until this has the focus."""
    for _ in range(MOST_TABS):
        await page.keyboard.press("Tab")
        if await page.locator(f"{selector}:focus").count():
            return
    raise AssertionError(f"Tab never comes to {selector} on {page.url}")


async def sign_in(page: Page, shop: RunningShop, to: str) -> None:
    await page.goto(f"{shop.address}/sign-in?next={to}")
    await page.fill("input[name=email]", "mia@example.com")
    await page.fill("input[name=password]", PASSWORD)
    await page.click("main button")
    await page.wait_for_url(f"**{to}")


async def test_a_reward_is_decided_by_keyboard_without_javascript(
    shop: RunningShop, browser: Browser, held: list[str]
) -> None:
    page = await (await browser.new_context(java_script_enabled=False)).new_page()
    await sign_in(page, shop, "/desk/sharing")
    await page.click("text=Rewards to look at")
    await go_to(page, f"#note-{held[0]}")
    await go_to(page, "button[value=false]")
    await page.keyboard.press("Enter")
    assert "Say why it is not earned." in await page.inner_text("#wrong")
    await page.locator(f"#note-{held[0]}").focus()
    await page.keyboard.type("One and the same.")
    await page.keyboard.press("Tab")
    await go_to(page, "button[value=false]")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/desk/sharing/reviews?done=refused")
    assert "1 waits" in await page.inner_text("main")
    await go_to(page, f"#note-{held[1]}")
    await page.keyboard.press("Enter")  # as people do: the first button
    await page.wait_for_url("**/desk/sharing/reviews?done=earned")
    assert "None waits." in await page.inner_text("main")


async def test_the_pages_fit_and_have_no_fault_that_axe_knows(
    shop: RunningShop, browser: Browser, held: list[str]
) -> None:
    assert held
    for width, scheme in LOOKS:
        context = await browser.new_context(
            viewport={"width": width, "height": 844}, color_scheme=scheme, has_touch=width < 500
        )
        page = await context.new_page()
        await sign_in(page, shop, "/desk/sharing")
        deal = await page.get_attribute("a:has-text('A rake')", "href")
        paths = (
            "/desk/sharing",
            str(deal),
            "/desk/sharing/graph",
            "/desk/sharing/reviews",
            "/desk/deals/new",
        )
        for path in paths:
            await page.goto(shop.address + path)
            for part in await page.locator("details").all():
                await part.evaluate("one => { one.open = true }")
            found = (await Axe().run(page)).response["violations"]
            assert [(one["id"], one["nodes"][0]["html"]) for one in found] == [], (path, width)
            assert await page.evaluate(OVERFLOW) == 0, (path, width)
        await context.close()
