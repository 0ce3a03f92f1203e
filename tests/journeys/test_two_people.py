"""Two people: one's link sells to the other, a fortnight goes by, and the coupon that it earned is spent."""

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from playwright.async_api import Browser, Page, expect
from redis.asyncio import Redis
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from app.platform.clock import SystemClock
from app.platform.embedded import EmbeddedServers
from app.sales import standing_units
from app.sharing import Evidence, Rewarding
from app.sharing.reward_case import RETURN_WINDOW
from app.sharing.reward_tables import rewards
from app.sharing.tables import coupons
from app.stream import Stream
from tests.conftest import FrozenClock
from tests.factories.running_shop import RunningShop, running_shop
from tests.factories.shoppers import PASSWORD
from tests.journeys.conftest import complaints
from tests.journeys.test_an_order import type_address
from tests.journeys.test_passing_a_link_on import flaws, sign_up

LOAF = {
    "title": "Loaf Pan",
    "price": 1299,
    "quantity": 10,
    "reward": 250,
    "friend_discount": 200,
}
API = "/api/v1"


@pytest.fixture
async def loaf_shop(
    servers: EmbeddedServers, engine: AsyncEngine, redis: Redis, tmp_path: Path
) -> AsyncIterator[RunningShop]:
    """A shop that sells one thing, which brings helpers $2.50 and takes $2.00 off for friends."""
    with running_shop(servers, tmp_path, "up", SAMPLE="off", PASSWORD=PASSWORD) as shop:
        added = await asyncio.to_thread(
            shop.command, "staff", "add", "mia@example.com", "--role", "merchandiser"
        )
        assert added.returncode == 0, added.stderr
        async with httpx.AsyncClient(base_url=f"{shop.address}{API}", timeout=60) as desk:
            who = {"email": "mia@example.com", "password": PASSWORD}
            desk.headers["Authorization"] = f"Bearer {(await desk.post('/tokens', json=who)).json()['token']}"
            assert (await desk.post("/staff/deals", json=LOAF)).status_code == 201
            started = await desk.put("/staff/show", json={"mode": "woot-off", "paused": False})
            assert started.status_code == 200, started.text
        yield shop


async def shown_in_time(page: Page, text: str) -> None:
    """Look again and again, until the page has these words."""
    async with asyncio.timeout(60):
        while text not in " ".join((await page.locator("main").inner_text()).split()):
            await asyncio.sleep(0.1)
            await page.reload()


async def a_fortnight_later(engine: AsyncEngine, redis: Redis) -> str:
    """Another process, by whose clock the order can not be sent back any more; the coupon that is ready now."""
    clock = FrozenClock()
    clock.moment = SystemClock().now() + RETURN_WINDOW + timedelta(minutes=1)
    rewarding = Rewarding(engine, Evidence(), standing_units, Stream(engine, redis, redis, clock), clock)
    ready = select(coupons.c.code).where(coupons.c.state == "ready")
    async with asyncio.timeout(60):
        while True:
            await rewarding.round()
            async with engine.connect() as connection:
                code = await connection.scalar(ready)
            if code is not None:
                return str(code)
            await asyncio.sleep(0.1)


async def test_ones_link_sells_to_the_other_and_the_coupon_is_spent(
    loaf_shop: RunningShop, browser: Browser, engine: AsyncEngine, redis: Redis
) -> None:
    shop = loaf_shop
    bea = await (await browser.new_context()).new_page()
    heard = complaints(bea)
    await bea.goto(f"{shop.address}/sign-up")
    await sign_up(bea, "Bea")
    await bea.wait_for_url(f"{shop.address}/")
    await bea.get_by_role("button", name="Help sell this out").click()
    link = await bea.get_by_role("textbox", name="Your link").input_value()
    await bea.goto(link.replace("/h/", "/share/"))
    await bea.get_by_label("A word from you").fill("It fits every loaf.")
    await bea.get_by_role("button", name="Keep it").click()

    ann = await (await browser.new_context()).new_page()
    await ann.goto(link)
    await expect(ann.get_by_text("It fits every loaf.")).to_be_visible()
    await expect(ann.get_by_text("By a friend’s link: $10.99 each")).to_be_visible()
    assert await flaws(ann) == []
    await ann.get_by_role("button", name="I want one").click()
    await ann.get_by_role("link", name="Make an account").click()
    await sign_up(ann, "Ann")
    await expect(ann).to_have_url(re.compile(r"/orders/[\w-]{16}$"))
    await expect(ann.locator(".receipt")).to_contain_text("By a friend’s link")
    await expect(ann.locator(".receipt")).to_contain_text("$10.99")
    await type_address(ann, "Send it there")
    await expect(ann.get_by_text("That is where it goes.")).to_be_visible()

    await bea.goto(f"{shop.address}/shares")
    await shown_in_time(bea, "Ready none Pending $2.50")
    async with asyncio.timeout(60):
        while not await is_paid(engine):
            await asyncio.sleep(0.1)
    await bea.goto(shop.address)
    await expect(bea.get_by_label("Your coupons")).to_have_count(0)
    await a_fortnight_later(engine, redis)

    await bea.goto(f"{shop.address}/shares")
    await shown_in_time(bea, "Ready $2.50 Pending none")
    assert await flaws(bea) == []
    await bea.goto(shop.address)
    await bea.get_by_label("Your coupons").select_option("$2.50 off")
    assert await flaws(bea) == []
    await bea.get_by_role("button", name="I want one").click()
    await expect(bea.locator(".receipt")).to_contain_text("Your coupon")
    await expect(bea.locator(".receipt")).to_contain_text("$10.49")
    await bea.goto(f"{shop.address}/shares")
    await expect(bea.get_by_text("helped 1, took 1")).to_be_visible()
    await expect(bea.get_by_text("You have used it.")).to_be_visible()
    assert heard == []
    proof = await asyncio.to_thread(shop.command, "verify")
    assert proof.returncode == 0, proof.stdout


async def is_paid(engine: AsyncEngine) -> bool:
    """Whether the one order that was helped is."""
    async with engine.connect() as connection:
        return await connection.scalar(select(rewards.c.paid_at)) is not None
