"""An order's page, as a browser without scripts sees it, from the card that said no to the money that came back."""

from collections.abc import AsyncIterator

import pytest

from tests.factories.house import API, House
from tests.factories.identity import MovableClock
from tests.factories.payments import APPROVES, DECLINES, WANTS_A_STEP
from tests.factories.shipping import mark_shipped
from tests.factories.window_shopper import HOME, WindowShopper, a_live_deal, window_shopper

pytestmark = pytest.mark.usefixtures("nobody_settles")

FOREIGN = {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.test"}
OURS = {"Sec-Fetch-Site": "same-origin", "Origin": "http://shop.test"}


@pytest.fixture
async def wendy(house: House) -> AsyncIterator[WindowShopper]:
    """Somebody who has just signed up, with no card and no address."""
    async with window_shopper(house) as shopper:
        yield shopper


@pytest.fixture
async def deal(house: House) -> int:
    """What is for sale."""
    return await a_live_deal(house)


async def test_the_page_says_thank_you_and_nothing_else_is_for_sale_there(
    wendy: WindowShopper, deal: int
) -> None:
    order_id = await wendy.buys(deal)
    text = await wendy.sees(f"/orders/{order_id}")
    for words in ("Thank you", "You were the 1st", "What happens next", "$49.99"):
        assert words in text
    for sale in ('action="/buy"', "I want one", '<select name="quantity"'):
        assert sale not in text


async def test_a_card_that_says_no_is_mended_then_the_order_is_cancelled_and_the_money_goes_back(
    wendy: WindowShopper, deal: int
) -> None:
    await wendy.lives_somewhere()
    assert await wendy.types_card(DECLINES) == "/account?done=card"
    order_id = await wendy.buys(deal)
    page = f"/orders/{order_id}"
    assert await wendy.settled(order_id) == "declined"
    text = await wendy.sees(page)
    assert "Your card said no" in text
    assert "Your card was declined." in text
    assert "There is time until <b><time" in text

    assert await wendy.types_card(APPROVES, f"{page}/cards/new") == f"{page}?done=card"
    assert await wendy.settled(order_id) == "paid"
    assert "Paid, and on the packing table." in await wendy.sees(page)

    assert (await wendy.sends(f"{page}/cancellation")).headers["location"] == page
    assert "We are cancelling this order" in await wendy.sees(page)
    assert await wendy.settled(order_id) == "cancelled"
    text = await wendy.sees(page)
    assert "You cancelled this order." in text
    assert "$49.99 went back to your card on November 22." in text
    assert "Yes, cancel it" not in (await wendy.now(order_id))["cancel_words"]


async def test_one_of_the_cards_on_file_can_be_tried(
    wendy: WindowShopper, deal: int, clock: MovableClock
) -> None:
    await wendy.lives_somewhere()
    await wendy.types_card(APPROVES)
    clock.advance(1)  # the newest is the first
    await wendy.types_card(DECLINES)
    order_id = await wendy.buys(deal)
    assert await wendy.settled(order_id) == "declined"
    text = await wendy.sees(f"/orders/{order_id}")
    assert text.count("Try Visa ending in") == 2
    card = text.split('name="card" value="')[2].split('"')[0]
    answer = await wendy.sends(f"/orders/{order_id}/cards", card=card)
    assert answer.headers["location"] == f"/orders/{order_id}?done=card"
    assert await wendy.settled(order_id) == "paid"
    again = await wendy.sends(f"/orders/{order_id}/cards", card=card)
    assert again.headers["location"] == f"/orders/{order_id}?done=card-kept", "nothing waits for it any more"


async def test_an_address_is_asked_for_named_where_it_is_wrong_and_kept_for_next_time(
    wendy: WindowShopper, deal: int
) -> None:
    order_id = await wendy.buys(deal)
    page = f"/orders/{order_id}"
    assert await wendy.settled(order_id) == "paid", "nobody loses a unit to a form"
    text = await wendy.sees(page)
    assert "One thing is missing: where it goes." in text
    assert 'value="Wendy"' in text, "the name is there already"

    wrong = await wendy.sends(f"{page}/address", **HOME | {"street": "", "city": "x" * 400})
    assert wrong.status_code == 422
    assert "This is needed." in wrong.text
    assert "At most 100 characters." in wrong.text
    assert 'value="Ada Lovelace"' in wrong.text, "what was typed is still there"
    incomplete = await wendy.sends(f"{page}/address", **HOME | {"region": ""})
    assert "a state or province" in incomplete.text

    given = await wendy.sends(f"{page}/address", **HOME)
    assert given.headers["location"] == f"{page}?done=address"
    text = await wendy.sees(page)
    assert "12 Mill Lane, Chicago IL 60601, United States" in text
    assert (await wendy.now(order_id))["needs_address"] == ""

    another = await wendy.buys(deal)
    assert await wendy.settled(another) == "paid"
    assert "12 Mill Lane" in await wendy.sees(f"/orders/{another}")
    await wendy.sends(f"{page}/address", **HOME | {"street": "1 New Street"})
    assert (await wendy.browser.get(f"{API}/me/address")).json()["street"] == "12 Mill Lane"
    assert "1 New Street" in await wendy.sees(page), "this order goes elsewhere"
    assert "1 New Street" not in await wendy.sees(f"/orders/{another}")


async def test_a_bank_that_asks_is_visited_and_believed_on_the_way_back(
    wendy: WindowShopper, deal: int
) -> None:
    await wendy.lives_somewhere()
    await wendy.types_card(WANTS_A_STEP)
    order_id = await wendy.buys(deal)
    assert await wendy.settled(order_id) == "placed"
    assert "Your bank asks" in await wendy.sees(f"/orders/{order_id}")
    bank = (await wendy.browser.get(f"/orders/{order_id}/step")).headers["location"]
    assert "/payments/sandbox/steps/" in bank
    back = await wendy.sends(bank, agreed="true")
    assert back.headers["location"] == f"/orders/{order_id}"
    await wendy.sees(back.headers["location"])
    assert await wendy.settled(order_id) == "paid"
    nothing = await wendy.browser.get(f"/orders/{order_id}/step")
    assert nothing.headers["location"] == f"/orders/{order_id}", "there is none to take any more"


async def test_it_is_too_late_once_the_grace_is_over(
    wendy: WindowShopper, deal: int, clock: MovableClock
) -> None:
    await wendy.lives_somewhere()
    order_id = await wendy.buys(deal)
    page = f"/orders/{order_id}"
    assert await wendy.settled(order_id) == "paid"
    clock.advance(600)
    assert (await wendy.now(order_id))["cancel_until"] == ""
    answer = await wendy.sends(f"{page}/cancellation")
    assert answer.headers["location"] == f"{page}?done=too-late"
    assert "It is too late for that" in await wendy.sees(answer.headers["location"])
    assert await wendy.settled(order_id) == "paid"


async def test_an_order_whose_address_nobody_gave_is_cancelled_and_says_why(
    wendy: WindowShopper, deal: int, clock: MovableClock
) -> None:
    order_id = await wendy.buys(deal)
    assert await wendy.settled(order_id) == "paid"
    clock.advance(601)
    assert await wendy.settled(order_id) == "cancelled"
    text = await wendy.sees(f"/orders/{order_id}")
    assert "We were not told in time where it goes" in text
    assert "$49.99 went back to your card" in text


async def test_a_parcel_that_is_out_has_a_number_and_no_way_back(
    house: House, wendy: WindowShopper, deal: int, clock: MovableClock
) -> None:
    await wendy.lives_somewhere()
    order_id = await wendy.buys(deal)
    assert await wendy.settled(order_id) == "paid"
    async with house.app.state.engine.begin() as connection:
        assert await mark_shipped(connection, [order_id], "UPS", "1Z999", 1, clock.now()) == [order_id]
    text = await wendy.sees(f"/orders/{order_id}")
    assert "Handed over to UPS on November 22. Its tracking number is 1Z999." in text
    now = await wendy.now(order_id)
    assert (now["status"], now["cancel_until"], now["can_move"]) == ("Shipped", "", "")
    answer = await wendy.sends(f"/orders/{order_id}/cancellation")
    assert answer.headers["location"].endswith("?done=too-late")


async def test_nobody_sees_or_changes_anothers_order(house: House, wendy: WindowShopper, deal: int) -> None:
    order_id = await wendy.buys(deal)
    page = f"/orders/{order_id}"
    async with window_shopper(house, "eve@example.com") as eve:
        for path in (page, f"{page}/now", f"{page}/step", f"{page}/cards/new"):
            assert (await eve.browser.get(path)).status_code == 404, path
        for path in (f"{page}/address", f"{page}/cancellation"):
            assert (await eve.sends(path, **HOME)).status_code == 404, path
        assert await wendy.settled(order_id) == "paid"
        assert (await wendy.now(order_id))["goes_to"] == ""
    for path in (page, f"{page}/now"):
        assert (await wendy.browser.get(path)).status_code == 200, "its owner does"
    await wendy.sends(f"{page}/address", **HOME)
    assert (await wendy.now(order_id))["goes_to"]


async def test_another_sites_form_changes_no_order(wendy: WindowShopper, deal: int) -> None:
    order_id = await wendy.buys(deal)
    page = f"/orders/{order_id}"
    assert await wendy.settled(order_id) == "paid"
    for path in ("address", "cancellation", "cards"):
        answer = await wendy.browser.post(f"{page}/{path}", data=HOME, headers=FOREIGN)
        assert answer.status_code == 403, path
    now = await wendy.now(order_id)
    assert (now["goes_to"], now["headline"]) == ("", "Thank you")
    for path in ("address", "cancellation"):
        assert (await wendy.browser.post(f"{page}/{path}", data=HOME, headers=OURS)).status_code == 303
    assert (await wendy.now(order_id))["headline"] == "One moment", "our own is obeyed"


async def test_no_form_brings_more_than_it_asks_for(house: House, wendy: WindowShopper, deal: int) -> None:
    order_id = await wendy.buys(deal)
    assert await wendy.settled(order_id) == "paid"
    more = {"status": "shipped", "total": "1", "shopper_id": "1", "order_id": "x", "place": "7", "id": "x"}
    before = (await wendy.browser.get(f"{API}/orders/{order_id}")).json()
    answer = await wendy.sends(f"/orders/{order_id}/address", **HOME | more)
    assert answer.status_code == 303
    assert (await wendy.browser.get(f"{API}/orders/{order_id}")).json() == before
    assert (await wendy.now(order_id))["goes_to"], "what it asks for is taken"


@pytest.mark.parametrize("order_id", ["nobodys", "..%2f..", "%00", "a%00b", "x" * 300])
async def test_an_order_that_is_not_there_is_not_found(wendy: WindowShopper, order_id: str) -> None:
    for path in ("", "/now", "/step", "/cards/new"):
        assert (await wendy.browser.get(f"/orders/{order_id}{path}")).status_code == 404
    for path in ("/address", "/cancellation"):
        assert (await wendy.sends(f"/orders/{order_id}{path}", **HOME)).status_code == 404


async def test_whoever_is_not_signed_in_is_asked_to_and_comes_back_to_the_order(house: House) -> None:
    for path in (
        "/orders",
        "/orders/x",
        "/orders/x/now",
        "/orders/x/cards/new",
        "/orders/x/cards/kept?form=y",
    ):
        answer = await house.visitor.get(path)
        assert answer.status_code == 303
        assert answer.headers["location"].startswith("/sign-in?next=%2Forders")
    answer = await house.visitor.post("/orders/x/address", data=HOME)
    assert answer.headers["location"] == "/sign-in?next=%2Forders%2Fx", "the page that the form stood on"


async def test_what_the_page_asks_for_is_nobody_elses_and_kept_nowhere(
    wendy: WindowShopper, deal: int
) -> None:
    order_id = await wendy.buys(deal)
    for path in ("", "/now"):
        answer = await wendy.browser.get(f"/orders/{order_id}{path}")
        assert answer.headers["cache-control"] == "private, no-store"
