"""Killed anywhere between an order and its end: another process goes on, and nobody pays twice or for nothing."""

import asyncio
import json
import signal
import sys
from contextlib import suppress

import pytest

from app.platform.embedded import EmbeddedServers
from app.platform.failpoints import Name, armed
from app.sales import Order, Settlement, cancel_order
from app.sales.gate import Gate
from app.sales.settlement import room
from tests.factories.payments import DECLINES, PeerBank
from tests.factories.sales import gate_left, read_books
from tests.factories.settlement import GRACE, Till

LEASE = 200.0  # seconds; a little longer than orders are leased for
PLACES: tuple[Name, ...] = ("before-provider", "after-provider", "after-settled")


class Killed(BaseException):
    """What no handler of ours catches: the process is gone."""


@pytest.fixture
def one_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process does one thing at a time, so that it is gone as a whole when it is killed."""
    monkeypatch.setattr(room, "AT_ONCE", 1)


async def round_until_killed(settlement: Settlement) -> None:
    """All that is due, as far as the process gets."""
    with suppress(Killed):
        await settlement.round()


async def three_orders(till: Till) -> tuple[Order, Order, Order]:
    """One to be charged, one that is paid and to be cancelled, and one whose ten minutes for a card are over."""
    ada, bob, eve = [*await till.shoppers(2), *await till.shoppers(1, card=DECLINES)]
    declined = await till.order(eve)
    await till.settle()
    till.clock.advance(GRACE - 1)
    given_back = await till.order(bob)
    await till.settle()
    till.clock.advance(1)
    async with till.engine.begin() as connection:
        assert await cancel_order(connection, given_back.id, bob, till.clock.now())
    return await till.order(ada), given_back, declined


async def assert_all_is_well(till: Till, orders: tuple[Order, Order, Order]) -> None:
    """Each is where it belongs, and was charged as often as it should have been."""
    paid, given_back, declined = orders
    assert [await till.status(order) for order in orders] == ["paid", "cancelled", "cancelled"]
    assert [await till.charges_of(order) for order in (paid, declined)] == [1, 0]
    assert await till.booked(paid) == [("charged", paid.total)]
    assert await till.booked(given_back) == [("charged", paid.total), ("refunded", paid.total)]
    assert await till.booked(declined) == []
    rules = await till.mails()
    assert {rule: rules.count(rule) for rule in set(rules)} == {
        "receipt": 2,
        "card-declined": 1,
        "order-cancelled": 2,
    }
    assert (await read_books(till.engine)).offer.sold == 1
    await till.assert_the_books_are_right()


@pytest.mark.parametrize(
    ("place", "time"),
    [(place, time) for place in PLACES for time in ((1, 2, 3, 5) if place == "after-settled" else (1, 2, 3))],
)
@pytest.mark.usefixtures("one_hand")
async def test_whoever_dies_there_another_goes_on(till: Till, place: Name, time: int) -> None:
    orders = await three_orders(till)
    arrivals = 0

    async def die() -> None:
        nonlocal arrivals
        arrivals += 1
        if arrivals == time:
            raise Killed

    with armed(place, die):
        await round_until_killed(till.settlement)
    survivor = till.another_process()
    await survivor.round()
    till.clock.advance(LEASE)
    await survivor.round()
    assert arrivals >= time, "nobody came there so often"
    await assert_all_is_well(till, orders)


@pytest.mark.parametrize("place", PLACES)
async def test_a_process_is_killed_there(till: Till, servers: EmbeddedServers, place: Name) -> None:
    orders = await three_orders(till)
    address = till.bank.peer.address if isinstance(till.bank, PeerBank) else ""
    told = {
        "now": till.clock.now().isoformat(),
        "database": servers.database_url,
        "redis": servers.redis_url,
        "stripe": address,
        "failpoints": f"{place}=kill:after=2",
    }
    words = (sys.executable, "-m", "tests.factories.settling", json.dumps(told))
    victim = await asyncio.create_subprocess_exec(*words)
    assert await asyncio.wait_for(victim.wait(), 60) == -signal.SIGKILL
    till.clock.advance(LEASE)
    await till.another_process().round()
    await assert_all_is_well(till, orders)


@pytest.mark.usefixtures("one_hand")
async def test_units_of_a_process_that_died_before_the_gate_heard_of_them_come_back_by_a_recount(
    sandbox_till: Till,
) -> None:
    till = sandbox_till
    [shopper_id] = await till.shoppers(1)
    order = await till.order(shopper_id)
    async with till.engine.begin() as connection:
        await cancel_order(connection, order.id, shopper_id, till.clock.now())

    async def die() -> None:
        raise Killed

    with armed("after-settled", die):
        await round_until_killed(till.settlement)
    assert (await read_books(till.engine)).offer.left == 10
    gate = Gate(till.redis)
    assert await gate_left(gate, till.engine) == 9
    await till.checkout.follow(37)
    till.clock.advance(3)
    await till.checkout.follow(37)
    assert await gate_left(gate, till.engine) == 10


@pytest.mark.usefixtures("one_hand")
async def test_an_order_in_hand_is_left_alone_until_its_lease_is_over(sandbox_till: Till) -> None:
    till = sandbox_till
    order = await till.an_order()

    async def die() -> None:
        raise Killed

    with armed("after-provider", die):
        await round_until_killed(till.settlement)
    survivor = till.another_process()
    assert await survivor.round() == 0
    assert await till.status(order) == "placed"
    till.clock.advance(LEASE)
    assert await survivor.round() == 1
    assert await till.status(order) == "paid"
    assert await till.charges_of(order) == 1
