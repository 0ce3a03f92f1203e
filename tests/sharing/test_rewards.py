"""Rewards: promised with an order, ready when it is sold for good, taken back when it is not."""

from datetime import timedelta

import pytest
from sqlalchemy import insert, text, update

from app.identity import keep_address
from app.sharing import RewardTerms, decide_held, earned_of, held_rewards
from app.sharing.link_tables import share_links
from app.sharing.reward_case import COUPON_LIFE, RETURN_WINDOW
from app.sharing.rewards import Earned
from app.sharing.tables import coupons
from tests.factories.rewards import DAY, DEAL, Crowd
from tests.factories.sales import people
from tests.factories.settlement import HOME

WINDOW = RETURN_WINDOW.total_seconds()


async def test_a_reward_is_pending_with_the_order_and_ready_when_it_can_not_be_sent_back_any_more(
    crowd: Crowd,
) -> None:
    ada, bea = await people(crowd.engine, 2)
    await crowd.terms()
    order = await crowd.help(bea, ada, 2)
    assert await crowd.round() == 1
    assert await crowd.coupon(order) == ("pending", 500)
    await crowd.paid(order)
    await crowd.round()
    crowd.clock.advance(WINDOW - 1)
    assert await crowd.round() == 0
    assert await crowd.coupon(order) == ("pending", 500)
    async with crowd.engine.connect() as connection:
        assert await earned_of(connection, bea) == {DEAL: Earned(2, 500, 0)}
        assert await earned_of(connection, ada) == {}
    crowd.clock.advance(1)
    await crowd.round()
    found = await crowd.standing(order)
    assert (found.state, found.amount) == ("ready", 500)
    assert found.expires_at == crowd.clock.now() + COUPON_LIFE
    async with crowd.engine.connect() as connection:
        assert await earned_of(connection, bea) == {DEAL: Earned(2, 0, 500)}
    await crowd.assert_the_books_are_right()


@pytest.mark.parametrize("days", [0, 20])
async def test_what_an_order_earned_is_taken_back_when_it_is_cancelled_or_refunded(
    crowd: Crowd, days: int
) -> None:
    ada, bea = await people(crowd.engine, 2)
    await crowd.terms()
    order = await crowd.help(bea, ada)
    await crowd.paid(order)
    crowd.clock.advance(days * DAY)
    await crowd.round()
    crowd.clock.advance(days * DAY)
    await crowd.round()
    assert await crowd.coupon(order) == ("ready" if days else "pending", 250)
    await crowd.over(order)
    await crowd.round()
    assert await crowd.coupon(order) == ("void", 0)
    crowd.clock.advance(100 * DAY)
    assert await crowd.round() == 0
    await crowd.assert_the_books_are_right()


async def test_an_order_that_is_over_before_anybody_looked_earns_nothing(crowd: Crowd) -> None:
    ada, bea = await people(crowd.engine, 2)
    await crowd.terms()
    order = await crowd.help(bea, ada)
    await crowd.over(order)
    await crowd.round()
    assert await crowd.coupon(order) == (None, 0)
    await crowd.assert_the_books_are_right()


async def test_a_coupon_that_was_spent_comes_back_from_an_order_that_is_over_and_is_void_if_it_was_not_earned(
    crowd: Crowd,
) -> None:
    ada, bea = await people(crowd.engine, 2)
    await crowd.terms()
    first, second = await crowd.help(bea, ada), await crowd.help(bea, ada)
    await crowd.paid(first, second)
    await crowd.round()
    crowd.clock.advance(WINDOW)
    await crowd.round()
    for order, taken_by in ((first, "o1"), (second, "o2")):
        code = (await crowd.standing(order)).coupon
        async with crowd.engine.begin() as connection:
            used = update(coupons).where(coupons.c.code == code)
            await connection.execute(used.values(state="used", order_id=taken_by))
    await crowd.over(second)
    await crowd.round()
    assert await crowd.coupon(second) == ("used", 250), "what is spent is spent"
    crowd.clock.advance(COUPON_LIFE.total_seconds() - 60)
    await crowd.over("o1", "o2")
    await crowd.round()
    found = await crowd.standing(first)
    assert (found.state, found.amount) == ("ready", 250)
    assert found.expires_at == crowd.clock.now() + timedelta(days=7)
    assert await crowd.coupon(second) == ("void", 0)
    await crowd.over("o1", "o2")  # told again, nothing happens
    async with crowd.engine.connect() as connection:
        assert await connection.scalar(text("SELECT count(*) FROM coupon_returns")) == 2
    await crowd.assert_the_books_are_right()


async def test_an_order_has_the_terms_of_the_moment_at_which_it_was_placed(crowd: Crowd) -> None:
    ada, bea = await people(crowd.engine, 2)
    crowd.clock.advance(60)
    await crowd.terms(RewardTerms("USD", 100))
    crowd.clock.advance(-1)
    early = await crowd.help(bea, ada)  # by a clock that is behind
    crowd.clock.advance(60)
    before = await crowd.help(bea, ada)
    crowd.clock.advance(60)
    await crowd.terms(RewardTerms("USD", 300))
    after = await crowd.help(bea, ada)
    await crowd.round()
    assert [await crowd.coupon(order) for order in (early, before, after)] == [
        ("pending", 100),
        ("pending", 100),
        ("pending", 300),
    ]


async def test_a_deal_without_a_reward_gives_none_and_nothing_is_forgotten(crowd: Crowd) -> None:
    ada, bea = await people(crowd.engine, 2)
    order = await crowd.help(bea, ada)
    await crowd.round()
    found = await crowd.standing(order)
    assert (found.verdict, found.amount, found.coupon) == ("earns", 0, None)
    assert await crowd.round() == 0
    await crowd.assert_the_books_are_right()


async def test_the_caps_leave_a_part_then_nothing_and_what_is_taken_back_is_room_again(crowd: Crowd) -> None:
    ada, bea, cy = await people(crowd.engine, 3)
    await crowd.terms(RewardTerms("USD", 250, cap_per_helper=600, cap_per_deal=1000))
    orders = [await crowd.help(bea, ada) for _ in range(4)]
    await crowd.round()
    assert [(await crowd.coupon(order))[1] for order in orders] == [250, 250, 100, 0]
    others = [await crowd.help(cy, ada) for _ in range(2)]
    await crowd.round()
    assert [(await crowd.coupon(order))[1] for order in others] == [250, 150]
    await crowd.over(orders[0])
    await crowd.round()
    again = await crowd.help(bea, ada)
    await crowd.round()
    assert await crowd.coupon(again) == ("pending", 250)
    await crowd.assert_the_books_are_right()


async def test_an_order_in_the_same_browser_is_held_and_the_staff_see_why_and_decide(crowd: Crowd) -> None:
    ada, bea = await people(crowd.engine, 2)
    await crowd.terms()
    good, bad = [await crowd.help(bea, ada, own_browser=True) for _ in range(2)]
    await crowd.paid(good, bad)
    await crowd.round()
    assert await crowd.coupon(good) == (None, 0)
    now = crowd.clock.now()
    async with crowd.engine.begin() as connection:
        held = await held_rewards(connection, most=10)
        assert [(one.order_id, one.why) for one in held] == [
            (good, "Helper and buyer use the same browser."),
            (bad, "Helper and buyer use the same browser."),
        ]
        assert await decide_held(connection, good, earns=True, by=1, now=now)
        assert await decide_held(connection, bad, earns=False, by=1, now=now)
        assert not await decide_held(connection, bad, earns=True, by=1, now=now)
    await crowd.round()
    assert await crowd.coupon(good) == ("pending", 250)
    crowd.clock.advance(WINDOW)
    await crowd.round()
    assert await crowd.coupon(good) == ("ready", 250), "who has looked has the last word"
    assert await crowd.coupon(bad) == (None, 0)
    await crowd.assert_the_books_are_right()


async def test_two_who_turn_out_to_live_together_are_held_before_the_coupon_is_ready(crowd: Crowd) -> None:
    ada, bea = await people(crowd.engine, 2)
    await crowd.terms()
    order = await crowd.help(bea, ada)
    await crowd.paid(order)
    await crowd.round()
    async with crowd.engine.begin() as connection:
        for shopper in (ada, bea):
            await keep_address(connection, shopper, HOME)
    crowd.clock.advance(WINDOW)
    await crowd.round()
    found = await crowd.standing(order)
    assert (found.verdict, found.why, found.state) == ("held", "address", "pending")
    async with crowd.engine.begin() as connection:
        assert await decide_held(connection, order, earns=False, by=1, now=crowd.clock.now())
    await crowd.round()
    assert await crowd.coupon(order) == ("void", 0)
    await crowd.assert_the_books_are_right()


async def test_what_was_sold_in_return_is_held(crowd: Crowd) -> None:
    ada, bea = await people(crowd.engine, 2)
    await crowd.terms()
    first = await crowd.help(bea, ada)
    await crowd.round()
    second = await crowd.help(ada, bea, deal=DEAL)
    crowd.clock.advance(31 * DAY)
    await crowd.round()
    long_after = await crowd.help(ada, bea)
    await crowd.round()
    found = [await crowd.standing(order) for order in (first, second, long_after)]
    assert [(one.verdict, one.why) for one in found] == [("earns", ""), ("held", "circle"), ("earns", "")]


async def test_a_link_that_was_claimed_after_the_purchase_earns_nothing(crowd: Crowd) -> None:
    ada, bea = await people(crowd.engine, 2)
    await crowd.terms()
    link = {"deal_id": DEAL, "shopper_id": bea, "device": "d", "left_percent": 50}
    moment = crowd.clock.now() + timedelta(seconds=1)
    async with crowd.engine.begin() as connection:
        await connection.execute(
            insert(share_links).values(code="late", claimed_at=moment, made_at=moment, **link)
        )
    order = await crowd.help(bea, ada, link="late")
    await crowd.round()
    found = await crowd.standing(order)
    assert (found.verdict, found.why, found.coupon) == ("refused", "claimed-late", None)


async def test_two_who_have_made_links_in_one_browser_are_held(crowd: Crowd) -> None:
    ada, bea = await people(crowd.engine, 2)
    await crowd.terms()
    link = {"deal_id": DEAL, "device": "d", "left_percent": 50, "made_at": crowd.clock.now()}
    async with crowd.engine.begin() as connection:
        for shopper in (ada, bea):
            await connection.execute(
                insert(share_links).values(code=f"of{shopper}", shopper_id=shopper, **link)
            )
    order = await crowd.help(bea, ada, link=f"of{bea}")
    await crowd.round()
    assert (await crowd.standing(order)).why == "device"
