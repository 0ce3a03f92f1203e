"""An order that is given up: first its attempt, then its money, then its unit, for the gate or the line."""

import pytest

from app.sales import cancel_order, give_address, read_offer
from app.sales.gate import Gate
from tests.factories.payments import DECLINES, LOSES_THE_ANSWER, WANTS_A_STEP
from tests.factories.sales import close, gate_left, read_books
from tests.factories.settlement import GRACE, HOME, Till


async def left(till: Till) -> tuple[int, int | None]:
    """Units that the books have left, and what the gate still gives out."""
    offer = await read_offer(till.engine, 37)
    assert offer is not None
    return offer.left, await gate_left(Gate(till.redis), till.engine)


async def test_a_card_that_nobody_mends_frees_the_unit_for_the_gate(till: Till) -> None:
    order = await till.an_order(DECLINES)
    await till.settle()
    assert await left(till) == (9, 9)
    till.clock.advance(GRACE)
    await till.settle()
    story = await till.story(order)
    assert (story.order.status, story.why_cancelled, story.needs) == ("cancelled", "card", frozenset())
    assert await left(till) == (10, 10)
    assert await till.mails() == ["card-declined", "order-cancelled"]
    assert await till.charges_of(order) == 0
    await till.assert_the_books_are_right()


async def test_a_unit_that_is_freed_by_the_gate_is_sold_again_and_to_the_same_shopper_too(till: Till) -> None:
    [shopper_id] = await till.shoppers(1, card=DECLINES)
    for _ in range(3):  # the limit
        await till.order(shopper_id)
    await till.settle()
    till.clock.advance(GRACE)
    await till.settle()
    assert await left(till) == (10, 10)
    for _ in range(3):
        await till.order(shopper_id)
    assert await left(till) == (7, 7)
    await till.assert_the_books_are_right()


async def test_a_unit_of_an_earlier_epoch_comes_back_as_well(till: Till) -> None:
    await till.an_order(DECLINES)
    offer = await read_offer(till.engine, 37)
    assert offer is not None
    from app.sales import recount_live

    await recount_live(till.engine, till.redis)
    assert await left(till) == (9, 9)
    await till.settle()
    till.clock.advance(GRACE)
    await till.settle()
    assert await left(till) == (10, 10)


async def test_after_the_deal_the_unit_stays_in_the_books_for_the_line(till: Till) -> None:
    order = await till.an_order(DECLINES)
    await till.settle()
    await close(till.engine, till.clock)
    before = (await read_books(till.engine)).offer.revision
    till.clock.advance(GRACE)
    await till.settle()
    books = await read_books(till.engine)
    assert (books.offer.left, await till.status(order)) == (10, "cancelled")
    assert books.offer.revision > before
    assert await gate_left(Gate(till.redis), till.engine) is None
    await till.assert_the_books_are_right()


async def test_a_step_that_is_taken_at_the_last_moment_keeps_the_order(till: Till) -> None:
    order = await till.an_order(WANTS_A_STEP)
    await till.settle()
    await till.take_step(order, agreed=True)
    await till.bank.letters()  # and are lost
    till.clock.advance(GRACE)
    await till.settle()
    story = await till.story(order)
    assert (story.order.status, story.ending, story.why_cancelled) == ("paid", "", "")
    assert await left(till) == (9, 9)
    assert await till.booked(order) == [("charged", order.total)]
    await till.assert_the_books_are_right()


async def test_a_step_that_is_taken_after_the_end_pays_nothing(sandbox_till: Till) -> None:
    till = sandbox_till
    order = await till.an_order(WANTS_A_STEP)
    await till.settle()
    address = (await till.story(order)).step_address
    till.clock.advance(GRACE)
    await till.settle()
    provider = till.bank.opened()
    await provider.take_step(address.rpartition("/")[2], agreed=True)  # type: ignore[attr-defined]
    await till.deliver()
    await till.settle()
    assert await till.status(order) == "cancelled"
    assert await till.charges_of(order) == 0
    await till.assert_the_books_are_right()


async def test_a_shopper_cancels_before_anybody_charges(till: Till) -> None:
    [shopper_id] = await till.shoppers(1)
    order = await till.order(shopper_id)
    async with till.engine.begin() as connection:
        assert await cancel_order(connection, order.id, shopper_id, till.clock.now())
    assert (await till.story(order)).ending == "cancelling"
    await till.settle()
    assert await till.status(order) == "cancelled"
    assert await till.charges_of(order) == 0
    assert await left(till) == (10, 10)
    await till.assert_the_books_are_right()


async def test_a_shopper_cancels_what_is_paid_and_the_money_goes_back_first(till: Till) -> None:
    [shopper_id] = await till.shoppers(1)
    order = await till.order(shopper_id)
    await till.settle()
    async with till.engine.begin() as connection:
        assert await cancel_order(connection, order.id, shopper_id, till.clock.now())
        assert not await cancel_order(connection, order.id, shopper_id, till.clock.now()), "once is enough"
    assert (await till.story(order)).ending == "refunding"
    await till.settle()
    story = await till.story(order)
    assert (story.order.status, story.why_cancelled) == ("cancelled", "shopper")
    assert [(one.amount.amount, one.state) for one in story.refunds] == [(order.total, "made")]
    assert await till.booked(order) == [("charged", order.total), ("refunded", order.total)]
    assert await till.mails() == ["receipt", "order-cancelled"]
    assert await left(till) == (10, 10)
    await till.assert_the_books_are_right()


async def test_a_shopper_cancels_while_the_answer_is_lost(till: Till) -> None:
    [shopper_id] = await till.shoppers(1, card=LOSES_THE_ANSWER)
    order = await till.order(shopper_id)
    await till.settle()
    assert await till.status(order) == ("placed" if till.is_sandbox else await till.status(order))
    async with till.engine.begin() as connection:
        assert await cancel_order(connection, order.id, shopper_id, till.clock.now())
    await till.settle()
    assert await till.status(order) == "cancelled"
    assert await till.booked(order) == [("charged", order.total), ("refunded", order.total)]
    await till.assert_the_books_are_right()


async def test_after_the_grace_it_is_too_late_to_cancel_and_another_s_order_never_can_be(till: Till) -> None:
    ada, eve = await till.shoppers(2)
    order = await till.order(ada)
    await till.settle()
    async with till.engine.begin() as connection:
        assert not await cancel_order(connection, order.id, eve, till.clock.now())
        assert not await cancel_order(connection, "no\0such", eve, till.clock.now())
        assert not await give_address(connection, order.id, eve, HOME, till.clock.now())
    till.clock.advance(GRACE)
    async with till.engine.begin() as connection:
        assert not await cancel_order(connection, order.id, ada, till.clock.now())
    assert (await till.story(order)).cancel_until is None
    assert await till.status(order) == "paid"


async def test_without_an_address_it_is_charged_and_at_the_end_of_the_grace_given_back(till: Till) -> None:
    order = await till.an_order(at_home=False)
    await till.settle()
    story = await till.story(order)
    assert (story.order.status, story.needs) == ("paid", frozenset({"address"}))
    till.clock.advance(GRACE)
    await till.settle()
    story = await till.story(order)
    assert (story.order.status, story.why_cancelled) == ("cancelled", "address")
    assert await till.mails() == ["address-missing", "receipt", "order-cancelled"]
    assert await till.booked(order) == [("charged", order.total), ("refunded", order.total)]
    assert await left(till) == (10, 10)
    await till.assert_the_books_are_right()


async def test_an_address_in_time_keeps_it_and_it_can_be_changed_until_it_leaves(till: Till) -> None:
    [shopper_id] = await till.shoppers(1, at_home=False)
    order = await till.order(shopper_id)
    await till.settle()
    async with till.engine.begin() as connection:
        assert await give_address(connection, order.id, shopper_id, HOME, till.clock.now())
    till.clock.advance(2 * GRACE)
    await till.settle()
    story = await till.story(order)
    assert (story.order.status, story.needs, story.address) == ("paid", frozenset(), HOME)
    async with till.engine.begin() as connection:
        assert await give_address(connection, order.id, shopper_id, HOME, till.clock.now())


async def test_an_order_that_lay_while_the_shop_stood_still_has_its_grace_from_then_on(till: Till) -> None:
    order = await till.an_order(at_home=False)
    till.clock.advance(2 * GRACE)
    await till.settle()
    assert await till.status(order) == "paid"
    till.clock.advance(GRACE)
    await till.settle()
    assert await till.status(order) == "cancelled"


@pytest.mark.parametrize("paused", [True, False])
async def test_a_cancelled_order_stays_cancelled_whatever_comes(till: Till, paused: bool) -> None:
    [shopper_id] = await till.shoppers(1)
    order = await till.order(shopper_id)
    if not paused:
        await till.settle()
    async with till.engine.begin() as connection:
        await cancel_order(connection, order.id, shopper_id, till.clock.now())
    await till.settle()
    for _ in range(3):
        await till.deliver()
        till.clock.advance(GRACE)
        await till.settle()
    assert await till.status(order) == "cancelled"
    assert (await read_books(till.engine)).offer.sold == 0
    await till.assert_the_books_are_right()
