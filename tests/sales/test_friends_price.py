"""What friends pay: off each unit for who buys by the link of somebody on their list, and the larger of two counts."""

import pytest
from msgspec import structs
from msgspec.structs import replace
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from app.platform.proof import examine
from app.sales import Terms, open_offer
from app.sales.audit import PROMISES
from app.sales.friends_price import friendship_counts
from app.sales.order import Order, discount_for
from app.sharing import Referral
from tests.factories.audit import broken
from tests.factories.friends import Circle
from tests.factories.identity import MovableClock
from tests.factories.sales import DEAL, ORDINARY, Process, assert_the_books_balance, bought, people, wish
from tests.factories.sharing import coupon

NOTHING_OFF = "No order has anything off without a coupon that was used for it, or a friend who brought it."


async def on_offer(engine: AsyncEngine, clock: MovableClock, friends: int, link: int = 0) -> Terms:
    terms = replace(ORDINARY, quantity=20, friend_discount=link, friends_discount=friends)
    async with engine.begin() as connection:
        await open_offer(connection, terms, clock.now())
    return terms


async def buys(
    here: Process, shopper: int, helper: int | None, units: int = 1, code: str | None = None
) -> Order:
    """By somebody's link."""
    referral = None if helper is None else Referral("b3a", helper)
    asked = structs.replace(wish(shopper, units), referral=referral, coupon=code)
    return bought(await here.checkout.purchase(asked)).order


async def attributed(engine: AsyncEngine) -> list[tuple[str, str, bool]]:
    query = text("SELECT order_id, link, as_friend FROM attributions ORDER BY created_at, order_id")
    async with engine.connect() as connection:
        return [tuple(row) for row in await connection.execute(query)]


async def breaches(engine: AsyncEngine) -> object:
    async with engine.connect() as connection:
        return broken(await examine(connection, PROMISES))


async def test_friends_pay_less_and_others_who_come_by_a_link_what_they_always_did(
    here: Process, engine: AsyncEngine, clock: MovableClock
) -> None:
    await on_offer(engine, clock, friends=1000, link=200)
    circle = Circle(engine, clock)
    ada, bea, eve = await people(engine, 3)
    await circle.befriends(ada, bea)
    friend = await buys(here, ada, bea, 2)
    stranger = await buys(here, eve, bea)
    nobody = await buys(here, ada, None)
    assert [order.discount for order in (friend, stranger, nobody)] == [2000, 200, 0]
    assert friend.total == 2 * 4999 - 2000 + 500
    helped = {order_id: (link, as_friend) for order_id, link, as_friend in await attributed(engine)}
    assert helped == {friend.id: ("b3a", True), stranger.id: ("b3a", False)}
    assert await breaches(engine) == {}
    await assert_the_books_balance(engine, sold=4)


async def test_the_price_stands_whatever_becomes_of_the_friendship(
    here: Process, engine: AsyncEngine, clock: MovableClock
) -> None:
    await on_offer(engine, clock, friends=1000)
    circle = Circle(engine, clock)
    ada, bea = await people(engine, 2)
    friendship = await circle.befriends(ada, bea)
    first = await buys(here, ada, bea)
    await circle.takes_off(bea, friendship)
    second = await buys(here, ada, bea)
    assert (first.discount, second.discount) == (1000, 0)
    assert await breaches(engine) == {}, "the order itself says that they were friends"
    async with engine.begin() as connection:
        await connection.execute(text("UPDATE attributions SET as_friend = false"))
    assert await breaches(engine) == {NOTHING_OFF: {DEAL}}


async def test_with_a_coupon_it_is_never_more_than_the_goods_cost(
    here: Process, engine: AsyncEngine, clock: MovableClock
) -> None:
    await on_offer(engine, clock, friends=1000)
    ada, bea = await people(engine, 2)
    await Circle(engine, clock).befriends(ada, bea)
    small = await coupon(engine, ada, clock.now(), code="SMALL", amount=500)
    assert (await buys(here, ada, bea, code=small)).discount == 1500
    huge = await coupon(engine, ada, clock.now(), code="HUGE", amount=4500)
    order = await buys(here, ada, bea, code=huge)
    assert (order.discount, order.total) == (4999, 500)
    assert await breaches(engine) == {}


async def test_muting_changes_no_price_and_a_helper_who_is_gone_is_nobodys_friend(
    here: Process, engine: AsyncEngine, clock: MovableClock
) -> None:
    await on_offer(engine, clock, friends=1000)
    circle = Circle(engine, clock)
    ada, bea = await people(engine, 2)
    await circle.befriends(ada, bea)
    async with engine.begin() as connection:
        await connection.execute(text("UPDATE friendships SET muted_by_one = true, muted_by_other = true"))
    assert (await buys(here, ada, bea)).discount == 1000
    await circle.forget(bea)
    assert (await buys(here, ada, bea)).discount == 0
    assert await breaches(engine) == {}


@pytest.mark.parametrize(
    ("link", "friends", "asked"),
    [(0, 0, False), (500, 0, False), (500, 500, False), (0, 500, True), (500, 900, True)],
)
def test_nobody_is_asked_where_friends_pay_what_all_do(link: int, friends: int, asked: bool) -> None:
    terms = replace(ORDINARY, friend_discount=link, friends_discount=friends)
    by_a_friend = structs.replace(wish(1), referral=Referral("b3a", 2, as_friend=True))
    assert friendship_counts(terms, by_a_friend) is asked
    assert discount_for(terms, by_a_friend) == max(link, friends)
    for other in (wish(1), structs.replace(wish(1), referral=Referral("own", 1, as_friend=True))):
        assert not friendship_counts(terms, other)
        assert discount_for(terms, other) == 0


def test_what_goes_to_the_books_with_a_link_says_each_thing_once() -> None:
    written = [Referral("b3a", 1, own, friend).written for own in (False, True) for friend in (False, True)]
    assert written == ["b3a", "b3a+", "b3a@", "b3a@+"]
