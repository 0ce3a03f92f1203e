"""One reward that something is wrong with, a clock that is put back, and people who empty an account in time."""

import pytest
from msgspec.structs import replace
from sqlalchemy import insert, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.identity import Address, keep_address
from app.identity.tables import shoppers
from app.payments import Money
from app.platform.proof import examine
from app.sharing import Evidence, RewardTerms, issue_pot, terms_of
from app.sharing.audit import PROMISES
from app.sharing.link_tables import share_links
from app.sharing.pots import LAST_PAYMENTS
from app.sharing.reward_case import RETURN_WINDOW
from app.sharing.rewards import PUT_OFF
from tests.factories.audit import broken
from tests.factories.rewards import DAY, DEAL, Crowd
from tests.factories.sales import people
from tests.factories.settlement import HOME

WINDOW = RETURN_WINDOW.total_seconds()
ITS_TIME = (RETURN_WINDOW + LAST_PAYMENTS).total_seconds()
TOO_MUCH = RewardTerms("USD", 2**31 - 1)  # for two it is more than a coupon can be worth
BROKEN_DEAL = DEAL + 1


async def test_a_reward_that_cannot_be_given_holds_up_nobody_and_is_tried_again(crowd: Crowd) -> None:
    ada, bea = await people(crowd.engine, 2)
    await crowd.terms()
    await crowd.terms(TOO_MUCH, deal=BROKEN_DEAL)
    first = await crowd.help(bea, ada)
    wrong = await crowd.help(bea, ada, 2, deal=BROKEN_DEAL)
    crowd.clock.advance(1)
    last = await crowd.help(bea, ada)
    await crowd.round()
    assert [await crowd.coupon(order) for order in (first, wrong, last)] == [
        ("pending", 250),
        (None, 0),
        ("pending", 250),
    ]
    assert await crowd.round() == 0, "it is not asked for without end"
    await crowd.assert_the_books_are_right()
    crowd.clock.advance(PUT_OFF.total_seconds())
    async with crowd.engine.begin() as connection:  # somebody has seen to it
        await connection.execute(
            text("UPDATE reward_terms SET reward = 100 WHERE deal_id = :deal"), {"deal": BROKEN_DEAL}
        )
    await crowd.round()
    assert await crowd.coupon(wrong) == ("pending", 200)
    await crowd.assert_the_books_are_right()


async def test_a_pot_that_cannot_be_split_holds_up_no_other_and_no_reward(crowd: Crowd) -> None:
    ada, bea = await people(crowd.engine, 2)
    await crowd.terms()
    orders = [await crowd.help(bea, ada, deal=deal) for deal in (DEAL, BROKEN_DEAL)]
    await crowd.paid(*orders)
    async with crowd.engine.begin() as connection:
        for deal in (DEAL, BROKEN_DEAL):
            await issue_pot(connection, deal, Money(1000, "USD"), crowd.clock.now())
        # A part of it is shared, by a hand that was not ours.
        share = {"deal": BROKEN_DEAL, "helper": bea}
        await connection.execute(
            text("INSERT INTO pot_shares (deal_id, helper_id, units, amount) VALUES (:deal, :helper, 1, 0)"),
            share,
        )
    await crowd.round()
    crowd.clock.advance(ITS_TIME)
    late = await crowd.help(bea, ada)
    await crowd.round()
    assert await crowd.coupon(late) == ("pending", 250)
    async with crowd.engine.connect() as connection:
        due = await connection.execute(text("SELECT deal_id, due_at FROM pots ORDER BY deal_id"))
        assert [tuple(row) for row in due] == [(DEAL, None), (BROKEN_DEAL, crowd.clock.now() + PUT_OFF)]


async def test_what_is_said_last_of_a_reward_holds_though_the_clock_was_put_back(crowd: Crowd) -> None:
    ada, bea = await people(crowd.engine, 2)
    await crowd.terms(RewardTerms("USD", 100))
    crowd.clock.advance(-30)
    await crowd.terms(RewardTerms("USD", 300))
    crowd.clock.advance(60)
    order = await crowd.help(bea, ada)
    await crowd.round()
    assert await crowd.coupon(order) == ("pending", 300)
    async with crowd.engine.connect() as connection:
        assert await terms_of(connection, DEAL) == RewardTerms("USD", 300)


async def live_at(crowd: Crowd, address: Address, *shopper_ids: int) -> None:
    async with crowd.engine.begin() as connection:
        for shopper_id in shopper_ids:
            await keep_address(connection, shopper_id, address)


async def test_who_lives_at_one_address_when_it_is_paid_cannot_earn_by_moving_away_after_it(
    crowd: Crowd,
) -> None:
    ada, bea = await people(crowd.engine, 2)
    await crowd.terms()
    order, other = await crowd.help(bea, ada), await crowd.help(bea, ada)
    await crowd.round()
    assert await crowd.coupon(order) == ("pending", 250)
    await crowd.paid(other)
    await crowd.round()
    await live_at(crowd, HOME, ada, bea)
    await crowd.paid(order)
    await crowd.round()
    found = await crowd.standing(order)
    assert (found.verdict, found.why, found.state) == ("held", "address", "pending")
    assert (await crowd.standing(other)).verdict == "earns", "the control: it was paid before"
    await live_at(crowd, replace(HOME, street="9 Dock Road"), ada)
    crowd.clock.advance(WINDOW)
    await crowd.round()
    assert await crowd.coupon(order) == ("pending", 250), "somebody of the staff looks"
    assert await crowd.coupon(other) == ("ready", 250)
    await crowd.assert_the_books_are_right()


async def test_a_parcel_that_goes_to_the_helpers_address_is_held_wherever_the_buyer_says_they_live(
    crowd: Crowd,
) -> None:
    ada, bea = await people(crowd.engine, 2)
    await crowd.terms()
    parcels: dict[str, Address] = {}

    async def sent_to(_: AsyncConnection, order_id: str) -> Address | None:
        return parcels.get(order_id)

    crowd.evidence = Evidence(sent_to=sent_to)
    await live_at(crowd, HOME, bea)
    await live_at(crowd, replace(HOME, street="9 Dock Road"), ada)
    order, other = await crowd.help(bea, ada), await crowd.help(bea, ada)
    parcels[order] = replace(HOME, name="Somebody Else", street="12 mill lane")
    parcels[other] = replace(HOME, street="9 Dock Road")
    await crowd.paid(order, other)
    await crowd.round()
    assert [(await crowd.standing(one)).why for one in (order, other)] == ["address", ""]


async def test_a_buyer_who_deletes_the_account_before_the_coupon_is_ready_is_looked_at(crowd: Crowd) -> None:
    ada, bea = await people(crowd.engine, 2)
    await crowd.terms()
    order = await crowd.help(bea, ada)
    await crowd.paid(order)
    await crowd.round()
    async with crowd.engine.begin() as connection:
        await connection.execute(
            update(shoppers).where(shoppers.c.id == ada).values(email=None, password_hash=None, name="")
        )
    crowd.clock.advance(WINDOW)
    await crowd.round()
    found = await crowd.standing(order)
    assert (found.verdict, found.why, found.state) == ("held", "buyer-gone", "pending")
    await crowd.assert_the_books_are_right()


async def test_a_link_that_leads_to_another_still_says_in_which_browser_it_was_made(crowd: Crowd) -> None:
    """Made on the telephone, and again on the computer before the sign-in there; bought on the computer."""
    ada, bea = await people(crowd.engine, 2)
    await crowd.terms()
    now = crowd.clock.now()
    link = {"deal_id": DEAL, "left_percent": 50, "made_at": now}
    none = {"shopper_id": None, "stands_for": None}
    async with crowd.engine.begin() as connection:
        for row in (
            {**none, "code": "telephone", "shopper_id": bea, "device": "telephone"},
            {**none, "code": "computer", "stands_for": "telephone", "device": "computer"},
            {**none, "code": "other", "shopper_id": ada, "device": "computer", "deal_id": DEAL - 1},
        ):
            await connection.execute(insert(share_links).values(**{**link, **row}))
    order = await crowd.help(bea, ada, link="telephone")
    await crowd.round()
    assert (await crowd.standing(order)).why == "device"


@pytest.mark.parametrize("days", [0, 20])
async def test_an_order_that_is_judged_again_keeps_its_one_coupon(crowd: Crowd, days: int) -> None:
    ada, bea = await people(crowd.engine, 2)
    await crowd.terms()
    order = await crowd.help(bea, ada, 2)
    await crowd.round()
    before = await crowd.standing(order)
    crowd.clock.advance(days * DAY)
    await crowd.paid(order)
    await crowd.paid(order)  # told again, nothing happens
    await crowd.round()
    assert replace(await crowd.standing(order), expires_at=None) == replace(before, expires_at=None)
    crowd.clock.advance(WINDOW - 1)
    assert await crowd.round() == 0
    crowd.clock.advance(1)
    await crowd.round()
    assert await crowd.coupon(order) == ("ready", 500)
    async with crowd.engine.connect() as connection:
        assert await connection.scalar(text("SELECT count(*) FROM coupons")) == 1
        assert broken(await examine(connection, PROMISES)) == {}
