"""What a screen reader hears of a bar that moves five times a second."""

from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from tests.factories.wire import Wire

PATIENCE_MS = 10_000
STEPS = [75, 50, 25, 10, 5, 1]
DECIDE = """async ([news, memory, now]) => {
    const { src } = document.querySelector("script[type=module]");
    return (await import(src.replace("live.js", "speech.js"))).decide(memory, news, now);
}"""


@pytest.fixture(scope="module")
async def page(standing_shop: Any, browser: Browser) -> Any:
    """The live page, whose modules can be had one by one."""
    async with await browser.new_context() as context:
        page = await context.new_page()
        await page.goto(standing_shop.address)
        yield page


def news(percent: int, **more: Any) -> dict[str, Any]:
    whole = {"deal": "7", "phase": "live", "percent": percent, "left": f"{percent} percent left"}
    return whole | {"opening": "New deal: A Comb.", "ending": "Sold out.", "stall": ""} | more


class Listener:
    """Hears one piece of news after the other, at the times that it is given."""

    def __init__(self, page: Page) -> None:
        self.page, self.memory, self.again = page, None, 0

    async def hear(self, now: int, percent: int, **more: Any) -> str:
        """What is said. Times are ms."""
        decision = await self.page.evaluate(DECIDE, [news(percent, **more), self.memory, now])
        self.memory, self.again = decision["memory"], decision["again"]
        return str(decision["say"])


async def test_what_came_with_the_page_is_not_said(page: Page) -> None:
    for percent in (100, 75, 33, 1):
        assert await Listener(page).hear(0, percent) == ""


@pytest.mark.parametrize("step", STEPS)
async def test_each_step_is_said_when_it_is_reached_and_not_before(page: Page, step: int) -> None:
    listener = Listener(page)
    await listener.hear(0, step + 1)
    assert await listener.hear(1, step + 1) == ""
    assert await listener.hear(2, step) == f"{step} percent left."
    assert await listener.hear(PATIENCE_MS * 2, step) == ""


async def test_a_jump_over_several_steps_is_said_once(page: Page) -> None:
    listener = Listener(page)
    await listener.hear(0, 100)
    assert await listener.hear(1, 8) == "8 percent left."
    assert await listener.hear(PATIENCE_MS * 2, 8) == ""
    assert await listener.hear(PATIENCE_MS * 3, 6) == ""


async def test_two_steps_within_10_seconds_are_10_seconds_apart(page: Page) -> None:
    listener = Listener(page)
    await listener.hear(0, 100)
    assert await listener.hear(1000, 75) == "75 percent left."
    assert await listener.hear(3000, 50) == ""
    assert listener.again == 8000
    assert await listener.hear(1000 + PATIENCE_MS - 1, 48) == ""
    assert listener.again == 1
    assert await listener.hear(1000 + PATIENCE_MS, 47) == "47 percent left."
    assert listener.again == 0


async def test_what_went_back_up_meanwhile_is_not_said(page: Page) -> None:
    listener = Listener(page)
    await listener.hear(0, 100)
    await listener.hear(1000, 75)
    assert await listener.hear(2000, 50) == ""
    assert await listener.hear(2500, 51) == ""
    assert listener.again == 0
    assert await listener.hear(1000 + PATIENCE_MS, 50) == "50 percent left."


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"phase": "sold-out"}, "Sold out."),
        ({"phase": "paused", "ending": "Paused."}, "Paused."),
        ({"deal": "8"}, "New deal: A Comb."),
        ({"deal": "", "phase": "closed", "opening": "The shelf is empty."}, "The shelf is empty."),
        ({"stall": "It stalls."}, "It stalls."),
    ],
)
async def test_sold_out_a_stall_and_a_new_deal_are_said_at_once(
    page: Page, change: dict[str, Any], said: str
) -> None:
    listener = Listener(page)
    await listener.hear(0, 100)
    assert await listener.hear(1000, 75) == "75 percent left."
    assert await listener.hear(1001, 74, **change) == said
    assert await listener.hear(1002, 74, **change) == ""


async def test_a_stall_is_said_once_and_another_one_again(page: Page) -> None:
    listener = Listener(page)
    await listener.hear(0, 40, stall="17 to go.")
    assert await listener.hear(1, 39, stall="16 to go.") == ""
    assert await listener.hear(2, 38) == ""
    assert await listener.hear(3, 37, stall="14 to go.") == "14 to go."


async def test_a_step_soon_after_what_is_said_at_once_waits_its_10_seconds(page: Page) -> None:
    listener = Listener(page)
    await listener.hear(0, 10)
    assert await listener.hear(1000, 100, deal="8") == "New deal: A Comb."
    assert await listener.hear(4000, 75, deal="8") == ""
    assert listener.again == 7000
    assert await listener.hear(5000, 0, deal="8", phase="sold-out") == "Sold out."
    assert listener.again == 0


async def test_a_show_that_goes_on_is_said_with_what_is_left(page: Page) -> None:
    listener = Listener(page)
    await listener.hear(0, 30, phase="paused")
    assert await listener.hear(1, 20, phase="paused") == ""
    assert await listener.hear(2, 20) == "On sale. 20 percent left."


async def test_the_page_says_it_where_a_screen_reader_listens(wire: Wire, browser: Browser) -> None:
    async with await browser.new_context() as context:
        await context.clock.install()
        page = await context.new_page()
        await page.goto(wire.address)
        await wire.until_open(1)
        voice = page.locator("#speech[role=status]")
        now = await page.evaluate("fetch('/api/v1/live').then(answer => answer.json())")
        show, deal = now["show"], now["deal"]
        wire.say(
            "live", {**now, "stock": {"left_percent": 90, "left": None}, "deal": {**deal, "id": 99}}, "999-1"
        )
        await expect(voice).to_have_text(f"New deal: {deal['title']}, {deal['price']['text']}.")
        for n, percent in enumerate((70, 45)):
            stock = {"left_percent": percent, "left": None}
            wire.say(
                "stock",
                {"deal_id": 99, "stock": stock, "pace": None, "crowd": {"watching": 1}},
                f"999-{n + 2}",
            )
        await expect(voice).to_contain_text("New deal")
        await context.clock.run_for(PATIENCE_MS)
        await expect(voice).to_have_text("45 percent left.")
        last = {**now, "deal": {**deal, "id": 99}, "stock": {"left_percent": 45, "left": None}}
        wire.say("live", {**last, "stall": {"to_go": 17}}, "999-4")
        await expect(voice).to_have_text(
            f"{deal['title']} is holding up the Woot-Off. 17 to go. Help sell it out."
        )
        wire.say("live", {**last, "show": {**show, "phase": "sold-out"}}, "999-5")
        await expect(voice).to_have_text("Sold out. Every last one has found a home.")
