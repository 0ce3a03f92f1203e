"""Cards on file, as a browser without scripts sees them; their numbers are typed at the bank's."""

import re
from collections.abc import AsyncIterator

import pytest

from tests.factories.house import House
from tests.factories.identity import MovableClock
from tests.factories.payments import APPROVES, DECLINES
from tests.factories.window_shopper import WindowShopper, window_shopper

pytestmark = pytest.mark.usefixtures("nobody_settles")

FOREIGN = {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.test"}


@pytest.fixture
async def wendy(house: House) -> AsyncIterator[WindowShopper]:
    """Somebody who has just signed up."""
    async with window_shopper(house) as shopper:
        yield shopper


async def cards(shopper: WindowShopper) -> list[str]:
    """The ids of those that can be removed."""
    return re.findall(r"/account/cards/([\w-]+)/removal", await shopper.sees("/account"))


async def charged(shopper: WindowShopper) -> str:
    """The card that pays."""
    found = re.search(r"<b>([^<]*)</b> <span class=\"here\">pays", await shopper.sees("/account"))
    return found[1] if found else ""


async def test_a_card_is_added_chosen_and_forgotten(wendy: WindowShopper, clock: MovableClock) -> None:
    assert "None yet. We ask for one when you buy." in await wendy.sees("/account")
    for number in (APPROVES, "5555555555554444"):
        assert await wendy.types_card(number) == "/account?done=card"
        clock.advance(1)  # the newest is the first
    assert "That card is charged from now on." in await wendy.sees("/account?done=card")
    assert await charged(wendy) == "Mastercard ending in 4444"
    first = (await cards(wendy))[1]
    assert (await wendy.sends(f"/account/cards/{first}/choice")).headers["location"] == "/account?done=card"
    assert await charged(wendy) == "Visa ending in 4242"
    await wendy.sends(f"/account/cards/{first}/removal")
    assert await charged(wendy) == "Mastercard ending in 4444", "the other one takes its place"
    assert len(await cards(wendy)) == 1


async def test_no_number_of_a_card_comes_to_us(wendy: WindowShopper) -> None:
    await wendy.types_card(APPROVES)
    for path in ("/account", "/account/export"):
        text = await wendy.sees(path)
        assert "4242" in text
        assert APPROVES not in text


async def test_whoever_turns_back_at_the_bank_has_no_card(wendy: WindowShopper) -> None:
    for form in ("", "nonsense", "%00", "x" * 5000):
        answer = await wendy.browser.get(f"/account/cards/kept?form={form}")
        assert answer.headers["location"] == "/account?done=no-card"
    blank = (await wendy.browser.get("/account/cards/new")).headers["location"].rpartition("/")[2]
    answer = await wendy.browser.get(f"/account/cards/kept?form={blank}")
    assert answer.headers["location"] == "/account?done=no-card"
    assert await cards(wendy) == []


async def test_anothers_card_is_as_good_as_none(house: House, wendy: WindowShopper) -> None:
    await wendy.types_card(APPROVES)
    (card,) = await cards(wendy)
    form = (await wendy.browser.get("/account/cards/new")).headers["location"]
    async with window_shopper(house, "eve@example.com") as eve:
        for path in ("choice", "removal"):
            for name in (card, "nobodys", "a%00b"):
                assert (await eve.sends(f"/account/cards/{name}/{path}")).status_code == 404
        assert (await eve.sends("/orders/x/cards", card=card)).status_code == 404
        await eve.sends(
            form, number=DECLINES
        )  # a form is whoever's who knows its name; the card is its owner's
        kept = f"/account/cards/kept?form={form.rpartition('/')[2]}"
        assert (await eve.browser.get(kept)).headers["location"] == "/account?done=no-card"
        assert await cards(eve) == []
    assert await cards(wendy) == [card]
    assert (await wendy.browser.get(kept)).headers["location"] == "/account?done=card", "its owner gets it"
    assert (await wendy.sends(f"/account/cards/{card}/removal")).status_code == 303, "and removes the first"


async def test_another_sites_form_changes_no_card(wendy: WindowShopper) -> None:
    await wendy.types_card(APPROVES)
    await wendy.types_card(DECLINES)
    before = await cards(wendy), await charged(wendy)
    for card in before[0]:
        for path in ("choice", "removal"):
            address = f"/account/cards/{card}/{path}"
            assert (await wendy.browser.post(address, headers=FOREIGN)).status_code == 403
    assert (await cards(wendy), await charged(wendy)) == before
    assert (await wendy.sends(f"/account/cards/{before[0][0]}/removal")).status_code == 303, "ours does"
    assert await cards(wendy) == before[0][1:]


async def test_nobody_opens_the_banks_form_again_and_again(wendy: WindowShopper) -> None:
    answers = [await wendy.browser.get("/account/cards/new") for _ in range(21)]
    assert [answer.status_code for answer in answers] == [303] * 20 + [429]
    assert "retry-after" in answers[-1].headers
