"""Money that staff gives back: never more than came in, once each time it is asked, and never lost in silence."""

import asyncio

import pytest
from sqlalchemy import select

from app.payments import Money, RefundRefused, Unresolved
from app.payments.tables import payment_events
from app.sales import Order, cancel_order
from app.sales.desk import NotRefundable, RefundAsked, ask_refund
from app.sales.settlement.tables import refund_orders
from tests.factories.identity import MovableClock
from tests.factories.settlement import GRACE, Till
from tests.factories.shipping import mark_shipped

STAFF = 1


async def asked(till: Till, order: Order, amount: int | None = None) -> RefundAsked:
    """Somebody of the staff gives back so much."""
    async with till.engine.begin() as connection:
        money = None if amount is None else Money(amount, order.currency)
        return await ask_refund(connection, order.id, money, "It was broken.", STAFF, till.clock.now())


async def paid_order(till: Till) -> Order:
    """An order that is paid."""
    order = await till.an_order()
    await till.settle()
    return order


async def test_all_that_was_paid_goes_back_and_the_unit_does_not(till: Till) -> None:
    order = await paid_order(till)
    assert (await asked(till, order)).amount == Money(order.total, order.currency)
    assert [one.state for one in (await till.story(order)).refunds] == ["due"]
    await till.settle()
    story = await till.story(order)
    assert story.order.status == "refunded"
    assert [one.state for one in story.refunds] == ["made"]
    assert await till.booked(order) == [("charged", order.total), ("refunded", order.total)]
    assert await till.mails() == ["receipt", "refund-sent"]
    await till.assert_the_books_are_right()


async def test_parts_go_back_one_after_the_other_and_no_more_than_there_was(till: Till) -> None:
    order = await paid_order(till)
    await asked(till, order, 1000)
    with pytest.raises(NotRefundable, match="left"):
        await asked(till, order, order.total - 999)
    await till.settle()
    assert await till.status(order) == "paid"
    await asked(till, order, order.total - 1000)
    await till.settle()
    assert await till.status(order) == "refunded"
    with pytest.raises(NotRefundable):
        await asked(till, order)
    assert sum(amount for kind, amount in await till.booked(order) if kind == "refunded") == order.total
    await till.assert_the_books_are_right()


async def test_two_who_ask_at_once_do_not_give_back_twice(till: Till) -> None:
    order = await paid_order(till)
    found = await asyncio.gather(asked(till, order), asked(till, order), return_exceptions=True)
    assert sorted(type(one).__name__ for one in found) == ["NotRefundable", "RefundAsked"]
    await till.settle()
    assert await till.booked(order) == [("charged", order.total), ("refunded", order.total)]


async def test_what_was_not_paid_can_not_be_given_back(till: Till) -> None:
    order = await till.an_order()
    with pytest.raises(NotRefundable):
        await asked(till, order)
    await till.settle()
    with pytest.raises(NotRefundable):
        await asked(till, order, 0)


async def test_a_shipped_order_can_be_given_back_and_one_that_goes_back_is_not_shipped(till: Till) -> None:
    shipped, going = await paid_order(till), await paid_order(till)
    async with till.engine.begin() as connection:
        now = till.clock.now()
        assert await mark_shipped(connection, [shipped.id], "UPS", "1Z", STAFF, now) == [shipped.id]
    await till.settle()
    await asked(till, shipped)
    await asked(till, going)
    async with till.engine.begin() as connection:
        assert await mark_shipped(connection, [going.id], "UPS", "1Z", STAFF, till.clock.now()) == []
    await till.settle()
    assert await till.statuses() == {"refunded": 2}
    await till.assert_the_books_are_right()


async def test_a_refund_without_an_answer_is_sent_again_under_the_same_key(
    till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = await paid_order(till)
    provider, keys = till.settlement.payments.provider, []
    real = type(provider).refund

    async def silent(self: object, reference: str, amount: Money, key: str) -> object:
        keys.append(key)
        answer = await real(provider, reference, amount, key)
        return Unresolved(None) if len(keys) < 3 else answer

    monkeypatch.setattr(type(provider), "refund", silent)
    await asked(till, order)
    for _ in range(3):
        await till.settle()
        till.clock.advance(GRACE)
    assert len(keys) == 3
    assert len(set(keys)) == 1
    assert await till.booked(order) == [("charged", order.total), ("refunded", order.total)]
    assert await till.mails() == ["receipt", "refund-sent"]
    await till.assert_the_books_are_right()


async def test_a_refund_that_the_provider_refuses_leaves_the_order_as_it_is_for_the_staff(
    till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    [shopper_id] = await till.shoppers(1)
    order = await till.order(shopper_id)
    await till.settle()
    provider = till.settlement.payments.provider

    async def refuses(*_: object) -> object:
        return RefundRefused("no_balance", "There is nothing to give back from.")

    monkeypatch.setattr(type(provider), "refund", refuses)
    async with till.engine.begin() as connection:
        await cancel_order(connection, order.id, shopper_id, till.clock.now())
    await till.settle()
    story = await till.story(order)
    assert (story.order.status, story.ending) == ("paid", "")
    assert [one.state for one in story.refunds] == ["refused"]
    monkeypatch.undo()
    await asked(till, order)
    await till.settle()
    assert await till.status(order) == "refunded"
    await till.assert_the_books_are_right()


async def test_a_refund_that_the_bank_sends_back_is_known_and_can_be_asked_again(till: Till) -> None:
    order = await paid_order(till)
    await asked(till, order)
    await till.settle()
    async with till.engine.begin() as connection:
        await connection.execute(
            payment_events.insert().values(**await refund_failed(till, order, till.clock))
        )
    await till.settle()
    assert [one.state for one in (await till.story(order)).refunds] == ["failed"]
    assert (await till.booked(order))[-1] == ("refund-failed", order.total)
    async with till.engine.connect() as connection:
        [row] = (await connection.execute(select(refund_orders))).all()
    assert row.state == "failed"


async def refund_failed(till: Till, order: Order, clock: MovableClock) -> dict[str, object]:
    """The provider's news of it, as the shop keeps it."""
    from app.payments.tables import money_moves

    async with till.engine.connect() as connection:
        query = select(money_moves.c.reference).where(money_moves.c.order_id == order.id).limit(1)
        reference = (await connection.execute(query)).scalar_one()
    name = till.settlement.payments.provider.name
    facts = {"attempt": f"{order.id}.1", "order_id": order.id, "reference": reference}
    return {
        "provider": name,
        "id": "evt-1",
        "kind": "refund-failed",
        **facts,
        "received_at": clock.now(),
    }
