"""However many tabs a browser has open, the shop serves it one stream, and every tab is told."""

import asyncio
from collections.abc import Iterable

import httpx
from playwright.async_api import Browser, Page, expect

from tests.factories.running_shop import RunningShop
from tests.factories.shoppers import buy_units
from tests.factories.window import window
from tests.factories.wire import Wire
from tests.journeys.conftest import PLAIN_HOST, comes_true, complaints

DENIED = "LockManager.prototype.request = async () => { throw new DOMException('no', 'SecurityError'); };"
LISTEN = "() => { window.told = []; new BroadcastChannel('live-stream').onmessage = ({ data }) => told.push(data); }"
HELLO = "() => { told.length = 0; new BroadcastChannel('live-stream').postMessage('hello'); }"


async def one_is_sold(shop: RunningShop) -> str:
    """Sell a unit; answers what the shelf says then."""
    async with httpx.AsyncClient(base_url=f"{shop.address}/api/v1") as visitor:
        before = (await visitor.get("/live")).json()
        await asyncio.to_thread(buy_units, shop.address, before["deal"]["id"], 1)
        async with asyncio.timeout(60):
            while (now := (await visitor.get("/live")).json())["stock"] == before["stock"]:
                await asyncio.sleep(0.02)
    return f"{now['stock']['left_percent']}%"


async def all_show(pages: Iterable[Page], left: str) -> None:
    for page in pages:
        await expect(page.locator("[data-text=left_text]")).to_have_text(left, timeout=60_000)


def shows(left: str) -> str:
    return f"document.querySelector('[data-text=left_text]').textContent == '{left}'"


async def test_ten_tabs_are_one_connection_and_all_are_told(
    standing_shop: RunningShop, wire: Wire, browser: Browser
) -> None:
    async with await browser.new_context() as context:
        tabs = [await context.new_page() for _ in range(10)]
        heard = [complaints(tab) for tab in tabs]
        await asyncio.gather(*[tab.goto(wire.address) for tab in tabs])
        await wire.until_open(1)
        await all_show(tabs, await one_is_sold(standing_shop))
        assert (len(wire.opened), wire.open) == (1, 1)
        assert heard == [[]] * 10


async def test_when_the_leading_tab_closes_another_leads(
    standing_shop: RunningShop, wire: Wire, browser: Browser
) -> None:
    async with await browser.new_context() as context:
        tabs = [await context.new_page() for _ in range(4)]
        for tab in tabs:
            await tab.goto(wire.address)
        await wire.until_open(1)
        for so_many in (2, 3):
            await tabs.pop(0).close()
            await wire.until_asked(so_many)
            await wire.until_open(1)
            await all_show(tabs, await one_is_sold(standing_shop))
        assert len(wire.opened) == 3


async def test_a_leading_tab_that_is_frozen_hands_over_and_wakes_up_to_the_present(
    standing_shop: RunningShop, wire: Wire, browser: Browser
) -> None:
    async with window(browser) as tabs:
        first = await tabs.open(wire.address)
        await wire.until_open(1)
        second = await tabs.open(wire.address)
        await first.freeze()
        await wire.until_asked(2)
        await wire.until_open(1)
        left = await one_is_sold(standing_shop)
        await second.until(shows(left))
        assert not await first.evaluate(shows(left))
        await first.thaw()
        await first.bring_to_front()
        await first.until(shows(left))
        assert (len(wire.opened), wire.open) == (2, 1)


async def test_a_leading_tab_that_hangs_is_replaced(
    standing_shop: RunningShop, wire: Wire, browser: Browser
) -> None:
    async with window(browser) as tabs:
        first = await tabs.open(wire.address)
        await wire.until_open(1)
        await first.hang()
        second = await tabs.open(wire.address)  # is not answered, and does not wait for ever
        await wire.until_asked(2)
        await second.until(shows(await one_is_sold(standing_shop)))
        await first.unhang()
        await wire.until_open(1)


async def test_a_leading_tab_that_waits_for_a_slow_shop_is_not_replaced(wire: Wire, browser: Browser) -> None:
    wire.hushed = True
    async with await browser.new_context() as context:
        await context.clock.install()
        first, listening, second = [await context.new_page() for _ in range(3)]
        await first.goto(wire.address)
        await wire.until_open(1)
        await listening.goto(f"{wire.address}/how")
        await listening.evaluate(LISTEN)
        await second.goto(wire.address)
        await comes_true(listening, "told.some(({ name }) => name == 'here')")
        await context.clock.run_for(20_000)
        await first.evaluate("1")
        assert (len(wire.opened), wire.open) == (1, 1)


async def test_a_tab_that_comes_late_is_told_the_present_at_once(wire: Wire, browser: Browser) -> None:
    async with await browser.new_context() as context:
        first, second = await context.new_page(), await context.new_page()
        await first.goto(wire.address)
        await wire.until_open(1)
        await expect(first.locator("[data-text=watching]")).not_to_have_text("0")
        await second.goto(f"{wire.address}/how")
        await second.evaluate(LISTEN)
        await second.evaluate(HELLO)
        await comes_true(second, "told.some(({ name }) => name == 'live')")


async def test_without_locks_each_tab_reads_alone(
    standing_shop: RunningShop, wire: Wire, browser: Browser
) -> None:
    async with await browser.new_context() as context:
        tabs = [await context.new_page() for _ in range(2)]
        for tab in tabs:
            await tab.goto(wire.address.replace("127.0.0.1", PLAIN_HOST))
        assert not await tabs[0].evaluate("isSecureContext || 'locks' in navigator")
        await wire.until_open(2)
        await all_show(tabs, await one_is_sold(standing_shop))


async def test_where_the_browser_lends_no_lock_a_tab_reads_alone(
    standing_shop: RunningShop, wire: Wire, browser: Browser
) -> None:
    async with await browser.new_context() as context:
        await context.add_init_script(DENIED)  # as where somebody forbade all cookies
        page = await context.new_page()
        heard = complaints(page)
        await page.goto(wire.address)
        await wire.until_open(1)
        await all_show([page], await one_is_sold(standing_shop))
        assert (len(wire.opened), heard) == (1, [])


async def test_what_is_for_one_shopper_is_told_to_that_browser_only_and_kept_nowhere(
    wire: Wire, browser: Browser
) -> None:
    async with await browser.new_context() as mine, await browser.new_context() as anothers:
        leading, listening = await mine.new_page(), await mine.new_page()
        await leading.goto(wire.address)
        await wire.until_open(1)
        elsewhere = await anothers.new_page()
        for page in (listening, elsewhere):
            await page.goto(f"{wire.address}/how")
            await page.evaluate(LISTEN)
        wire.say("you", {"kind": "coupon", "code": "SECRET"})
        await comes_true(listening, "told.some(({ name }) => name == 'you')")
        assert await elsewhere.evaluate("told") == []
        await listening.evaluate(HELLO)
        await comes_true(listening, "told.some(({ name }) => name == 'line')")
        assert await listening.evaluate("told.filter(({ name }) => name == 'you')") == []
        stores = "[...Object.values(localStorage), ...Object.values(sessionStorage)]"
        kept = f"(async () => [...{stores}, ...await caches.keys(), ...await indexedDB.databases()])()"
        assert await leading.evaluate(kept) == []
        assert "SECRET" not in await leading.content()


async def test_a_browser_whose_last_tab_closes_is_served_nothing(wire: Wire, browser: Browser) -> None:
    async with await browser.new_context() as context:
        tabs = [await context.new_page() for _ in range(2)]
        for tab in tabs:
            await tab.goto(wire.address)
        await wire.until_open(1)
        for tab in tabs:
            await tab.close()
        await wire.until_open(0)
