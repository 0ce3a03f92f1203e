"""Somebody makes an account, a passkey and a new password, comes back by mail, and leaves for good."""

import asyncio
import email
import re
from collections.abc import AsyncIterator
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, BrowserContext, Page, expect

from tests.factories.running_shop import RunningShop
from tests.factories.shoppers import PASSWORD
from tests.journeys.conftest import complaints
from tests.journeys.test_a_whole_sale import shoot, sign_up_on

CHIP: dict[str, Any] = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture
def site(standing_shop: RunningShop) -> str:
    """Passkeys want a host name, and of plain http this one only."""
    return standing_shop.address.replace("127.0.0.1", "localhost")


@pytest.fixture
async def context(browser: Browser) -> AsyncIterator[BrowserContext]:
    """A browser on a desk."""
    context = await browser.new_context(viewport={"width": 1280, "height": 900})
    yield context
    await context.close()


async def with_chip(page: Page) -> Any:
    """Chromium's own virtual authenticator, as a laptop has one; answers the session that commands it."""
    session = await page.context.new_cdp_session(page)
    await session.send("WebAuthn.enable", {"enableUI": False})
    added = await session.send("WebAuthn.addVirtualAuthenticator", {"options": CHIP})
    return session, added["authenticatorId"]


async def somebody_new(page: Page, site: str, name: str) -> str:
    """Sign up, and answer the e-mail address."""
    await page.goto(f"{site}/sign-up?next=/account")
    await sign_up_on(page, name)
    await expect(page.get_by_role("heading", name="Your account")).to_be_visible()
    return await page.get_by_label("Email").input_value()


async def make_passkey(page: Page, name: str) -> None:
    """On the account's page."""
    await page.get_by_label("A name for the new one").fill(name)
    await page.get_by_role("button", name="Add a passkey").click()
    await expect(page.get_by_text("Your new passkey is ready.")).to_be_visible()


async def sign_out(page: Page) -> None:
    """By the button at the foot of every page."""
    await page.get_by_role("button", name="Sign out", exact=True).click()
    await expect(page.get_by_role("link", name="Sign in")).to_be_visible()


async def mail_to(shop: RunningShop, address: str, subject: str) -> str:
    """The text of a mail, waited for in the folder where a shop without a mail server keeps them."""
    folder = Path(shop.environment["BREADMAKER_DATA"]) / "mails"
    async with asyncio.timeout(60):
        while True:
            for file in folder.glob("*.eml"):
                mail = email.message_from_bytes(file.read_bytes(), policy=default)
                if address in str(mail["To"]) and mail["Subject"] == subject:
                    return str(mail.get_body().get_content())  # type: ignore[union-attr]
            await asyncio.sleep(0.05)


async def test_a_passkey_is_made_named_used_and_removed(context: BrowserContext, site: str) -> None:
    page = await context.new_page()
    heard = complaints(page)
    session, chip = await with_chip(page)
    await somebody_new(page, site, "Pia")
    await make_passkey(page, "Laptop")
    credentials = (await session.send("WebAuthn.getCredentials", {"authenticatorId": chip}))["credentials"]
    assert [one["rpId"] for one in credentials] == ["localhost"]
    await shoot(page, "account-passkey")

    await sign_out(page)
    await page.goto(f"{site}/sign-in?next=/account")
    # Chromium's authenticator answers the suggestion in the e-mail field at once, as if it had been picked.
    await expect(page.get_by_role("heading", name="Your account")).to_be_visible()
    await expect(page.get_by_text("last used")).to_be_visible()

    await page.get_by_text("Change Laptop").click()
    await page.get_by_label("Its name").fill("Old laptop")
    await page.locator("details").get_by_role("button", name="Save").click()
    await expect(page.get_by_text("Old laptop").first).to_be_visible()
    await page.get_by_text("Change Old laptop").click()
    await page.get_by_role("button", name="Remove Old laptop").click()
    await expect(page.get_by_text("lets nobody in any more")).to_be_visible()
    assert heard == []

    await sign_out(page)
    await page.goto(f"{site}/sign-in?next=/account")
    await expect(page.get_by_text("This passkey is not known here")).to_be_visible()


async def test_the_button_signs_in_where_a_browser_suggests_nothing(
    context: BrowserContext, site: str
) -> None:
    await context.add_init_script("delete PublicKeyCredential.isConditionalMediationAvailable")
    page = await context.new_page()
    await with_chip(page)
    await somebody_new(page, site, "Quin")
    await make_passkey(page, "Key")
    await sign_out(page)
    await page.goto(f"{site}/sign-in?next=/account")
    await page.get_by_role("button", name="Use a passkey").click()
    await expect(page.get_by_role("heading", name="Your account")).to_be_visible()


async def test_an_authenticator_that_does_not_know_its_holder_is_refused(
    context: BrowserContext, site: str
) -> None:
    page = await context.new_page()
    session, chip = await with_chip(page)
    await session.send("WebAuthn.setUserVerified", {"authenticatorId": chip, "isUserVerified": False})
    await somebody_new(page, site, "Rae")
    await page.get_by_role("button", name="Add a passkey").click()
    await expect(page.get_by_text("No passkey was used.")).to_be_visible()


async def test_a_link_by_mail_signs_in_once_also_without_scripts(
    context: BrowserContext, browser: Browser, site: str, standing_shop: RunningShop
) -> None:
    page = await context.new_page()
    address = await somebody_new(page, site, "Sam")
    elsewhere = await browser.new_context(java_script_enabled=False, viewport={"width": 390, "height": 844})
    phone = await elsewhere.new_page()
    await phone.goto(f"{site}/sign-in?next=/account")
    await phone.get_by_label("Email").fill(address)
    await phone.get_by_role("button", name="Mail me a link").click()
    await expect(phone.get_by_role("heading", name="Look into your mail")).to_be_visible()
    await shoot(phone, "mailed-phone")
    text = await mail_to(standing_shop, address, "Your link to sign in")
    link = re.search(r"http\S+/sign-in/link/\S+", text)
    assert link is not None, text
    for _ in range(2):  # looking does no harm
        await phone.goto(link[0])
    await expect(phone.get_by_text("s…@example.com")).to_be_visible()
    await shoot(phone, "link-phone")
    await phone.locator("main button").click()
    await expect(phone.get_by_role("heading", name="Your account")).to_be_visible()
    await phone.goto(link[0])
    await expect(phone.get_by_text("This link does not work any more").first).to_be_visible()

    await page.reload()
    await page.get_by_role("button", name="Sign out everywhere else").click()
    await expect(page.get_by_text("Signed out everywhere else.")).to_be_visible()
    await phone.goto(f"{site}/account")
    await expect(phone.get_by_role("heading", name="Sign in")).to_be_visible()
    await elsewhere.close()


async def test_the_pages_are_in_order_by_keyboard_and_by_axe_in_light_and_dark(
    browser: Browser, site: str
) -> None:
    for scheme, width in (("light", 1280), ("dark", 390)):
        context = await browser.new_context(
            color_scheme=scheme,  # type: ignore[arg-type]
            viewport={"width": width, "height": 900},
        )
        page = await context.new_page()
        await with_chip(page)
        heard = complaints(page)
        await somebody_new(page, site, "T" * 40)  # no place to break the line
        await make_passkey(page, "Key")
        await page.get_by_text("Change Key").click()
        await _orderly(page, f"account-{scheme}-{width}")
        for path, name in (("/account/deletion", "deletion"), ("/promises", "promises")):
            await page.goto(f"{site}{path}")
            await _orderly(page, f"{name}-{scheme}-{width}")
        await context.clear_cookies()
        await (await page.context.new_cdp_session(page)).send("WebAuthn.disable")
        await page.goto(f"{site}/sign-in?next=/account&again=1")
        await _orderly(page, f"sign-in-{scheme}-{width}")
        assert heard == []
        await context.close()


async def _orderly(page: Page, name: str) -> None:
    found = await Axe().run(page)
    await shoot(page, name)
    assert found.violations_count == 0, found.generate_report()
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name


async def test_an_account_is_exported_and_deleted_by_keyboard(context: BrowserContext, site: str) -> None:
    page = await context.new_page()
    address = await somebody_new(page, site, "Uma")
    exported = await context.request.get(f"{site}/account/export")
    assert (await exported.json())["account"]["email"] == address
    await page.goto(f"{site}/account/deletion")
    await page.get_by_label("Delete the account").focus()
    await page.keyboard.press("Space")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("link", name="Sign in")).to_be_visible()
    await page.goto(f"{site}/sign-in")
    await page.get_by_label("Email").fill(address)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign in", exact=True).click()
    await expect(page.get_by_text("Wrong e-mail address or password")).to_be_visible()
