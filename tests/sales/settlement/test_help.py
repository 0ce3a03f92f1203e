"""What helped orders and coupons become as orders are settled: told by whoever settles, in the same transaction."""

from msgspec.structs import replace
from sqlalchemy import text

from app.identity import Address, keep_address
from app.payments import Money
from app.platform.proof import examine
from app.sales import Order, address_of, cancel_order, give_address, standing_units
from app.sales.desk import ask_refund
from app.sales.verdict import CouponNotUsable
from app.sharing import Evidence, Referral, RewardTerms, set_terms
from app.sharing.audit import PROMISES as SHARING
from app.sharing.reward_case import RETURN_WINDOW
from tests.factories.audit import broken
from tests.factories.payments import DECLINES
from tests.factories.rewards import Crowd
from tests.factories.sales import DEAL, bought, wish
from tests.factories.settlement import GRACE, HOME, Till
from tests.factories.sharing import coupon, state_of


async def helped(till: Till, helper: int, buyer: int, units: int = 2, *, code: str | None = None) -> Order:
    """A purchase by the helper's link."""
    asked = replace(wish(buyer, units), referral=Referral("b3a", helper), coupon=code)
    return bought(await till.checkout.purchase(asked)).order


async def assert_the_books_are_right(till: Till) -> None:
    await till.assert_the_books_are_right()
    async with till.engine.connect() as connection:
        assert broken(await examine(connection, SHARING)) == {}


async def settled(till: Till) -> Crowd:
    """All that is due, of orders and of rewards."""
    crowd = Crowd(till.engine, till.redis, till.clock)
    await till.settle()
    await crowd.round()
    return crowd


async def terms(till: Till) -> None:
    async with till.engine.begin() as connection:
        await set_terms(connection, DEAL, RewardTerms("USD", 250), till.clock.now())


async def give_back(till: Till, order: Order, amount: int) -> None:
    """The staff give so much of what was paid."""
    async with till.engine.begin() as connection:
        money = Money(amount, order.currency)
        await ask_refund(connection, order.id, money, "It was broken.", 1, till.clock.now())


async def test_a_helped_order_that_is_paid_earns_and_what_is_refunded_is_taken_back(
    sandbox_till: Till,
) -> None:
    till = sandbox_till
    ada, bea = await till.shoppers(2, at_home=False)
    await terms(till)
    order, other = await helped(till, bea, ada), await till.order(ada)
    crowd = await settled(till)
    assert await till.statuses() == {"paid": 2}
    assert await crowd.coupon(order.id) == ("pending", 500)
    await give_back(till, order, order.total)
    await settled(till)
    assert await till.statuses() == {"paid": 1, "refunded": 1}
    assert await crowd.coupon(order.id) == ("void", 0)
    assert (await till.status(other)) == "paid"
    await assert_the_books_are_right(till)


async def test_an_order_that_is_cancelled_gives_its_coupon_back_and_it_buys_again(sandbox_till: Till) -> None:
    till = sandbox_till
    ada, bea = await till.shoppers(2)
    await terms(till)
    code = await coupon(till.engine, ada, till.clock.now(), amount=1000)
    order = await helped(till, bea, ada, code=code)
    assert order.discount == 1000
    again = replace(wish(ada), coupon=code)
    assert await till.checkout.purchase(again) == CouponNotUsable()
    async with till.engine.begin() as connection:
        assert await cancel_order(connection, order.id, ada, till.clock.now())
    crowd = await settled(till)
    assert await till.status(order) == "cancelled"
    assert await state_of(till.engine, code) == ("ready", None)
    assert await crowd.coupon(order.id) == (None, 0)
    second = bought(await till.checkout.purchase(again)).order
    await settled(till)
    assert await state_of(till.engine, code) == ("used", second.id)
    await assert_the_books_are_right(till)


async def test_an_order_that_no_card_pays_gives_its_coupon_back(sandbox_till: Till) -> None:
    till = sandbox_till
    [ada] = await till.shoppers(1, card=DECLINES)
    code = await coupon(till.engine, ada, till.clock.now(), amount=1000)
    order = bought(await till.checkout.purchase(replace(wish(ada), coupon=code))).order
    await settled(till)
    assert (await till.status(order), await state_of(till.engine, code)) == ("declined", ("used", order.id))
    till.clock.advance(GRACE + 1)
    await settled(till)
    assert (await till.status(order), await state_of(till.engine, code)) == ("cancelled", ("ready", None))
    await assert_the_books_are_right(till)


async def test_a_coupon_that_help_earned_is_spent_on_another_order(sandbox_till: Till) -> None:
    till = sandbox_till
    ada, bea = await till.shoppers(2, at_home=False)
    await terms(till)
    order = await helped(till, bea, ada)
    async with till.engine.begin() as connection:  # the other's parcel goes elsewhere, or nowhere yet
        await keep_address(connection, ada, HOME)
    crowd = await settled(till)
    till.clock.advance(RETURN_WINDOW.total_seconds())
    await settled(till)
    found = await crowd.standing(order.id)
    assert (found.state, found.amount) == ("ready", 500)
    spent = bought(await till.checkout.purchase(replace(wish(bea), coupon=found.coupon))).order
    assert spent.discount == 500
    await settled(till)
    assert await crowd.coupon(order.id) == ("used", 500)


async def test_of_a_refund_in_parts_only_the_last_one_takes_anything_back_and_gives_the_coupon_once(
    sandbox_till: Till,
) -> None:
    till = sandbox_till
    ada, bea = await till.shoppers(2, at_home=False)
    await terms(till)
    code = await coupon(till.engine, ada, till.clock.now(), amount=1000)
    order = await helped(till, bea, ada, code=code)
    crowd = await settled(till)
    await give_back(till, order, order.total - 1)
    await settled(till)
    assert await crowd.coupon(order.id) == ("pending", 500)
    assert await state_of(till.engine, code) == ("used", order.id)
    await give_back(till, order, 1)
    await settled(till)
    assert await till.status(order) == "refunded"
    assert await crowd.coupon(order.id) == ("void", 0)
    assert await state_of(till.engine, code) == ("ready", None)
    again = bought(await till.checkout.purchase(replace(wish(ada), coupon=code))).order
    await settled(till)
    assert await state_of(till.engine, code) == ("used", again.id)
    async with till.engine.connect() as connection:
        assert await connection.scalar(text("SELECT count(*) FROM coupon_returns")) == 1
    await assert_the_books_are_right(till)


async def test_an_order_that_is_sent_to_its_helpers_address_is_held_though_its_buyer_lives_elsewhere(
    sandbox_till: Till,
) -> None:
    till = sandbox_till
    ada, bea = await till.shoppers(2, at_home=False)
    elsewhere = Address("Ada Lovelace", "9 Dock Road", "", "60601", "Chicago", "IL", "US")
    async with till.engine.begin() as connection:
        await keep_address(connection, bea, HOME)
        await keep_address(connection, ada, elsewhere)
    await terms(till)
    order, other = await helped(till, bea, ada, 1), await helped(till, bea, ada, 1)
    crowd = Crowd(till.engine, till.redis, till.clock, Evidence(sent_to=address_of))
    await till.settle()
    await crowd.round()
    assert (await crowd.standing(order.id)).verdict == "earns"
    async with till.engine.begin() as connection:
        assert await give_address(connection, order.id, ada, HOME, till.clock.now())
    await till.settle()
    till.clock.advance(RETURN_WINDOW.total_seconds())
    await crowd.round()
    found = [await crowd.standing(one.id) for one in (order, other)]
    assert [(one.why, one.state) for one in found] == [("address", "pending"), ("", "ready")]
    await assert_the_books_are_right(till)


async def test_units_stand_that_are_paid_or_shipped_and_neither_refunded_nor_cancelled(
    sandbox_till: Till,
) -> None:
    """What a pot is shared by: who buys the last units to win it, and sends them back, wins nothing."""
    till = sandbox_till
    ada, bea = await till.shoppers(2)

    async def stand() -> tuple[int, int]:
        async with till.engine.connect() as connection:
            return await standing_units(connection, DEAL)

    (units, quantity), last = await stand(), await helped(till, bea, ada, 2)
    assert (units, await stand()) == (0, (0, quantity)), "it is not paid yet"
    kept = await till.order(ada)
    await till.settle()
    assert await stand() == (3, quantity)
    async with till.engine.begin() as connection:
        shipped = text("UPDATE orders SET status = 'shipped' WHERE id = :order")
        await connection.execute(shipped, {"order": kept.id})
    await give_back(till, last, 100)
    await settled(till)
    assert await stand() == (3, quantity), "a refund in part changes nothing"
    await give_back(till, last, last.total - 100)
    await settled(till)
    assert await stand() == (1, quantity)
    async with till.engine.connect() as connection:
        assert await standing_units(connection, DEAL + 1) == (0, 0)
