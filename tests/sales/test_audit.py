"""Every promise of the books is seen to be broken where it is; and the gate is judged at rest only."""

import asyncio

import pytest
from redis.asyncio import Redis
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from app.sales.audit import AT_REST, PROMISES, audit_sales, examine_gate
from app.sales.gate import Gate
from app.sales.help_audit import PROMISES as HELP_PROMISES
from app.sales.line.audit import PROMISES as LINE_PROMISES
from app.sales.recount import recount
from app.sales.settlement.audit import PROMISES as SETTLEMENT_PROMISES
from tests.factories.audit import broken, broken_by
from tests.factories.identity import MovableClock
from tests.factories.sales import DEAL, Process, bought, buy, close, on_offer, pause, people, wish

OVERSOLD = "No deal has sold more than it had."
SOLD = "What is written as sold is what the orders say."
HELD = "What shoppers are written to hold is what their orders say."
COUNTED = "Each deal's orders are counted."
PLACES = "Each deal's orders have the places from 1 on, without a gap, each once."
ONE_KEY = "A shopper's key stands for one order."
LIMIT = "No shopper has more of a deal than its limit."
SECONDS = "What is written as sold in each second is what was ordered in it, cancelled since or not."
OF_DEALS = "Orders and holdings are of deals that were on offer."
OF_SHOPPERS = "Orders and holdings are of shoppers that there are."
AS_OFFERED = "Every order has the title, the price and the shipping that its deal was offered with."
ADDS_UP = "Every order adds up."
NOTHING_OFF = "No order has anything off without a coupon that was used for it, or a friend who brought it."
COUPONS = "A used coupon has lowered its owner's order, by what it is worth."
HELPERS = "Whoever is said to have helped has helped somebody else with an order, cancelled since or not."
ONE_OFFER = "At most one deal is on offer."
NEXT = DEAL + 1
NEVER = 777  # neither a deal nor a shopper has this number

COUPON_AND_HELPERS = [  # a coupon and a helper for the first order, and a helper for the one that was cancelled
    "UPDATE orders SET discount = 100, total = total - 100 WHERE idempotency_key = 'a'",
    "INSERT INTO coupons SELECT 'CRUMB', shopper_id, currency, 100, 'used', 'helped', placed_at, placed_at, id"
    " FROM orders WHERE idempotency_key = 'a'",
    "INSERT INTO attributions SELECT a.id, a.deal_id, b.shopper_id, 'link', a.quantity, a.placed_at"
    " FROM orders a, orders b WHERE (a.idempotency_key, b.idempotency_key) IN (('a', 'b'), ('c', 'a'))",
]


@pytest.fixture
async def sold(here: Process, engine: AsyncEngine, clock: MovableClock) -> AsyncEngine:
    """One deal is over, with 3 orders of 4 units, of which the last was cancelled; another has sold its one unit."""
    await on_offer(engine, clock, quantity=5)
    ada, bob = await people(engine, 2)
    await here.checkout.follow(DEAL)
    for asked in (wish(ada, 2, "a"), wish(bob, 1, "b"), wish(bob, 1, "c")):
        bought((await buy(here.checkout, [asked]))[0])
    async with engine.begin() as connection:
        await connection.execute(text("UPDATE orders SET status = 'cancelled' WHERE idempotency_key = 'c'"))
        await connection.execute(text("UPDATE offers SET sold = sold - 1"))
        await connection.execute(text("UPDATE buyers SET units = 1 WHERE shopper_id = :bob"), {"bob": bob})
    await close(engine, clock)
    async with engine.begin() as connection:
        for statement in COUPON_AND_HELPERS:
            await connection.execute(text(statement))
    await on_offer(engine, clock, quantity=1, deal=NEXT)
    await here.checkout.follow(NEXT)
    bought((await buy(here.checkout, [wish(ada, 1, "d", deal=NEXT)]))[0])
    return engine


async def test_books_that_are_right_are_found_right(sold: AsyncEngine, redis: Redis) -> None:
    examined = await audit_sales(sold, redis)
    assert broken(examined) == {}
    promised = [p.sentence for p in [*PROMISES, *HELP_PROMISES, *SETTLEMENT_PROMISES, *LINE_PROMISES]]
    assert [what.sentence for what in examined] == [*promised, AT_REST]


TAMPERINGS = {
    "sold more": (
        [
            "ALTER TABLE offers DROP CONSTRAINT ck_offers_never_oversold",
            "UPDATE offers SET sold = 6 WHERE deal_id = 37",
        ],
        {OVERSOLD, SOLD},
    ),
    "orders for more": (
        [
            "UPDATE orders SET quantity = 4, total = 4 * unit_price + shipping WHERE idempotency_key = 'b'",
            "UPDATE orders SET status = 'paid' WHERE deal_id = 37",
        ],
        {OVERSOLD, SOLD, HELD, SECONDS, LIMIT},
    ),
    "sold less": (["UPDATE offers SET sold = 2 WHERE deal_id = 37"], {SOLD}),
    "a cancelled order that counts again": (
        ["UPDATE orders SET status = 'placed' WHERE idempotency_key = 'c'"],
        {SOLD, HELD},
    ),
    "an order that is gone": (
        ["DELETE FROM orders WHERE idempotency_key = 'b'"],
        {SOLD, HELD, COUNTED, SECONDS, PLACES},
    ),
    "a shopper who is written to hold less": (
        ["UPDATE buyers SET units = 0 WHERE deal_id = 37 AND units = 1"],
        {HELD},
    ),
    "a shopper who is not written down": (["DELETE FROM buyers WHERE deal_id = 37"], {HELD}),
    "more sold in a second than was ordered in it": (
        ["UPDATE sold_by_second SET units = 5 WHERE deal_id = 37"],
        {SECONDS},
    ),
    "a cancelled order that its second forgot": (
        ["UPDATE sold_by_second SET units = 3 WHERE deal_id = 37"],
        {SECONDS},
    ),
    "units in another second": (
        ["UPDATE sold_by_second SET second = second + interval '1 second' WHERE deal_id = 37"],
        {SECONDS},
    ),
    "a second that is not written down": (["DELETE FROM sold_by_second WHERE deal_id = 37"], {SECONDS}),
    "an order of nobody": (
        [f"UPDATE orders SET shopper_id = {NEVER} WHERE idempotency_key = 'c'"],
        {OF_SHOPPERS},
    ),
    "a holding of nobody": ([f"INSERT INTO buyers VALUES (37, {NEVER}, 0, 3)"], {OF_SHOPPERS}),
    "a gap between places": (["UPDATE orders SET place = 4 WHERE idempotency_key = 'c'"], {PLACES}),
    "places from 0": (
        [
            "UPDATE orders SET place = place - 10 WHERE deal_id = 37",
            "UPDATE orders SET place = place + 9 WHERE deal_id = 37",
        ],
        {PLACES},
    ),
    "a place twice": (
        [
            "ALTER TABLE orders DROP CONSTRAINT uq_orders_deal_id_place",
            "UPDATE orders SET place = 2 WHERE idempotency_key = 'c'",
        ],
        {PLACES},
    ),
    "orders miscounted": (["UPDATE offers SET orders = 2 WHERE deal_id = 37"], {COUNTED}),
    "a key for two orders": (
        [
            "ALTER TABLE orders DROP CONSTRAINT uq_orders_shopper_id_idempotency_key",
            "UPDATE orders SET idempotency_key = 'b' WHERE idempotency_key = 'c'",
        ],
        {ONE_KEY},
    ),
    "over the limit": (["UPDATE offers SET unit_limit = 1 WHERE deal_id = 37"], {LIMIT}),
    "a wrong sum": (
        [
            "ALTER TABLE orders DROP CONSTRAINT ck_orders_adds_up",
            "UPDATE orders SET total = 1 WHERE idempotency_key = 'a'",
        ],
        {ADDS_UP},
    ),
    "a coupon that took off less": (
        ["UPDATE orders SET discount = 99, total = total + 1 WHERE idempotency_key = 'a'"],
        {COUPONS, NOTHING_OFF},
    ),
    "a coupon that took off more": (
        ["UPDATE orders SET discount = 101, total = total - 1 WHERE idempotency_key = 'a'"],
        {NOTHING_OFF},
    ),
    "something off without a coupon": (
        ["UPDATE orders SET discount = 500, total = total - 500 WHERE idempotency_key = 'b'"],
        {NOTHING_OFF},
    ),
    "a coupon that was given back": (
        ["UPDATE coupons SET state = 'ready', order_id = NULL"],
        {NOTHING_OFF},
    ),
    "another's coupon": (
        ["UPDATE coupons SET shopper_id = (SELECT shopper_id FROM orders WHERE idempotency_key = 'b')"],
        {COUPONS},
    ),
    "a shopper who helped themselves": (
        ["UPDATE attributions SET helper_id = (SELECT shopper_id FROM orders WHERE idempotency_key = 'a')"],
        {HELPERS},
    ),
    "help with more than was sold": (["UPDATE attributions SET units = 3"], {HELPERS}),
    "help with an order that never was": (
        ["UPDATE attributions SET order_id = 'nowhere' WHERE units = 1"],
        {HELPERS},
    ),
    "another title": (["UPDATE orders SET title = 'Toast' WHERE idempotency_key = 'b'"], {AS_OFFERED}),
    "another price": (
        ["UPDATE orders SET unit_price = 1, total = quantity + shipping WHERE idempotency_key = 'b'"],
        {AS_OFFERED},
    ),
    "another shipping": (
        ["UPDATE orders SET shipping = 0, total = total - shipping WHERE idempotency_key = 'b'"],
        {AS_OFFERED},
    ),
    "another currency": (["UPDATE orders SET currency = 'EUR' WHERE idempotency_key = 'b'"], {AS_OFFERED}),
}


@pytest.mark.parametrize("tampering", TAMPERINGS)
async def test_a_broken_promise_is_named_with_its_deal(sold: AsyncEngine, tampering: str) -> None:
    statements, expected = TAMPERINGS[tampering]
    assert await broken_by(sold, PROMISES, *statements) == {sentence: {DEAL} for sentence in expected}
    assert await broken_by(sold, PROMISES) == {}, "it was put right again"


# Those that name another deal, or several, or none.
ELSEWHERE: dict[str, tuple[list[str], dict[str, set[int | None]]]] = {
    "a coupon for an order that never was": (
        ["UPDATE coupons SET order_id = 'nowhere'"],
        {COUPONS: {None}, NOTHING_OFF: {DEAL}},
    ),
    "two deals on offer": (
        ["DROP INDEX one_open_offer", "UPDATE offers SET closed_at = NULL"],
        {ONE_OFFER: {DEAL, NEXT}},
    ),
    "an order of a deal that was never on offer": (
        [
            f"UPDATE orders SET deal_id = {NEVER} WHERE idempotency_key = 'd'",
            f"UPDATE buyers SET deal_id = {NEVER} WHERE deal_id = {NEXT}",
            f"UPDATE sold_by_second SET deal_id = {NEVER} WHERE deal_id = {NEXT}",
            f"UPDATE offers SET sold = 0, orders = 0 WHERE deal_id = {NEXT}",
        ],
        {OF_DEALS: {NEVER}},
    ),
    "a holding of a deal that was never on offer": (
        [f"INSERT INTO buyers SELECT {NEVER}, shopper_id, 0, 3 FROM orders WHERE idempotency_key = 'a'"],
        {OF_DEALS: {NEVER}},
    ),
    "a second of a deal that was never on offer": (
        [f"INSERT INTO sold_by_second VALUES ({NEVER}, now(), 1)"],
        {SECONDS: {NEVER}},
    ),
}


@pytest.mark.parametrize("tampering", ELSEWHERE)
async def test_a_broken_promise_is_named_for_each_deal_that_it_is_broken_for(
    sold: AsyncEngine, tampering: str
) -> None:
    statements, expected = ELSEWHERE[tampering]
    assert await broken_by(sold, PROMISES, *statements) == expected


def test_every_promise_is_broken_by_some_test() -> None:
    named = [
        *(expected for _, expected in TAMPERINGS.values()),
        *(expected for _, expected in ELSEWHERE.values()),
    ]
    assert set().union(*named) == {promise.sentence for promise in PROMISES}


async def test_a_gate_that_lost_units_is_named_once_nothing_moves(
    engine: AsyncEngine, gate: Gate, redis: Redis, clock: MovableClock
) -> None:
    await on_offer(engine, clock)
    await recount(engine, gate, DEAL, 1)
    await redis.execute_command("HINCRBY", f"gate:{DEAL}:2", "left", -3)  # type: ignore[no-untyped-call]
    (breach,) = (await examine_gate(engine, gate, still=0.3)).breaches
    assert (breach.deal_id, breach.words) == (DEAL, "the gate of epoch 2 has 7 left and 0 are sold, of 10")


async def test_a_purchase_in_flight_is_waited_for(
    engine: AsyncEngine, gate: Gate, redis: Redis, clock: MovableClock
) -> None:
    await on_offer(engine, clock)
    (ada,) = await people(engine, 1)
    await recount(engine, gate, DEAL, 1)
    await gate.admit(DEAL, 2, 3, [wish(ada)])
    looking = asyncio.create_task(examine_gate(engine, gate, still=30, patience=30))
    await asyncio.sleep(0)
    async with engine.begin() as connection:
        await connection.execute(text("UPDATE offers SET sold = 1"))
    assert broken([await looking]) == {}


async def test_where_purchases_never_rest_it_says_so(
    engine: AsyncEngine, gate: Gate, clock: MovableClock
) -> None:
    await on_offer(engine, clock)
    (ada,) = await people(engine, 1)
    await recount(engine, gate, DEAL, 1)
    await gate.admit(DEAL, 2, 3, [wish(ada)])
    examined = await examine_gate(engine, gate, still=30, patience=0.3)
    assert (examined.breaches, "in flight" in examined.note) == ([], True)


async def test_where_nothing_is_on_sale_or_the_gate_is_shut_there_is_nothing_to_compare(
    engine: AsyncEngine, gate: Gate, clock: MovableClock
) -> None:
    assert (await examine_gate(engine, gate)).note == "nothing is on sale"
    await on_offer(engine, clock)
    assert (await examine_gate(engine, gate)).note == "the gate is not open"
    await pause(engine)
    assert (await examine_gate(engine, gate)).note == "nothing is on sale"
