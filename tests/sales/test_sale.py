"""What was bought before the gate was counted again: the gate does not know it, and everyone is told the truth."""

import asyncio

import pytest
from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncEngine

from app.sales.order import Wish
from app.sales.sale import Sale
from app.sales.verdict import Bought, GateClosed, KeyReused, LimitReached, SoldOut
from tests.factories.identity import MovableClock
from tests.factories.sales import (
    DEAL,
    Process,
    Wires,
    assert_the_books_balance,
    bought,
    buy,
    eventually,
    gate_left,
    halted,
    on_offer,
    people,
    tally,
    wish,
)


@pytest.fixture
def unlearned(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody has read yet who has bought."""

    async def never(*args: object) -> None:
        """It takes too long."""

    monkeypatch.setattr(Sale, "_learn_holders", never)


async def lose_the_gate(process: Process) -> None:
    """It is counted again, and open."""
    await process.gate._redis.flushall()
    await process.checkout.follow(DEAL)


async def knows_its_holders(process: Process, *shoppers: int) -> None:
    """Return once the process has read who has bought."""

    async def does() -> bool:
        return process.checkout._on_sale._pipelines[DEAL].sale._holders == frozenset(shoppers)

    await eventually(does)


@pytest.mark.parametrize("learned", [True, False])
async def test_after_a_recount_everyone_is_told_what_the_books_say(
    here: Process,
    there: Process,
    engine: AsyncEngine,
    clock: MovableClock,
    request: pytest.FixtureRequest,
    learned: bool,
) -> None:
    if not learned:
        request.getfixturevalue("unlearned")
    await on_offer(engine, clock, quantity=10, limit=3)
    ada, bob, eve = await people(engine, 3)
    first, whole = wish(ada, 2), wish(bob, 3)
    orders = [bought(verdict).order for verdict in await buy(here.checkout, [first, whole])]
    await lose_the_gate(here)
    if learned:
        await knows_its_holders(here, ada, bob)
    for process in (here, there):
        verdicts = await buy(
            process.checkout,
            [first, whole, Wish(ada, first.key, DEAL, 1), wish(ada, 2), wish(bob, 1)],
        )
        assert verdicts == [
            Bought(orders[0], replayed=True),
            Bought(orders[1], replayed=True),
            KeyReused(),
            LimitReached(3, 2),
            LimitReached(3, 3),
        ]
    assert await gate_left(here.gate, engine) == 5  # no repetition takes a unit, not for a moment
    verdicts = await buy(there.checkout, [wish(ada, 1), wish(eve, 3), wish(eve, 1)])
    assert tally(verdicts) == {"Bought": 2, "LimitReached": 1}
    await assert_the_books_balance(engine, sold=9)


async def test_what_was_bought_since_the_recount_is_not_counted_twice(
    here: Process, there: Process, engine: AsyncEngine, clock: MovableClock, unlearned: None
) -> None:
    await on_offer(engine, clock, quantity=10, limit=4)
    (ada,) = await people(engine, 1)
    bought(await here.checkout.purchase(wish(ada)))
    await lose_the_gate(here)
    for process in (there, here, there):
        bought(await process.checkout.purchase(wish(ada)))
    assert await here.checkout.purchase(wish(ada)) == LimitReached(4, 4)
    await assert_the_books_balance(engine, sold=4)


async def test_sixty_four_orders_of_one_shopper_after_a_recount_keep_the_limit(
    here: Process, there: Process, engine: AsyncEngine, clock: MovableClock
) -> None:
    await on_offer(engine, clock, quantity=100, limit=5)
    (ada,) = await people(engine, 1)
    bought(await here.checkout.purchase(wish(ada, 2)))
    await lose_the_gate(here)
    parts = await asyncio.gather(
        *(buy(process.checkout, [wish(ada) for _ in range(32)]) for process in (here, there))
    )
    verdicts = [verdict for part in parts for verdict in part]
    assert tally(verdicts) == {"Bought": 3, "LimitReached": 61}
    await assert_the_books_balance(engine, verdicts, sold=5)
    assert await gate_left(here.gate, engine) == 95


async def test_after_a_recount_of_a_deal_that_is_sold_out_the_same_wish_gets_its_order(
    here: Process, there: Process, engine: AsyncEngine, clock: MovableClock
) -> None:
    await on_offer(engine, clock, quantity=2, limit=2)
    ada, bob = await people(engine, 2)
    asked = wish(ada, 2)
    order = bought(await here.checkout.purchase(asked)).order
    await lose_the_gate(here)
    for process in (here, there):
        verdicts = await buy(process.checkout, [wish(bob), asked, wish(ada)])
        assert verdicts == [SoldOut(DEAL), Bought(order, replayed=True), LimitReached(2, 2)]


@pytest.mark.parametrize("looked_up", [True, False])
@pytest.mark.parametrize("ending", ["limit", "stock"])
async def test_nobody_whose_order_stands_is_refused_though_the_gate_has_lost_the_key(
    here: Process,
    engine: AsyncEngine,
    redis: Redis,
    clock: MovableClock,
    monkeypatch: pytest.MonkeyPatch,
    ending: str,
    looked_up: bool,
) -> None:
    """The gate has lost a field, which no server does. Without the look before every no, that would be an untruth."""

    async def nothing(*args: object) -> None:
        """Not looked up."""

    if not looked_up:
        monkeypatch.setattr(Sale, "settle_what_stands", nothing)
    await on_offer(engine, clock, quantity=2, limit=2 if ending == "limit" else 4)
    (ada,) = await people(engine, 1)
    asked = wish(ada, 2)
    order = bought(await here.checkout.purchase(asked)).order
    (gate,) = await redis.keys("gate:*")
    await redis.execute_command("HDEL", gate, f"{ada}:{asked.key}")  # type: ignore[no-untyped-call]
    refusal = LimitReached(2, 2) if ending == "limit" else SoldOut(DEAL)
    assert await here.checkout.purchase(asked) == (Bought(order, replayed=True) if looked_up else refusal)


async def test_who_has_bought_is_read_once_and_nobody_else_is_looked_up(
    here: Process, engine: AsyncEngine, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    await on_offer(engine, clock, quantity=10)
    ada, bob, eve = await people(engine, 3)
    bought(await here.checkout.purchase(wish(ada)))
    await lose_the_gate(here)
    await knows_its_holders(here, ada)
    looked_up: list[int] = []
    look_up = here.ledger.look_up

    async def watched(deal_id: int, wishes: list[Wish]) -> object:
        looked_up.extend(asked.shopper_id for asked in wishes)
        return await look_up(deal_id, wishes)

    monkeypatch.setattr(here.ledger, "look_up", watched)
    assert tally(await buy(here.checkout, [wish(one) for one in (ada, bob, eve, bob)])) == {"Bought": 4}
    assert looked_up == [ada]


async def test_while_postgres_cannot_say_what_was_bought_nobody_is_admitted(
    wired: Process, lines: Wires, engine: AsyncEngine, clock: MovableClock
) -> None:
    """So that whoever gives up is told truly that nothing was bought."""
    await on_offer(engine, clock, quantity=10)
    ada, bob = await people(engine, 2)
    bought(await wired.checkout.purchase(wish(ada)))
    await lose_the_gate(wired)
    lines.postgres.cut()
    assert await wired.checkout.purchase(wish(ada), patience=0.3) == GateClosed()
    lines.postgres.mend()
    bought(await wired.checkout.purchase(wish(bob)))
    await assert_the_books_balance(engine, sold=2)


async def test_orders_recorded_just_before_the_epoch_moves_on_are_known_after_it(
    here: Process, there: Process, engine: AsyncEngine, clock: MovableClock
) -> None:
    """A purchase that stood at the gate while another process's commit and recount went by."""
    await on_offer(engine, clock, quantity=10, limit=2)
    (ada,) = await people(engine, 1)
    asked = wish(ada, 2)
    await here.checkout.follow(DEAL)
    await there.checkout.follow(DEAL)
    with halted("before-admit") as halt:
        waits = asyncio.create_task(here.checkout.purchase(asked))
        await halt.arrival()
    order = bought(await there.checkout.purchase(asked)).order
    await lose_the_gate(there)
    halt.let_go()
    assert await waits == Bought(order, replayed=True)
    await assert_the_books_balance(engine, sold=2)
