"""An order is charged after it is safe: once, whatever the card does, and its shopper hears of it."""

import pytest
from msgspec.structs import replace
from sqlalchemy import text

from app.payments import Money
from app.sales import open_offer, try_again
from tests.factories.payments import (
    APPROVES,
    DECLINES,
    DECLINES_ONCE,
    IS_LATE,
    LOSES_THE_ANSWER,
    TELLS_TWICE,
    WANTS_A_STEP,
)
from tests.factories.sales import ORDINARY, bought, close, wish
from tests.factories.settlement import Till

SOON = 10.0  # seconds; longer than until the next look at what has no answer yet


async def test_an_order_is_charged_and_paid_and_its_receipt_is_written(till: Till) -> None:
    order = await till.an_order()
    assert order.status == "placed"
    await till.settle()
    story = await till.story(order)
    assert story.order.status == "paid"
    assert story.needs == frozenset()
    assert await till.charges_of(order) == 1
    assert await till.booked(order) == [("charged", order.total)]
    assert await till.mails() == ["receipt"]
    await till.assert_the_books_are_right()


async def test_nothing_is_charged_before_somebody_settles(till: Till) -> None:
    order = await till.an_order()
    assert await till.charges_of(order) == 0
    story = await till.story(order)
    assert (story.needs, story.ending) == (frozenset(), "")
    assert story.cancel_until is not None


@pytest.mark.parametrize("card", [TELLS_TWICE, LOSES_THE_ANSWER])
async def test_a_lost_answer_and_a_letter_that_comes_twice_charge_once(till: Till, card: str) -> None:
    order = await till.an_order(card)
    await till.settle()
    for _ in range(3):
        till.clock.advance(SOON)
        await till.deliver()
        await till.settle()
    assert await till.status(order) == "paid"
    assert await till.charges_of(order) == 1
    assert await till.mails() == ["receipt"]
    await till.assert_the_books_are_right()


async def test_a_late_payment_is_found_though_no_letter_ever_comes(till: Till) -> None:
    order = await till.an_order(IS_LATE)
    await till.settle()
    assert await till.status(order) == "placed"
    await till.bank.ripen()
    await till.bank.letters()  # and are lost
    till.clock.advance(SOON)
    await till.settle()
    assert await till.status(order) == "paid"
    await till.assert_the_books_are_right()


async def test_a_letter_has_a_late_payment_looked_at_before_its_time(till: Till) -> None:
    order = await till.an_order(IS_LATE)
    await till.settle()
    await till.bank.ripen()
    for _ in range(5):  # it is asked less and less often
        await till.settle()
        till.clock.advance(1)
    await till.deliver()
    await till.settle()
    assert await till.status(order) == "paid"


async def test_a_declined_card_keeps_the_unit_for_ten_minutes_and_a_new_one_pays(till: Till) -> None:
    [shopper_id] = await till.shoppers(1, card=DECLINES)
    order = await till.order(shopper_id)
    await till.settle()
    story = await till.story(order)
    assert (story.order.status, story.needs) == ("declined", frozenset({"card"}))
    assert story.decline_words
    assert story.mend_until is not None
    assert (story.mend_until - till.clock.now()).total_seconds() == 600
    till.clock.advance(300)
    await till.new_card(shopper_id, APPROVES)
    async with till.engine.begin() as connection:
        assert await try_again(connection, shopper_id, till.clock.now()) == 1
    await till.settle()
    assert await till.status(order) == "paid"
    assert (await till.story(order)).mend_until is None
    assert await till.charges_of(order) == 1
    assert await till.mails() == ["card-declined", "receipt"]
    await till.assert_the_books_are_right()


async def test_a_second_card_that_is_declined_gives_no_further_time(till: Till) -> None:
    [shopper_id] = await till.shoppers(1, card=DECLINES)
    order = await till.order(shopper_id)
    await till.settle()
    until = (await till.story(order)).mend_until
    till.clock.advance(590)
    async with till.engine.begin() as connection:
        await try_again(connection, shopper_id, till.clock.now())
    await till.settle()
    assert (await till.story(order)).mend_until == until
    till.clock.advance(10)
    await till.settle()
    assert await till.status(order) == "cancelled"
    await till.assert_the_books_are_right()


async def test_a_card_that_pays_the_second_time_is_charged_by_a_second_attempt(till: Till) -> None:
    [shopper_id] = await till.shoppers(1, card=DECLINES_ONCE)
    order = await till.order(shopper_id)
    await till.settle()
    async with till.engine.begin() as connection:
        await try_again(connection, shopper_id, till.clock.now())
    await till.settle()
    assert await till.status(order) == "paid"
    assert await till.charges_of(order) == 1


async def test_nobody_tries_out_more_than_ten_cards_on_an_order(till: Till) -> None:
    [shopper_id] = await till.shoppers(1, card=DECLINES)
    await till.order(shopper_id)
    tried = 0
    for _ in range(15):
        await till.settle()
        async with till.engine.begin() as connection:
            tried += await try_again(connection, shopper_id, till.clock.now())
    assert tried == 9


async def test_a_step_that_is_taken_pays(till: Till) -> None:
    order = await till.an_order(WANTS_A_STEP)
    await till.settle()
    story = await till.story(order)
    assert (story.order.status, story.needs) == ("placed", frozenset({"step"}))
    assert story.step_address
    assert await till.mails() == ["step-wanted"], "nothing was declined"
    await till.take_step(order, agreed=True)
    await till.deliver()
    await till.settle()
    story = await till.story(order)
    assert (story.order.status, story.needs, story.step_address) == ("paid", frozenset(), "")
    await till.assert_the_books_are_right()


async def test_a_step_that_is_taken_is_seen_though_no_letter_ever_comes(till: Till) -> None:
    order = await till.an_order(WANTS_A_STEP)
    await till.settle()
    await till.take_step(order, agreed=True)
    till.clock.advance(16)
    await till.settle()
    assert await till.status(order) == "paid"


async def test_a_step_that_is_refused_is_a_decline(till: Till) -> None:
    order = await till.an_order(WANTS_A_STEP)
    await till.settle()
    await till.take_step(order, agreed=False)
    await till.deliver()
    await till.settle()
    assert (await till.story(order)).needs == frozenset({"card"})
    assert await till.status(order) == "declined"


async def test_another_card_instead_of_the_step_leaves_the_step_worth_nothing(till: Till) -> None:
    [shopper_id] = await till.shoppers(1, card=WANTS_A_STEP)
    order = await till.order(shopper_id)
    await till.settle()
    await till.new_card(shopper_id, APPROVES)
    async with till.engine.begin() as connection:
        await try_again(connection, shopper_id, till.clock.now())
    await till.settle()
    assert await till.status(order) == "paid"
    assert await till.charges_of(order) == 1, "the step can not be taken any more"
    await till.assert_the_books_are_right()


async def test_without_a_card_the_sandbox_pays_and_stripe_asks_for_one(till: Till) -> None:
    [shopper_id] = await till.shoppers(1, card=None)
    order = await till.order(shopper_id)
    await till.settle()
    if till.is_sandbox:
        assert await till.status(order) == "paid"
        return
    assert (await till.story(order)).needs == frozenset({"card"})
    assert await till.status(order) == "placed"
    assert await till.mails() == ["card-missing"]
    await till.new_card(shopper_id, APPROVES)
    async with till.engine.begin() as connection:
        await try_again(connection, shopper_id, till.clock.now())
    await till.settle()
    assert await till.status(order) == "paid"


async def test_an_order_that_costs_nothing_is_paid_without_asking_anybody(till: Till) -> None:
    await close(till.engine, till.clock)
    free = replace(ORDINARY, deal_id=38, unit_price=0, shipping=0)
    async with till.engine.begin() as connection:
        await open_offer(connection, free, till.clock.now())
    [shopper_id] = await till.shoppers(1, card=None)
    order = bought(await till.checkout.purchase(wish(shopper_id, deal=38))).order
    await till.settle()
    assert await till.status(order) == "paid"
    assert await till.booked(order) == []
    async with till.engine.connect() as connection:
        assert await connection.scalar(text("SELECT count(*) FROM charge_attempts")) == 0
    await till.assert_the_books_are_right()


@pytest.mark.parametrize(("currency", "price"), [("JPY", 5500), ("KWD", 15000)])
async def test_currencies_without_decimals_or_with_three_are_charged_to_the_last_unit(
    till: Till, currency: str, price: int
) -> None:
    await close(till.engine, till.clock)
    terms = replace(ORDINARY, deal_id=38, currency=currency, unit_price=price, shipping=0)
    async with till.engine.begin() as connection:
        await open_offer(connection, terms, till.clock.now())
    [shopper_id] = await till.shoppers(1)
    order = bought(await till.checkout.purchase(wish(shopper_id, 2, deal=38))).order
    await till.settle()
    assert await till.status(order) == "paid"
    assert await till.booked(order) == [("charged", 2 * price)]
    [standing] = [one async for one in till.bank.opened().statement(order.placed_at)]
    assert standing.paid == Money(2 * price, currency)
    await till.assert_the_books_are_right()
