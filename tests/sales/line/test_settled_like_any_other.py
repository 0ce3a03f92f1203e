"""A unit's whole way: a card says no, its time runs out, the line gets the unit, and whoever takes it is charged."""

from msgspec import structs
from msgspec.structs import replace
from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncEngine

from app.sales import Line, cancel_order, open_offer
from app.sales.line.step import OfferTo, TellOver
from app.sharing import Referral, RewardTerms, set_terms
from tests.factories.identity import MovableClock
from tests.factories.line import may_join, open_offers, states, taking
from tests.factories.payments import APPROVES, DECLINES, SandboxBank
from tests.factories.rewards import Crowd
from tests.factories.sales import DEAL, ORDINARY, Process, bought, close, on_offer
from tests.factories.settlement import GRACE, Till
from tests.factories.sharing import coupon, state_of


async def a_till(engine: AsyncEngine, redis: Redis, clock: MovableClock, here: Process, units: int) -> Till:
    """A shop that sells so many and settles, with the sandbox."""
    await on_offer(engine, clock, quantity=units)
    return Till(engine, redis, clock, SandboxBank(engine, clock), here.checkout)


async def test_a_declined_card_a_place_in_line_an_offer_an_order_and_its_charge(
    here: Process, line: Line, engine: AsyncEngine, redis: Redis, clock: MovableClock
) -> None:
    till = await a_till(engine, redis, clock, here, 2)
    fine, declined = await till.an_order(), await till.an_order(DECLINES)
    await close(engine, clock)
    ada, bob = await till.shoppers(2, card=APPROVES)
    for shopper in (ada, bob):
        await line.join(DEAL, shopper)
    await till.settle()
    assert (await till.status(fine), await till.status(declined)) == ("paid", "declined")
    clock.advance(GRACE - 1)
    await till.settle()
    assert await line.round() == [], "the card may still be mended"
    clock.advance(1)
    await till.settle()
    assert await till.status(declined) == "cancelled"
    assert await line.round() == [OfferTo(1)]
    offers = await open_offers(engine)
    order = bought(await here.checkout.purchase(taking(ada, offers[ada]))).order
    await till.settle()
    assert await till.status(order) == "paid"
    assert await till.charges_of(order) == 1
    assert await line.round() == [], "whoever has it may still think better of it"
    clock.advance(GRACE)
    await till.settle()
    assert await line.round() == [TellOver()]
    assert await states(engine, [ada, bob]) == ["served", "over"]
    assert not await may_join(line)
    await till.assert_the_books_are_right()


async def test_an_order_of_the_line_that_is_cancelled_goes_to_the_next_in_line(
    here: Process, line: Line, engine: AsyncEngine, redis: Redis, clock: MovableClock
) -> None:
    till = await a_till(engine, redis, clock, here, 1)
    [mia] = await till.shoppers(1)
    first = await till.order(mia)
    await close(engine, clock)
    ada, bob = await till.shoppers(2)
    for shopper in (ada, bob):
        await line.join(DEAL, shopper)
    await till.settle()
    buyer, order = mia, first
    for shopper in (ada, bob):
        async with engine.begin() as connection:
            assert await cancel_order(connection, order.id, buyer, clock.now())
        await till.settle()
        assert await line.round() == [OfferTo(1)]
        offers = await open_offers(engine)
        buyer, order = shopper, bought(await here.checkout.purchase(taking(shopper, offers[shopper]))).order
        await till.settle()
    assert order.place == 3
    assert await till.statuses() == {"cancelled": 2, "paid": 1}
    await till.assert_the_books_are_right()


async def test_a_line_order_by_a_link_and_with_a_coupon_gives_both_back_when_it_is_cancelled(
    here: Process, line: Line, engine: AsyncEngine, redis: Redis, clock: MovableClock
) -> None:
    terms = replace(ORDINARY, quantity=1, friend_discount=300)
    async with engine.begin() as connection:
        await open_offer(connection, terms, clock.now())
        await set_terms(connection, DEAL, RewardTerms("USD", 250, 300), clock.now())
    till = Till(engine, redis, clock, SandboxBank(engine, clock), here.checkout)
    mia, ada, bea = await till.shoppers(3)
    first = await till.order(mia)
    await close(engine, clock)
    await line.join(DEAL, ada)
    async with engine.begin() as connection:
        assert await cancel_order(connection, first.id, mia, clock.now())
    await till.settle()
    await line.round()
    code = await coupon(engine, ada, clock.now(), amount=1000)
    offers = await open_offers(engine)
    wish = structs.replace(taking(ada, offers[ada]), coupon=code, referral=Referral("b3a", bea))
    order = bought(await here.checkout.purchase(wish)).order
    assert order.discount == 1300
    crowd = Crowd(engine, redis, clock)
    await till.settle()
    await crowd.round()
    assert (await crowd.standing(order.id)).verdict == "held", "all of them live in one house"
    async with engine.begin() as connection:
        assert await cancel_order(connection, order.id, ada, clock.now())
    await till.settle()
    await crowd.round()
    assert (await till.status(order), await state_of(engine, code)) == ("cancelled", ("ready", None))
    assert await crowd.coupon(order.id) == (None, 0)
    await crowd.assert_the_books_are_right()
    await till.assert_the_books_are_right()


async def test_an_address_that_never_came_puts_the_unit_back_and_the_line_waits_for_that(
    here: Process, line: Line, engine: AsyncEngine, redis: Redis, clock: MovableClock
) -> None:
    till = await a_till(engine, redis, clock, here, 1)
    order = await till.an_order(at_home=False)
    await close(engine, clock)
    [ada] = await till.shoppers(1)
    await line.join(DEAL, ada)
    await till.settle()
    assert await till.status(order) == "paid"
    clock.advance(GRACE + 120)
    assert await line.round() == [], "its time is up, but nobody has cancelled it yet"
    await till.settle()
    assert await till.status(order) == "cancelled"
    assert await line.round() == [OfferTo(1)]
