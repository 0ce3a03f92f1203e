"""A server may be newer than an open page: what the page does not know yet does not break it."""

from typing import Any

from playwright.async_api import Browser, Page, expect

from tests.factories.wire import Wire
from tests.journeys.conftest import complaints

LATER = [
    ("chat", {"id": "p1", "deal_id": 1, "who": "bea", "badge": None, "text": "<b>hello</b>", "at": "…"}),
    ("cheer", {"deal_id": 1, "who": "a helper", "units": 2}),
    ("you", {"kind": "order", "number": "B1-0001"}),
    ("confetti", {"everywhere": True}),
    ("message", None),
    ("stock", {"deal_id": -1, "stock": None, "pace": None, "crowd": None}),
]


async def present(page: Page) -> Any:
    return await page.evaluate("fetch('/api/v1/live').then(answer => answer.json())")


async def test_events_that_the_page_does_not_know_change_nothing(wire: Wire, browser: Browser) -> None:
    async with await browser.new_context() as context:
        tabs = [await context.new_page() for _ in range(2)]
        heard = [complaints(tab) for tab in tabs]
        for tab in tabs:
            await tab.goto(wire.address)
        await wire.until_open(1)
        title = await tabs[0].locator("h1").inner_text()
        now = await present(tabs[0])
        for kind, data in LATER:
            wire.say(kind, data, "999-1")
        wire.put(b": a comment\n\nid: 999-2\n\nretry: soon\n\n")
        crowd = {"watching": 777, "dancing": 3}
        later = {**now["stock"], "reserved": 1}
        news = {"deal_id": now["deal"]["id"], "stock": later, "pace": now["pace"], "crowd": crowd, "more": []}
        wire.say("stock", news, "999-3")
        for tab in tabs:
            await expect(tab.locator("[data-text=watching]")).to_have_text("777")
            await expect(tab.locator("h1")).to_have_text(title)
        assert heard == [[], []]


async def test_a_stall_a_new_phase_and_more_fields_do_not_break_the_page(
    wire: Wire, browser: Browser
) -> None:
    async with await browser.new_context() as context:
        page = await context.new_page()
        heard = complaints(page)
        await page.goto(wire.address)
        await wire.until_open(1)
        now = await present(page)
        stall = {"to_go": 17, "since": "2026-11-22T18:00:00Z", "reward": None}
        crowd = {"watching": 777, "helpers": 3}
        wire.say("live", {**now, "stall": stall, "crowd": crowd, "weather": "mild"}, "999-1")
        await expect(page.locator("[data-text=watching]")).to_have_text("777")
        await expect(page.locator("#buy button")).to_be_enabled()
        strange = {"mode": "auction", "phase": "intermission", "next_at": None}
        wire.say("live", {**now, "show": strange, "crowd": {"watching": 778}}, "999-2")
        await expect(page.locator("[data-text=watching]")).to_have_text("778")
        await expect(
            page.locator("#buy button")
        ).to_be_disabled()  # what it can not understand it does not sell
        wire.say("live", {**now, "deal": None, "stock": None, "pace": None, "crowd": None}, "999-3")
        await expect(page.locator("h1")).to_have_text("The shelf is empty")
        wire.say("live", now, "999-4")
        await expect(page.locator("#buy button")).to_be_enabled(timeout=60_000)
        assert heard == []
