"""A merchandiser's day by keyboard alone: import, fix, photo, reorder, start, skip, records; phone and desktop."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, FilePayload, Page
from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncEngine

from app.platform.embedded import EmbeddedServers
from tests.factories.identity import PASSWORD
from tests.factories.inventory import picture
from tests.factories.running_shop import RunningShop, running_shop
from tests.factories.shoppers import buy_units
from tests.journeys.conftest import comes_true, complaints

MOST_TABS = 90  # through the head, four rows of the queue with five stops each, and the foot
FOCUS = """selector => {
  const at = document.activeElement;
  if (!at.matches(selector)) return 'elsewhere';
  const shown = at.matches('input[type=file]') ? at : at.closest('label') ?? at;
  const { outlineStyle, outlineWidth } = getComputedStyle(at);
  if (outlineStyle === 'none' || parseFloat(outlineWidth) < 2) return 'nothing shows the focus';
  const { top, bottom, left, right } = shown.getBoundingClientRect();
  const inside = bottom > 0 && top < innerHeight && right > 0 && left < innerWidth;
  return inside ? 'here' : 'the focus is off the screen';
}"""
OVERFLOW = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
COLOURS = {"resultTypes": ["violations"], "runOnly": ["color-contrast"]}


@pytest.fixture
def empty_shop(
    servers: EmbeddedServers, engine: AsyncEngine, redis: Redis, tmp_path: Path
) -> Iterator[RunningShop]:
    """A shop without a deal, whose show nobody has started, and a merchandiser."""
    with running_shop(servers, tmp_path, "up", SAMPLE="off", LIMITS="off") as shop:
        shop.environment["BREADMAKER_PASSWORD"] = PASSWORD
        added = shop.command("staff", "add", "mia@example.com", "--role", "merchandiser")
        assert added.returncode == 0, added.stderr
        yield shop


class Keyboard:
    """A page that is only ever typed at; every page that it passes is looked at."""

    def __init__(self, page: Page) -> None:
        self.page = page

    async def go_to(self, selector: str) -> None:
        """Press Tab until this has the focus, and see that it shows."""
        for _ in range(MOST_TABS):
            await self.page.keyboard.press("Tab")
            found = await self.page.evaluate(FOCUS, selector)
            if found != "elsewhere":
                assert found == "here", f"{selector}: {found}"
                return
        raise AssertionError(f"Tab never comes to {selector} on {self.page.url}")

    async def fill(self, selector: str, words: str) -> None:
        """Put words in the place of what a field holds."""
        await self.go_to(selector)
        await self.page.keyboard.press("Control+A")
        await self.page.keyboard.type(words)

    async def choose(self, name: str, kind: str, body: bytes) -> None:
        """Open the file field's own dialog with the keyboard; what it shows is the system's."""
        await self.go_to("#file")
        async with self.page.expect_file_chooser() as chooser:
            await self.page.keyboard.press("Space")
        await (await chooser.value).set_files(FilePayload(name=name, mimeType=kind, buffer=body))

    async def press(self, selector: str, until: str) -> None:
        """Go to a link or a button, press it, and wait for what comes of it."""
        await self.go_to(selector)
        await self.enter(until)

    async def enter(self, until: str) -> None:
        """Press Enter where one is, and wait for what comes of it."""
        await self.page.keyboard.press("Enter")
        await comes_true(self.page, f"document.readyState === 'complete' && {until}")

    async def look(self) -> None:
        """Axe finds nothing, in light and in dark, and nothing hangs over the side."""
        assert await self.page.evaluate(OVERFLOW) <= 0, f"{self.page.url} is too wide"
        found = await Axe().run(self.page)
        assert found.violations_count == 0, f"{self.page.url}\n{found.generate_report()}"
        await self.page.emulate_media(color_scheme="dark")  # which changes nothing but colours
        found = await Axe().run(self.page, options=COLOURS)
        assert found.violations_count == 0, f"{self.page.url}, dark\n{found.generate_report()}"
        await self.page.emulate_media(color_scheme="light")


@asynccontextmanager
async def at_the_keyboard(browser: Browser, shop: RunningShop, width: int) -> AsyncIterator[Keyboard]:
    """A merchandiser who signs in on the way to the import. Our rules for scripts would keep axe out: they are off."""
    context = await browser.new_context(
        viewport={"width": width, "height": 850}, bypass_csp=True, reduced_motion="reduce"
    )
    page = await context.new_page()
    page.on("filechooser", lambda _: None)  # or the browser would only be told to wait for one while it opens
    heard = complaints(page)
    await page.goto(f"{shop.address}/sign-in?next=/desk/import")
    keyboard = Keyboard(page)
    await keyboard.fill("#email", "mia@example.com")
    await keyboard.fill("#password", PASSWORD)
    await keyboard.enter("location.pathname === '/desk/import'")
    yield keyboard
    assert heard == []
    await context.close()


def shelf(window: str) -> bytes:
    """A file of two deals, the second with a price that is none. Both are over when the journey ends."""
    return f"title,price,quantity\nLong spoon {window},12.99,40\nRound sieve {window},twelve,30\n".encode()


async def fill_the_queue(at: Keyboard, window: str) -> None:
    """Import a file, and mend its one bad row on the page."""
    await at.look()
    await at.choose(f"{window}.csv", "text/csv", shelf(window))
    await at.press("#import-form .button", "document.querySelector('#problems') !== null")
    await at.look()
    await at.press(".import-row", "document.querySelector('#mend') !== null")
    await at.look()
    await at.fill("#mend-price", "12.00")
    await at.enter("document.querySelector('h1').textContent.startsWith('2 good')")
    await at.press(
        "form[action$='/queue'] button", "document.querySelector('.message.good[role=status]') !== null"
    )
    await at.look()


async def give_a_photo(at: Keyboard, title: str) -> None:
    """From the queue by the deal's own page to its photo, and back to the queue."""
    await at.press("a[href='/desk/queue']", "document.querySelector('.rows') !== null")
    await at.look()
    await at.press(f"[data-title='{title}'] .about a", "document.querySelector('.photo-of-deal') !== null")
    await at.look()
    await at.press(".photo-of-deal a", "document.querySelector('#photo-form') !== null")
    await at.look()
    await at.choose("sieve.jpg", "image/jpeg", picture(size=(300, 300)))
    await at.fill("#alt", "A round sieve on a hook.")
    await at.press("#photo-form .button", "document.querySelector('.photo-sizes') !== null")
    await at.look()
    await at.press("a[href='/desk/queue']", "document.querySelector('.rows') !== null")


async def bring_to_the_front(at: Keyboard, title: str) -> None:
    """With the arrow button, which keeps the focus or hands it to its neighbour."""
    first = "document.querySelector('.rows li').dataset.title"
    await at.press(f"[data-title='{title}'] button[value$=':up']", f"{first} === '{title}'")
    await comes_true(at.page, "document.querySelector('#said').textContent.includes(' to 1 of ')")
    row = await at.page.evaluate("document.activeElement.closest('li')?.dataset.title")
    assert row == title, "the focus stays with the row"
    await at.look()


async def run_the_show(at: Keyboard, shop: RunningShop, first: str, second: str) -> None:
    """Start, see two units go without touching the page, skip, stop."""

    def shows(title: str) -> str:
        return f"document.querySelector('h1').textContent.endsWith(': {title}')"

    await at.press("nav a[href='/desk']", "document.querySelector('#line[data-up]') !== null")
    assert await at.page.inner_text("h1") == "Nothing is on stage"
    await at.look()
    await at.press("form[action='/desk/show/start'] .button", shows(first))
    await comes_true(at.page, "document.querySelector('#line[data-up]') !== null")
    deal = int(await at.page.evaluate("document.getElementById('main').dataset.deal"))
    await asyncio.to_thread(buy_units, shop.address, deal, 2)
    await comes_true(at.page, "document.querySelector('[data-number=sold]').textContent === '2'")
    await at.press("#velocity-h ~ details summary", "document.querySelector('.chart details').open")
    await at.look()
    await at.press("a[href='/desk/show/skip']", "document.title.startsWith('Skip ')")
    await at.look()
    await at.press("form[action='/desk/show/skip'] button", shows(second))
    await at.press("a[href='/desk/show/stop']", "document.title.startsWith('Stop ')")
    await at.look()
    await at.go_to("form[action='/desk/show/stop'] .button")
    await at.press(
        "form[action='/desk/show/stop'] .quiet",
        "document.querySelector('h1').textContent.startsWith('Nothing')",
    )


async def read_what_sold(at: Keyboard, first: str) -> None:
    """The list, one deal's record, two of them side by side, and what they have in common."""
    heading = "document.querySelector('h1').textContent"
    await at.press("nav a[href='/desk/records']", f"{heading} === 'Records'")
    await at.press(".record-search summary", "document.querySelector('.record-search').open")
    await at.look()
    await at.press("tr:nth-child(2) .record-title a", f"{heading} === '{first}'")
    assert "2 of 30" in await at.page.inner_text(".tiles")
    await at.press(".record-data summary", "document.querySelector('.record-data').open")
    await at.look()
    await at.press("main a[href='/desk/records']", f"{heading} === 'Records'")
    for row in (1, 2):
        await at.go_to(f"tr:nth-child({row}) input")
        await at.page.keyboard.press("Space")
    await at.press(".record-foot .button", f"{heading} === 'Side by side'")
    await at.look()
    await at.press("main a[href='/desk/records']", f"{heading} === 'Records'")
    await at.press("a[href='/desk/records/patterns']", f"{heading} === 'What sells fast'")
    await at.look()


@pytest.mark.timeout(400)
async def test_a_merchandiser_runs_a_show_by_keyboard_on_a_phone_and_on_a_desktop(
    empty_shop: RunningShop, browser: Browser
) -> None:
    for window, width in (("on a phone", 390), ("on a desktop", 1280)):
        first, second = f"Round sieve {window}", f"Long spoon {window}"
        async with at_the_keyboard(browser, empty_shop, width) as at:
            await fill_the_queue(at, window)
            await give_a_photo(at, first)
            await bring_to_the_front(at, first)
            await run_the_show(at, empty_shop, first, second)
            await read_what_sold(at, first)
