"""Money that is to go back twice over: parts of it, a cancel meanwhile, and a provider that will not give it."""

import pytest
from sqlalchemy import func, select

from app.payments import Money, Refunded, RefundRefused, Unresolved
from app.sales import Order, cancel_order
from app.sales.desk import ask_refund
from app.sales.settlement.tables import refund_orders
from tests.factories.settlement import GRACE, Till

STAFF = 1


async def ask(till: Till, order: Order, amount: int | None = None) -> None:
    """Somebody of the staff gives back so much."""
    money = None if amount is None else Money(amount, order.currency)
    async with till.engine.begin() as connection:
        await ask_refund(connection, order.id, money, "It was broken.", STAFF, till.clock.now())


async def cancel(till: Till, order: Order) -> bool:
    """Its shopper does."""
    shopper_id = (await till.story(order)).shopper_id
    async with till.engine.begin() as connection:
        return await cancel_order(connection, order.id, shopper_id, till.clock.now())


async def test_of_two_parts_that_are_due_only_the_last_makes_the_order_refunded(
    till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = await till.an_order()
    await till.settle()
    await ask(till, order, 1000)
    await ask(till, order)
    provider, real, asked = (
        till.settlement.payments.provider,
        type(till.settlement.payments.provider).refund,
        [],
    )

    async def away_after_one(_: object, reference: str, amount: Money, key: str) -> object:
        asked.append(key)
        return Unresolved(None) if len(asked) > 1 else await real(provider, reference, amount, key)

    monkeypatch.setattr(type(provider), "refund", away_after_one)
    await till.settle()
    assert await till.status(order) == "paid"
    await till.assert_the_books_are_right()
    monkeypatch.undo()
    till.clock.advance(GRACE)
    await till.settle()
    assert await till.status(order) == "refunded"
    assert sum(amount for kind, amount in await till.booked(order) if kind == "refunded") == order.total
    await till.assert_the_books_are_right()


async def test_who_cancels_while_the_staff_gives_all_back_gives_up_the_unit_too(till: Till) -> None:
    order = await till.an_order()
    await till.settle()
    await ask(till, order)
    assert await cancel(till, order)
    await till.settle()
    assert await till.status(order) == "cancelled"
    assert await till.booked(order) == [("charged", order.total), ("refunded", order.total)]
    await till.assert_the_books_are_right()


async def test_a_refund_that_is_refused_is_not_asked_for_on_and_on(
    till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = await till.an_order(at_home=False)
    await till.settle()
    provider = till.settlement.payments.provider

    async def refuses(*_: object) -> Refunded | RefundRefused:
        return RefundRefused("no_balance", "There is nothing to give back from.")

    monkeypatch.setattr(type(provider), "refund", refuses)
    for _ in range(5):
        till.clock.advance(GRACE)
        await till.settle()
    async with till.engine.connect() as connection:
        assert await connection.scalar(select(func.count()).select_from(refund_orders)) == 1
    assert await till.status(order) == "paid"
    monkeypatch.undo()
    await ask(till, order)  # by the staff, who saw that it was refused
    await till.settle()
    assert await till.status(order) == "refunded"
    await till.assert_the_books_are_right()


async def test_who_cancels_again_after_a_refusal_is_asked_for_anew(
    till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = await till.an_order()
    await till.settle()
    provider, real, asked = (
        till.settlement.payments.provider,
        type(till.settlement.payments.provider).refund,
        [],
    )

    async def refuses_once(_: object, reference: str, amount: Money, key: str) -> object:
        asked.append(key)
        if len(asked) > 1:
            return await real(provider, reference, amount, key)
        assert not await cancel(till, order), "it is being cancelled"
        return RefundRefused("no_balance", "There is nothing to give back from.")

    monkeypatch.setattr(type(provider), "refund", refuses_once)
    assert await cancel(till, order)
    await till.settle()
    assert await cancel(till, order)
    await till.settle()
    assert len(set(asked)) == 2
    assert await till.status(order) == "cancelled"
    assert await till.booked(order) == [("charged", order.total), ("refunded", order.total)]
    await till.assert_the_books_are_right()
