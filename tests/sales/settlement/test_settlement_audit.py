"""Every promise about settling is seen to be broken where it is."""

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from app.sales import cancel_order
from app.sales.desk import ask_refund
from app.sales.settlement.audit import PROMISES
from tests.factories.audit import broken_by
from tests.factories.payments import DECLINES
from tests.factories.settlement import Till
from tests.factories.shipping import mark_shipped

CENTS = "What an order says of money is what the money ledger has, to the last cent."
OF_ORDERS = "The money ledger is about orders that there are, in their own currency."
NOT_FREE = "No unit is free whose order may still be paid."
ASKED_FOR = "Whatever was paid was asked for, and is one attempt of its order."
REFUNDS = "Every refund that was made is in the money ledger, and every one in it was asked for."
ALL = "Every order is being settled, up to its deal's mark."
AS_SAID = "How far an order is settled is what it says of itself."
SHIPPED = "What was shipped is marked so, and had somewhere to go."
FORGOTTEN = "No order that something is still to become of is forgotten."

# By place: 1 is paid, 2 is shipped, 3 is refunded, 4 was paid and is cancelled, 5 is declined.
THE = "(SELECT id FROM orders WHERE place = {})".format


@pytest.fixture
async def settled(sandbox_till: Till) -> AsyncEngine:
    """Five orders, each settled in another way."""
    till = sandbox_till
    shoppers = [*await till.shoppers(4), *await till.shoppers(1, card=DECLINES)]
    orders = [await till.order(shopper_id) for shopper_id in shoppers]
    await till.settle()
    now = till.clock.now()
    async with till.engine.begin() as connection:
        await mark_shipped(connection, [orders[1].id], "UPS", "", shoppers[0], now)
        await ask_refund(connection, orders[2].id, None, "", shoppers[0], now)
        await cancel_order(connection, orders[3].id, shoppers[3], now)
    await till.settle()
    assert await till.statuses() == {"paid": 1, "shipped": 1, "refunded": 1, "cancelled": 1, "declined": 1}
    return till.engine


async def test_nothing_is_broken_where_all_is_well(settled: AsyncEngine) -> None:
    assert await broken_by(settled, PROMISES) == {}


@pytest.mark.parametrize(
    ("statement", "promises"),
    [
        (f"UPDATE money_moves SET amount = amount - 1 WHERE order_id = {THE(1)}", {CENTS}),
        (f"UPDATE orders SET status = 'paid' WHERE id = {THE(3)}", {CENTS}),
        (f"UPDATE orders SET status = 'cancelled' WHERE id = {THE(1)}", {CENTS, AS_SAID}),
        (f"UPDATE money_moves SET currency = 'EUR' WHERE order_id = {THE(1)}", {CENTS, OF_ORDERS}),
        (f"UPDATE charge_attempts SET state = 'open' WHERE order_id = {THE(4)}", {NOT_FREE, ASKED_FOR}),
        (f"UPDATE charge_attempts SET reference = 'other' WHERE order_id = {THE(1)}", {ASKED_FOR}),
        (f"UPDATE refund_orders SET amount = 1 WHERE order_id = {THE(3)}", {REFUNDS}),
        (f"DELETE FROM refund_orders WHERE order_id = {THE(4)}", {REFUNDS}),
        (f"DELETE FROM settlements WHERE order_id = {THE(1)}", {ALL}),
        (f"UPDATE settlements SET state = 'asked', due_at = now() WHERE order_id = {THE(1)}", {AS_SAID}),
        (f"DELETE FROM order_addresses WHERE order_id = {THE(2)}", {SHIPPED}),
        (f"DELETE FROM shipments WHERE order_id = {THE(2)}", {SHIPPED}),
        (f"UPDATE settlements SET due_at = NULL WHERE order_id = {THE(5)}", {FORGOTTEN}),
    ],
)
async def test_what_breaks_each_promise(settled: AsyncEngine, statement: str, promises: set[str]) -> None:
    assert set(await broken_by(settled, PROMISES, statement)) == promises
