"""A line that went silent, was cut or is refused is opened anew, and not by everybody in the same moment."""

import pytest
from playwright.async_api import Browser, BrowserContext, Page, expect

from tests.factories.wire import Wire
from tests.journeys.conftest import PLAIN_HOST, comes_true, complaints

QUIET_MS = 25_000
BLINK_MS = 2000  # a line that is away for less is not mentioned
HALF_OF_SPREAD_MS = 1250
# A hundred times faster; and what was waited for can be read.
HASTE = """
    window.waits = [];
    const wait = setTimeout;
    window.setTimeout = (act, ms, ...more) => { waits.push(ms); return wait(act, ms / 100, ...more); };
"""
# All of them: the next message may overtake whoever looks.
TOLD = "() => { window.told = []; new BroadcastChannel('live-stream').onmessage = ({ data }) => told.push(data.name); }"


def chance(number: float) -> str:
    return f"Math.random = () => {number};"


async def watch(context: BrowserContext, wire: Wire) -> Page:
    """A page that has heard the stream."""
    page = await context.new_page()
    await page.goto(wire.address)
    await wire.until_open(1)
    await expect(page.locator("[data-text=watching]")).not_to_have_text("0", timeout=60_000)
    return page


async def test_a_line_that_is_silent_for_25_seconds_is_dropped_and_opened_anew(
    wire: Wire, browser: Browser
) -> None:
    async with await browser.new_context() as context:
        await context.clock.install()
        await context.add_init_script(chance(0.5))
        pages = [await watch(context, wire) for _ in range(2)]
        await pages[1].evaluate(TOLD)
        wire.hushed = True
        wire.say("you", {"kind": "line"})  # the last word
        await comes_true(pages[1], "told.includes('you')")
        await context.clock.run_for(QUIET_MS - 5000)
        assert (len(wire.opened), wire.open) == (1, 1)
        await context.clock.run_for(5000)
        await wire.until_open(0)
        await context.clock.run_for(HALF_OF_SPREAD_MS)
        await wire.until_asked(2)
        await context.clock.run_for(BLINK_MS)
        for page in pages:
            await expect(page.locator("#away")).to_have_text("Reconnecting")
            await expect(page.locator("#status")).to_be_hidden()
        wire.hushed = False
        await context.clock.run_for(QUIET_MS - BLINK_MS)
        await wire.until_open(0)
        await context.clock.run_for(HALF_OF_SPREAD_MS)
        for page in pages:
            await expect(page.locator("#away")).to_be_hidden(timeout=60_000)
            await expect(page.locator("#status")).to_have_text("Live")
        await wire.until_open(1)


async def test_a_word_in_time_keeps_the_line(wire: Wire, browser: Browser) -> None:
    async with await browser.new_context() as context:
        await context.clock.install()
        page = await watch(context, wire)
        await page.evaluate(TOLD)
        for _ in range(3):
            await context.clock.run_for(QUIET_MS - 5000)
            wire.say("ping", {"at": "2026-11-22T18:00:00Z"})
            await comes_true(page, "told.includes('ping')")
            await page.evaluate("told.length = 0")
        assert (len(wire.opened), wire.open) == (1, 1)
        await expect(page.locator("#away")).to_be_hidden()


@pytest.mark.parametrize(("number", "first_ms"), [(0, 1500), (0.5, 2750), (0.99, 3975)])
async def test_who_is_refused_asks_again_after_a_random_while_and_ever_less_often(
    wire: Wire, browser: Browser, number: float, first_ms: int
) -> None:
    wire.refusing = True
    async with await browser.new_context() as context:
        await context.add_init_script(HASTE + chance(number))
        page = await context.new_page()
        await page.goto(wire.address.replace("127.0.0.1", PLAIN_HOST))  # alone, so that nobody else waits
        again = f"waits.filter(ms => ms >= {first_ms} && ms != {BLINK_MS} && ms < {QUIET_MS})"
        await comes_true(page, f"{again}.length >= 9")
        waits = await page.evaluate(again)
        assert waits[:9] == [first_ms * times for times in (1, 1, 1, 1, 2, 3, 4, 5, 5)]
        await expect(page.locator("#away")).to_be_visible()


async def test_pages_whose_lines_fell_silent_together_do_not_come_back_together(
    wire: Wire, browser: Browser
) -> None:
    async with await browser.new_context() as context:
        await context.add_init_script(HASTE)
        page = await context.new_page()
        wire.hushed = True
        await page.goto(wire.address)
        await wire.until_asked(8)  # it hears nothing, again and again
        waits = [ms for ms in await page.evaluate("waits") if ms <= 2500 and ms != BLINK_MS]
        assert len(set(waits)) >= 7
        assert max(waits) - min(waits) > 500


async def test_a_line_that_breaks_is_back_by_itself_and_a_blink_is_not_mentioned(
    wire: Wire, browser: Browser
) -> None:
    async with await browser.new_context() as context:
        await context.clock.install()  # and nobody moves it: two seconds do not pass
        page = await watch(context, wire)
        heard = complaints(page)
        await page.evaluate(TOLD)
        await page.evaluate(
            """() => {
                window.seen = 0;
                const look = () => { if (!document.getElementById("away").hidden) window.seen += 1; };
                new MutationObserver(look).observe(document.getElementById("away"), {attributes: true});
            }"""
        )
        wire.put(b"retry: 100\n\n")
        wire.say("you", {"kind": "line"})
        await comes_true(page, "told.includes('you')")
        await page.evaluate("told.length = 0")
        wire.cut()
        await wire.until_asked(2)
        await wire.until_open(1)
        await comes_true(page, "told.includes('live')")
        assert await page.evaluate("window.seen") == 0
        assert [text for text in heard if "ERR_" not in text] == []
        last = wire.opened[-1].headers
        assert "last-event-id" in last


async def test_a_page_that_was_offline_is_back_when_the_network_is(wire: Wire, browser: Browser) -> None:
    async with await browser.new_context() as context:
        await context.clock.install()
        page = await watch(context, wire)
        await context.set_offline(True)
        await comes_true(page, "!navigator.onLine")
        await context.clock.run_for(BLINK_MS)
        await expect(page.locator("#away")).to_be_visible()
        asked = len(wire.opened)
        await context.set_offline(False)
        await wire.until_asked(asked + 1)
        await expect(page.locator("#away")).to_be_hidden(timeout=60_000)
        await wire.until_open(1)
