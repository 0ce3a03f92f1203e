"""The next deal comes inside the stream: nobody loads the page again, and its photo is all that is asked for."""

import asyncio
from urllib.parse import urlsplit

from playwright.async_api import Browser, Page, expect

from tests.factories.wire import Wire
from tests.journeys.conftest import comes_true

ICON = "/icon.svg"  # a browser fetches it when it likes
CHANCES = (0.1, 0.7)
WAITS = """
    window.waits = [];
    const wait = setTimeout;
    window.setTimeout = (act, ms, ...more) => { waits.push(ms); return wait(act, ms, ...more); };
"""
NEXT = """async () => {
    const now = await (await fetch("/api/v1/live")).json();
    const photo = { src: now.deal.photo.src, srcset: null, alt: "A size that nobody has fetched yet" };
    return { ...now, deal: { ...now.deal, id: 99, title: "A Comb", photo } };
}"""


async def test_a_reveal_makes_open_pages_ask_for_the_next_photo_and_nothing_else(
    wire: Wire, browser: Browser
) -> None:
    contexts = [await browser.new_context() for _ in CHANCES]
    pages: list[Page] = []
    for context, chance in zip(contexts, CHANCES, strict=True):
        await context.add_init_script(f"{WAITS} Math.random = () => {chance};")
        pages += [await context.new_page() for _ in range(2)]
    await asyncio.gather(*[page.goto(wire.address) for page in pages])
    await wire.until_open(len(contexts))
    deal = await pages[0].evaluate(NEXT)
    before = len(wire.requests)
    asked: list[str] = []
    for page in pages:
        page.on("request", lambda request: asked.append(urlsplit(request.url).path))

    wire.say("live", deal, "999-1")
    for page in pages:
        await expect(page.locator("h1")).to_have_text("A Comb", timeout=60_000)
        await comes_true(page, "document.querySelector('#photo img').naturalWidth > 0")
    over_the_wire = [request.path for request in wire.requests[before:] if not request.path.endswith(ICON)]
    photo = deal["deal"]["photo"]["src"]
    assert over_the_wire == [photo] * len(contexts), "each browser asks once, its tabs share what came"
    assert {path for path in asked if not path.endswith(ICON)} == {photo}
    for page, chance in zip(pages, (0.1, 0.1, 0.7, 0.7), strict=True):
        waits = await page.evaluate("waits")
        assert chance * 900 in waits, "they ask at a moment of their own"
        assert 650 in waits, "and a crate came"
    for context in contexts:
        await context.close()
