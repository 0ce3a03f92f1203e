"""Each guard of a sale taken away: what it is there for goes wrong at once, and does not where it stands.

A guard whose absence nothing shows is one that nobody tests. The same two of them, fence and veto, taken away together
are in `test_ledger`; the show's turns and indexes in `inventory/test_show_races`.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from redis.asyncio import Redis
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

import app.sales
from app.platform.embedded import EmbeddedServers
from app.platform.failpoints import armed
from app.platform.proof import prove
from app.sales import Order
from app.sales.audit import PROMISES, examine_gate
from app.sales.pipeline import Pipeline
from app.sales.under_way import Purchase
from app.sales.verdict import Bought, GateClosed, Verdict
from tests.factories.audit import broken
from tests.factories.identity import MovableClock
from tests.factories.sales import (
    DEAL,
    Halt,
    Process,
    assert_the_books_balance,
    bought,
    buy,
    buy_until,
    halted,
    on_offer,
    pause,
    people,
    process,
    read_books,
    tally,
    wish,
)

RECORD_ORDERS_SQL = Path(app.sales.__file__).parent / "scripts" / "record_orders.sql"
FENCE = "AND epoch = the_epoch"
VETO = "ck_offers_never_oversold"
STANDS_OR_NOT = pytest.mark.parametrize("stands", [True, False], ids=["guarded", "unguarded"])


@asynccontextmanager
async def without(
    engine: AsyncEngine, *, fence: bool = False, constraint: tuple[str, str] | None = None
) -> AsyncIterator[None]:
    """The schema without the fence, or without a table's constraint; it is whole again afterwards, and empty."""
    source, afterwards = RECORD_ORDERS_SQL.read_text(), ["TRUNCATE offers, orders, buyers"]
    assert source.count(FENCE) == 2
    async with engine.begin() as connection:
        if fence:
            await define(connection, source.replace(FENCE, ""))
        if constraint is not None:
            table, name = constraint
            query = text("SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE conname = :name")
            definition = await connection.scalar(query, {"name": name})
            await connection.exec_driver_sql(f"ALTER TABLE {table} DROP CONSTRAINT {name}")
            afterwards.append(f"ALTER TABLE {table} ADD CONSTRAINT {name} {definition}")
    try:
        yield
    finally:
        async with engine.begin() as connection:
            for statement in afterwards:
                await connection.exec_driver_sql(statement)
            await define(connection, source)


async def define(connection: AsyncConnection, source: str) -> None:
    """Make the function that `source` says; it may be several statements."""
    raw = await connection.get_raw_connection()
    assert raw.driver_connection is not None
    await raw.driver_connection.execute(source)


class Sleeper:
    """A purchase that is admitted and then stands still, on its way to the books, until it is woken."""

    def __init__(self, seller: Process, *shoppers: int) -> None:
        self._halt = Halt()
        self._seller, self._shoppers = seller, shoppers
        self._asked: asyncio.Task[list[Verdict]] | None = None

    async def fall_asleep(self) -> None:
        """Everyone's units are taken from the gate; nothing is recorded."""
        with armed("before-commit", self._halt.stand_still):
            self._asked = asyncio.create_task(
                buy(self._seller.checkout, [wish(one) for one in self._shoppers])
            )
            await self._halt.arrival()

    async def wake(self) -> list[Verdict]:
        """What became of it."""
        assert self._asked is not None
        self._halt.let_go()
        return await self._asked


# The epoch --------------------------------------------------------------------------------------------------------


@STANDS_OR_NOT
async def test_the_fence_keeps_units_from_being_sold_that_a_recount_gives_out_again(
    here: Process, there: Process, engine: AsyncEngine, clock: MovableClock, stands: bool
) -> None:
    async with without(engine, fence=not stands):
        await on_offer(engine, clock, quantity=10)
        await here.checkout.follow(DEAL)
        sleeper = Sleeper(here, *await people(engine, 4))
        await sleeper.fall_asleep()
        await there.checkout.follow(DEAL)
        clock.advance(3)
        await there.checkout.follow(DEAL)  # four units were in nobody's hands
        assert tally(await sleeper.wake()) == {"Bought": 4}

        found = await examine_gate(engine, there.gate, still=0.3)
        words = [breach.words for breach in found.breaches]
        assert words == ([] if stands else ["the gate of epoch 3 has 10 left and 4 are sold, of 10"])


@STANDS_OR_NOT
async def test_the_fence_keeps_a_paused_show_from_selling(
    here: Process, engine: AsyncEngine, clock: MovableClock, stands: bool
) -> None:
    async with without(engine, fence=not stands):
        await on_offer(engine, clock)
        await here.checkout.follow(DEAL)
        sleeper = Sleeper(here, *await people(engine, 1))
        await sleeper.fall_asleep()
        await pause(engine)
        (verdict,) = await sleeper.wake()
        sold = (await read_books(engine)).offer.sold
        assert (verdict == GateClosed(paused=True), sold) == ((True, 0) if stands else (False, 1))


# The checks -------------------------------------------------------------------------------------------------------


@STANDS_OR_NOT
async def test_the_check_keeps_a_gate_with_units_that_are_not_there_from_overselling(
    here: Process, engine: AsyncEngine, redis: Redis, clock: MovableClock, stands: bool
) -> None:
    async with without(engine, constraint=None if stands else ("offers", VETO)):
        await on_offer(engine, clock, quantity=10)
        await here.checkout.follow(DEAL)
        (gate,) = await redis.keys("gate:*")
        await redis.execute_command("HINCRBY", gate, "left", 5)  # type: ignore[no-untyped-call]
        verdicts = await buy(here.checkout, [wish(one) for one in await people(engine, 15)])
        if stands:
            assert tally(verdicts) == {"Bought": 10, "SoldOut": 5}
            await assert_the_books_balance(engine, verdicts, sold=10)
        else:
            assert tally(verdicts) == {"Bought": 15}
            with pytest.raises(AssertionError, match="more was sold than there was"):
                await assert_the_books_balance(engine, verdicts)


@STANDS_OR_NOT
async def test_the_check_keeps_a_gate_that_forgot_a_shopper_from_breaking_the_limit(
    here: Process, engine: AsyncEngine, redis: Redis, clock: MovableClock, stands: bool
) -> None:
    async with without(engine, constraint=None if stands else ("buyers", "ck_buyers_within_limit")):
        await on_offer(engine, clock, limit=3)
        (ada,) = await people(engine, 1)
        bought(await here.checkout.purchase(wish(ada, 3)))
        (gate,) = await redis.keys("gate:*")
        await redis.execute_command("HDEL", gate, ada)  # type: ignore[no-untyped-call]
        verdict = await here.checkout.purchase(wish(ada, 2))
        assert type(verdict).__name__ == ("LimitReached" if stands else "Bought")
        over = broken(await prove(engine, PROMISES))
        assert over == ({} if stands else {"No shopper has more of a deal than its limit.": {DEAL}})


# The look at the books ---------------------------------------------------------------------------------------------


@STANDS_OR_NOT
async def test_the_look_at_what_was_bought_before_keeps_the_limit_after_a_recount(
    here: Process,
    engine: AsyncEngine,
    redis: Redis,
    clock: MovableClock,
    monkeypatch: pytest.MonkeyPatch,
    stands: bool,
) -> None:
    """The check on the limit is away, so that the gate is all there is."""

    async def not_looked(*args: object) -> dict[int, int]:
        return {}

    if not stands:
        monkeypatch.setattr(Pipeline, "_look_up_holders", not_looked)
    async with without(engine, constraint=("buyers", "ck_buyers_within_limit")):
        await on_offer(engine, clock, limit=3)
        (ada,) = await people(engine, 1)
        bought(await here.checkout.purchase(wish(ada, 3)))
        await redis.flushall()
        await here.checkout.follow(DEAL)
        verdict = await here.checkout.purchase(wish(ada, 2))
        assert type(verdict).__name__ == ("LimitReached" if stands else "Bought")


# The answer after the commit --------------------------------------------------------------------------------------


def answer_hastily(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever was admitted is told so at once; then their orders are made durable, as ever."""
    record = Pipeline._record

    async def hasty(self: Pipeline, epoch: int, group: list[Purchase]) -> None:
        terms = self.sale.terms
        for place, purchase in enumerate(group, start=1):
            units = purchase.wish.quantity
            price = (terms.currency, terms.unit_price, 0, terms.shipping, terms.unit_price * units)
            first = (purchase.order_id, terms.deal_id, place, terms.title, units)
            purchase.settle(Bought(Order(*first, *price, "placed", self._clock.now())))
        await record(self, epoch, group)

    monkeypatch.setattr(Pipeline, "_record", hasty)


@STANDS_OR_NOT
async def test_an_answer_after_the_commit_is_kept_though_its_process_dies(
    servers: EmbeddedServers,
    engine: AsyncEngine,
    redis: Redis,
    clock: MovableClock,
    monkeypatch: pytest.MonkeyPatch,
    stands: bool,
) -> None:
    """It dies between gate and commit. Where nobody was told anything yet, nothing is lost."""
    if not stands:
        answer_hastily(monkeypatch)
    await on_offer(engine, clock)
    shoppers = await people(engine, 5)
    wishes = [wish(one) for one in shoppers]
    async with process(servers.database_url, servers.redis_url, clock) as doomed:
        await doomed.checkout.follow(DEAL)
        with halted("before-commit") as halt:
            verdicts = await buy_until(lambda _: halt.has_arrival, doomed.checkout, *wishes)
            await doomed.checkout.stop()
    promised = {verdict.order.id for verdict in verdicts if isinstance(verdict, Bought)}
    lost = promised - (await read_books(engine)).ids
    assert tally(verdicts) == ({"OutcomeUnknown": 5} if stands else {"Bought": 5})
    assert len(lost) == (0 if stands else 5)


async def test_the_guards_are_back_after_the_controls(engine: AsyncEngine) -> None:
    async with engine.connect() as connection:
        source = await connection.scalar(text("SELECT prosrc FROM pg_proc WHERE proname = 'record_orders'"))
        query = text("SELECT count(*) FROM pg_constraint WHERE conname = ANY (:names) AND convalidated")
        names = [VETO, "ck_buyers_within_limit"]
        assert await connection.scalar(query, {"names": names}) == 2
    assert source.count(FENCE) == 2
