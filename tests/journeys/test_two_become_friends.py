"""Two people become friends by a link; one recommends what is live, and the other buys it by that, without a script."""

import re

from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, Page, expect

from tests.factories.running_shop import RunningShop
from tests.journeys.conftest import complaints
from tests.journeys.test_passing_a_link_on import sign_up

ADVICE = "Mine runs every day."


async def flaws(page: Page) -> list[str]:
    """What axe finds."""
    found = await Axe().run(page)
    return [violation["id"] for violation in found.response["violations"]]


async def test_one_recommends_and_the_other_buys(shop: RunningShop, browser: Browser) -> None:
    bea = await (await browser.new_context(color_scheme="dark")).new_page()
    heard = complaints(bea)
    await bea.goto(f"{shop.address}/sign-up?next=/friends")
    await sign_up(bea, "Bea")
    await bea.get_by_role("button", name="Make a link instead").click()
    link = await bea.get_by_label("A link for one person").input_value()

    looks = await (await browser.new_context()).new_page()
    await looks.goto(link)
    assert await flaws(looks) == []
    bob = await (await browser.new_context(java_script_enabled=False)).new_page()
    await bob.goto(link)
    await expect(bob.get_by_role("heading", level=1)).to_have_text("Bea invites you")
    await bob.get_by_role("link", name="make an account").click()
    await sign_up(bob, "Bob")
    await bob.get_by_role("button", name="Yes, be friends").click()
    await expect(bob.get_by_role("status")).to_have_text("Now you are on each other's lists.")

    await bea.goto(f"{shop.address}/friends")
    await bea.get_by_label("Recommend it to your friends").fill(ADVICE)
    await bea.get_by_role("button", name="Recommend it").click()
    await expect(bea.get_by_role("status")).to_have_text("Your friends see it now, by your link.")
    assert await flaws(bea) == []

    kept = await bob.context.storage_state()
    scripted = await (await browser.new_context(storage_state=kept, color_scheme="dark")).new_page()
    await scripted.goto(shop.address)
    await expect(scripted.get_by_text("Bea recommends this:")).to_be_visible()
    assert await flaws(scripted) == []

    await bob.goto(shop.address)
    await expect(bob.get_by_text("Bea recommends this:")).to_contain_text(ADVICE)
    await bob.get_by_role("link", name="See it by their link").click()
    await bob.get_by_role("button", name="I want one").click()
    await expect(bob).to_have_url(re.compile(r"/orders/[\w-]{16}$"))
    assert shop.command("verify").returncode == 0
    assert heard == []
