"""The provider's letters are hints: late, twice, out of order, too early, forged or never, the same comes of it."""

import random

import pytest

from app.payments.provider import ForgedEvent
from app.payments.tables import payment_events
from tests.factories.payments import APPROVES, DECLINES_ONCE, IS_LATE, TELLS_TWICE, WANTS_A_STEP
from tests.factories.settlement import GRACE, Till


async def test_letters_in_any_order_and_more_than_once_change_nothing_that_is_true(till: Till) -> None:
    cards = (APPROVES, TELLS_TWICE, IS_LATE, DECLINES_ONCE, WANTS_A_STEP)
    orders = [await till.an_order(card) for card in cards]
    await till.settle()
    await till.bank.ripen()
    letters = await till.bank.letters() * 3
    random.Random(1).shuffle(letters)
    for letter in letters:
        await till.deliver([letter])
        await till.settle()
    assert [await till.status(order) for order in orders] == ["paid", "paid", "paid", "declined", "placed"]
    assert [await till.charges_of(order) for order in orders] == [1, 1, 1, 0, 0]
    assert (await till.mails()).count("receipt") == 3
    await till.assert_the_books_are_right()


async def test_a_letter_that_comes_before_its_order_is_settled_is_no_loss(till: Till) -> None:
    order = await till.an_order()
    early = {"provider": till.settlement.payments.provider.name, "id": "evt-early", "kind": "paid"}
    about = {"attempt": f"{order.id}.1", "order_id": order.id, "reference": "payment-1"}
    foreign = {"attempt": "elsewhere.1", "order_id": "elsewhere", "reference": "payment-2"}
    async with till.engine.begin() as connection:
        for facts in (early | about, early | foreign | {"id": "evt-foreign"}):
            await connection.execute(payment_events.insert().values(**facts, received_at=till.clock.now()))
    await till.settle()
    assert await till.status(order) == "paid"
    assert await till.charges_of(order) == 1


async def test_a_letter_that_says_paid_of_what_is_not_is_not_believed(till: Till) -> None:
    order = await till.an_order(WANTS_A_STEP)
    await till.settle()
    name = till.settlement.payments.provider.name
    facts = {"attempt": f"{order.id}.1", "order_id": order.id, "reference": "payment-1", "kind": "paid"}
    async with till.engine.begin() as connection:
        row = {"provider": name, "id": "evt-1", "received_at": till.clock.now(), **facts}
        await connection.execute(payment_events.insert().values(**row))
    await till.settle()
    assert await till.status(order) == "placed"


async def test_a_forged_letter_does_not_come_in(till: Till) -> None:
    order = await till.an_order(WANTS_A_STEP)
    await till.settle()
    await till.take_step(order, agreed=True)
    [*_, (body, headers)] = await till.bank.letters()
    forged = {name: value[:-4] + "0000" for name, value in headers.items()}
    with pytest.raises(ForgedEvent):
        await till.settlement.payments.events.receive(body, forged)
    await till.settle()
    assert await till.status(order) == "placed"


async def test_without_any_letter_everything_is_found_by_looking(till: Till) -> None:
    late, step = await till.an_order(IS_LATE), await till.an_order(WANTS_A_STEP)
    await till.settle()
    await till.take_step(step, agreed=True)
    await till.bank.ripen()
    till.clock.advance(GRACE / 10)
    await till.settle()
    assert [await till.status(order) for order in (late, step)] == ["paid", "paid"]
    await till.assert_the_books_are_right()
