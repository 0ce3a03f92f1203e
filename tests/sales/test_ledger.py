"""The ledger: what becomes durable, what is refused, and what happens when one of its guards is taken away."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy import text, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

import app.sales.ledger
from app.sales.ledger import (
    Entry,
    FencedError,
    Ledger,
    LedgerUnknownError,
    PoisonedError,
    Recorded,
    Standing,
)
from app.sales.order import Wish, new_order_id
from app.sales.tables import offers
from tests.factories.identity import MovableClock
from tests.factories.sales import (
    A_GROUP,
    DEAL,
    Books,
    Halt,
    Process,
    Wires,
    assert_the_books_balance,
    buy,
    close,
    on_offer,
    pause,
    people,
    read_books,
    wish,
)

RECORD_ORDERS_SQL = Path(app.sales.ledger.__file__).parent / "scripts" / "record_orders.sql"


def entry(asked: Wish) -> Entry:
    return Entry(new_order_id(), asked)


def all_of(recorded: Recorded) -> list[Standing]:
    """What stands, which is something for every entry."""
    return [standing for standing in recorded.standings if standing is not None]


async def test_a_group_becomes_orders_in_the_order_of_their_admission(
    ledger: Ledger, engine: AsyncEngine, clock: MovableClock
) -> None:
    await on_offer(engine, clock)
    group = [entry(wish(shopper, 2)) for shopper in await people(engine, 3)]

    recorded = await ledger.record(DEAL, 1, clock.now(), group)

    assert recorded.left == 4
    assert [standing.order.id for standing in all_of(recorded)] == [one.order_id for one in group]
    assert [standing.order.place for standing in all_of(recorded)] == [1, 2, 3]
    order = all_of(recorded)[2].order
    assert (order.number, order.quantity, order.unit_price, order.total) == ("37-3", 2, 4999, 2 * 4999 + 500)
    assert order.placed_at == clock.now()
    books = await assert_the_books_balance(engine, sold=6)
    assert books.offer.first_order_at == clock.now()


async def test_places_go_on_where_the_group_before_ended(
    ledger: Ledger, engine: AsyncEngine, clock: MovableClock
) -> None:
    await on_offer(engine, clock)
    shoppers = await people(engine, 4)
    opened_at = clock.now()
    await ledger.record(DEAL, 1, opened_at, [entry(wish(shopper)) for shopper in shoppers[:2]])
    clock.advance(5)
    await ledger.record(DEAL, 1, clock.now(), [entry(wish(shopper)) for shopper in shoppers[2:]])
    books = await assert_the_books_balance(engine, sold=4)
    assert books.offer.first_order_at == opened_at


async def test_recording_the_same_group_twice_changes_nothing(
    ledger: Ledger, engine: AsyncEngine, clock: MovableClock
) -> None:
    await on_offer(engine, clock)
    group = [entry(wish(shopper)) for shopper in await people(engine, 3)]
    first = await ledger.record(DEAL, 1, clock.now(), group)
    before = await read_books(engine)
    clock.advance(1)
    assert await ledger.record(DEAL, 1, clock.now(), group) == first
    assert await read_books(engine) == before


async def test_a_group_that_stands_in_part_grows_by_the_rest(
    ledger: Ledger, engine: AsyncEngine, clock: MovableClock
) -> None:
    await on_offer(engine, clock)
    group = [entry(wish(shopper)) for shopper in await people(engine, 4)]
    await ledger.record(DEAL, 1, clock.now(), group[1:3])
    recorded = await ledger.record(DEAL, 1, clock.now(), group)
    assert [standing.order.place for standing in all_of(recorded)] == [3, 1, 2, 4]
    await assert_the_books_balance(engine, sold=4)


async def test_a_key_that_stands_answers_with_the_order_that_it_stands_for(
    ledger: Ledger, engine: AsyncEngine, clock: MovableClock
) -> None:
    await on_offer(engine, clock)
    (ada,) = await people(engine, 1)
    first = entry(wish(ada, 1, key="a"))
    await ledger.record(DEAL, 1, clock.now(), [first])
    recorded = await ledger.record(DEAL, 1, clock.now(), [entry(wish(ada, 2, key="a"))])
    assert all_of(recorded)[0].order.id == first.order_id
    assert all_of(recorded)[0].body_hash == first.wish.body_hash
    await assert_the_books_balance(engine, sold=1)


async def test_the_same_group_from_two_processes_at_once_is_recorded_once(
    here: Process, there: Process, engine: AsyncEngine, clock: MovableClock
) -> None:
    await on_offer(engine, clock)
    shoppers = await people(engine, 5)
    wishes = [wish(shopper) for shopper in shoppers]
    one, other = await asyncio.gather(
        here.ledger.record(DEAL, 1, clock.now(), [entry(asked) for asked in wishes]),
        there.ledger.record(DEAL, 1, clock.now(), [entry(asked) for asked in wishes]),
    )
    assert all_of(one) == all_of(other)
    await assert_the_books_balance(engine, sold=5)


async def test_a_group_of_an_older_epoch_is_fenced_and_changes_nothing(
    ledger: Ledger, engine: AsyncEngine, clock: MovableClock
) -> None:
    await on_offer(engine, clock)
    (ada,) = await people(engine, 1)
    async with engine.begin() as connection:
        await connection.execute(update(offers).values(epoch=2))
    before = await read_books(engine)
    with pytest.raises(FencedError):
        await ledger.record(DEAL, 1, clock.now(), [entry(wish(ada))])
    assert await read_books(engine) == before


async def test_a_group_of_an_epoch_that_is_yet_to_come_is_fenced(
    ledger: Ledger, engine: AsyncEngine, clock: MovableClock
) -> None:
    await on_offer(engine, clock)
    (ada,) = await people(engine, 1)
    with pytest.raises(FencedError):
        await ledger.record(DEAL, 2, clock.now(), [entry(wish(ada))])


@pytest.mark.parametrize("epoch", [1, 2])
async def test_nothing_is_recorded_of_a_deal_that_is_over(
    ledger: Ledger, engine: AsyncEngine, clock: MovableClock, epoch: int
) -> None:
    await on_offer(engine, clock)
    (ada,) = await people(engine, 1)
    await close(engine, clock)
    with pytest.raises(FencedError):
        await ledger.record(DEAL, epoch, clock.now(), [entry(wish(ada))])
    await assert_the_books_balance(engine, sold=0)


async def test_what_was_admitted_before_a_pause_is_fenced(
    ledger: Ledger, engine: AsyncEngine, clock: MovableClock
) -> None:
    await on_offer(engine, clock)
    (ada,) = await people(engine, 1)
    await pause(engine)
    with pytest.raises(FencedError):
        await ledger.record(DEAL, 1, clock.now(), [entry(wish(ada))])
    await assert_the_books_balance(engine, sold=0)


async def test_postgres_vetoes_a_group_that_would_sell_too_much(
    ledger: Ledger, engine: AsyncEngine, clock: MovableClock
) -> None:
    await on_offer(engine, clock, quantity=2)
    group = [entry(wish(shopper)) for shopper in await people(engine, 3)]
    with pytest.raises(FencedError, match="never_oversold"):
        await ledger.record(DEAL, 1, clock.now(), group)
    await assert_the_books_balance(engine, sold=0)


async def test_postgres_vetoes_more_units_for_a_shopper_than_the_limit(
    ledger: Ledger, engine: AsyncEngine, clock: MovableClock
) -> None:
    await on_offer(engine, clock, limit=2)
    (ada,) = await people(engine, 1)
    await ledger.record(DEAL, 1, clock.now(), [entry(wish(ada, 2))])
    with pytest.raises(FencedError, match="within_limit"):
        await ledger.record(DEAL, 1, clock.now(), [entry(wish(ada))])
    await assert_the_books_balance(engine, sold=2)


@pytest.mark.parametrize("asked", [wish(1, key="nul\0"), wish(1, quantity=0), wish(1, quantity=-1)])
async def test_what_can_never_be_recorded_is_poison_and_takes_nothing_with_it(
    ledger: Ledger, engine: AsyncEngine, clock: MovableClock, asked: Wish
) -> None:
    await on_offer(engine, clock)
    (ada,) = await people(engine, 1)
    with pytest.raises(PoisonedError):
        await ledger.record(DEAL, 1, clock.now(), [entry(wish(ada)), entry(asked)])
    await assert_the_books_balance(engine, sold=0)


async def test_a_postgres_that_cannot_be_reached_leaves_it_unknown(
    wired: Process, lines: Wires, engine: AsyncEngine, clock: MovableClock
) -> None:
    await on_offer(engine, clock)
    (ada,) = await people(engine, 1)
    lines.postgres.cut()
    with pytest.raises(LedgerUnknownError):
        await wired.ledger.record(DEAL, 1, clock.now(), [entry(wish(ada))])
    await assert_the_books_balance(engine, sold=0)


@pytest.mark.parametrize("passed_on", [True, False])
async def test_a_commit_without_a_reply_is_unknown_and_sending_again_finds_it_done_or_does_it(
    wired: Process, lines: Wires, engine: AsyncEngine, clock: MovableClock, passed_on: bool
) -> None:
    await on_offer(engine, clock)
    group = [entry(wish(shopper)) for shopper in await people(engine, 2)]
    await wired.ledger.find(1, "warm up")
    (lines.postgres.lose_reply if passed_on else lines.postgres.lose_request)(A_GROUP)
    with pytest.raises(LedgerUnknownError):
        await wired.ledger.record(DEAL, 1, clock.now(), group)
    assert (await read_books(engine)).units == (2 if passed_on else 0)
    again = await wired.ledger.record(DEAL, 1, clock.now(), group)
    assert {standing.order.id for standing in all_of(again)} == {one.order_id for one in group}
    await assert_the_books_balance(engine, sold=2)


async def test_a_key_that_two_deals_record_at_once_leaves_no_gap_and_one_order(
    here: Process, there: Process, engine: AsyncEngine, clock: MovableClock
) -> None:
    """Two open deals never are; a late group of the older one meets the new one's all the same."""
    await on_offer(engine, clock, quantity=100)
    (ada,) = await people(engine, 1)
    async with engine.begin() as connection:
        await connection.execute(text("DROP INDEX one_open_offer"))
    try:
        await on_offer(engine, clock, quantity=100, deal=DEAL + 1)
        for n in range(20):
            mine, next_deals = wish(ada, key=f"k{n}"), wish(ada, key=f"k{n}", deal=DEAL + 1)
            groups = [(DEAL, mine), (DEAL + 1, next_deals)]
            answers = await asyncio.gather(
                *(
                    process.ledger.record(deal, 1, clock.now(), [entry(asked)])
                    for process, (deal, asked) in zip((here, there), groups, strict=True)
                ),
                return_exceptions=True,
            )
            stand = {all_of(a)[0].order.id for a in answers if not isinstance(a, BaseException)}
            assert len(stand) == 1
            assert all(isinstance(a, LedgerUnknownError) for a in answers if isinstance(a, BaseException))
            async with engine.begin() as connection:
                await connection.execute(text("UPDATE buyers SET units = 0"))
        for deal in (DEAL, DEAL + 1):
            books = await read_books(engine, deal)
            assert books.places == list(range(1, books.offer.orders + 1))
    finally:
        async with engine.begin() as connection:
            await connection.execute(text("UPDATE offers SET closed_at = now()"))
            await connection.execute(
                text("CREATE UNIQUE INDEX one_open_offer ON offers ((true)) WHERE closed_at IS NULL")
            )


async def test_an_order_is_found_by_its_shopper_only(
    ledger: Ledger, engine: AsyncEngine, clock: MovableClock
) -> None:
    await on_offer(engine, clock)
    ada, eve = await people(engine, 2)
    made = entry(wish(ada, key="a"))
    await ledger.record(DEAL, 1, clock.now(), [made])
    order = await ledger.order(ada, made.order_id)
    assert order is not None
    assert order.id == made.order_id
    assert await ledger.order(eve, made.order_id) is None
    assert await ledger.find(eve, "a") is None
    assert await ledger.orders_of(eve, after=None, limit=10) == []
    assert await ledger.orders_of(eve, after=made.order_id, limit=10) == []


async def test_pages_of_orders_lead_through_all_of_them_newest_first(
    ledger: Ledger, engine: AsyncEngine, clock: MovableClock
) -> None:
    await on_offer(engine, clock, quantity=100, limit=50)
    (ada,) = await people(engine, 1)
    for _ in range(4):  # several in one moment, too
        await ledger.record(DEAL, 1, clock.now(), [entry(wish(ada)) for _ in range(5)])
        clock.advance(1)
    pages, after = [], None
    while page := await ledger.orders_of(ada, after=after, limit=3):
        pages.append(page)
        after = page[-1].id
    seen = [order for page in pages for order in page]
    assert [len(page) for page in pages] == [3] * 6 + [2]
    assert len({order.id for order in seen}) == 20
    assert seen == sorted(seen, key=lambda order: (order.placed_at, order.id), reverse=True)


# Negative controls ------------------------------------------------------------------------------------------------
#
# Ten units are in the hands of a process that stands still; a recount gives them out again, and they are sold; then the
# first process goes on. The assertion that holds with all guards, and with either, fails when both are gone.

EPOCH_GUARD = "AND epoch = the_epoch"
VETO = "ck_offers_never_oversold"


@asynccontextmanager
async def without(engine: AsyncEngine, *guards: str) -> AsyncIterator[None]:
    """The schema with these guards taken away; it is whole again afterwards."""
    source = RECORD_ORDERS_SQL.read_text()
    assert source.count(EPOCH_GUARD) == 2
    try:
        async with engine.begin() as connection:
            if EPOCH_GUARD in guards:
                await define(connection, source.replace(EPOCH_GUARD, ""))
            if VETO in guards:
                await connection.exec_driver_sql(f"ALTER TABLE offers DROP CONSTRAINT {VETO}")
        yield
    finally:
        async with engine.begin() as connection:
            await connection.exec_driver_sql("TRUNCATE offers, orders, buyers")
            await define(connection, source)
            if VETO in guards:
                await connection.exec_driver_sql(
                    f"ALTER TABLE offers ADD CONSTRAINT {VETO} CHECK (sold >= 0 AND sold <= quantity)"
                )


async def define(connection: AsyncConnection, source: str) -> None:
    """Make the function that `source` says; it may be several statements."""
    raw = await connection.get_raw_connection()
    assert raw.driver_connection is not None
    await raw.driver_connection.execute(source)


async def a_process_wakes_up_after_a_recount(
    here: Process, there: Process, engine: AsyncEngine, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> Books:
    await on_offer(engine, clock, quantity=10)
    shoppers = await people(engine, 20)
    halt, record = Halt(), here.ledger.record

    async def slowly(*group: object) -> object:
        await halt.stand_still()
        return await record(*group)  # type: ignore[arg-type]

    monkeypatch.setattr(here.ledger, "record", slowly)
    await here.checkout.follow(DEAL)
    sleepers = asyncio.create_task(buy(here.checkout, [wish(shopper) for shopper in shoppers[:10]]))
    await halt.arrival()
    await there.checkout.follow(DEAL)
    clock.advance(3)
    await there.checkout.follow(DEAL)
    others = await buy(there.checkout, [wish(shopper) for shopper in shoppers[10:]])
    halt.let_go()
    verdicts = others + await sleepers
    return await assert_the_books_balance(engine, verdicts, sold=10)


@pytest.mark.parametrize("guards", [(), (EPOCH_GUARD,), (VETO,)])
async def test_nothing_is_oversold_while_either_guard_stands(
    guards: tuple[str, ...],
    here: Process,
    there: Process,
    engine: AsyncEngine,
    clock: MovableClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with without(engine, *guards):
        await a_process_wakes_up_after_a_recount(here, there, engine, clock, monkeypatch)


async def test_without_the_fence_and_the_veto_the_same_race_oversells(
    here: Process,
    there: Process,
    engine: AsyncEngine,
    clock: MovableClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with without(engine, EPOCH_GUARD, VETO):
        with pytest.raises(AssertionError, match="more was sold than there was"):
            await a_process_wakes_up_after_a_recount(here, there, engine, clock, monkeypatch)


async def test_the_guards_are_back_after_the_controls(engine: AsyncEngine) -> None:
    async with engine.connect() as connection:
        source = await connection.scalar(text("SELECT prosrc FROM pg_proc WHERE proname = 'record_orders'"))
        veto = await connection.scalar(
            text("SELECT 1 FROM pg_constraint WHERE conname = :name"), {"name": VETO}
        )
    assert source.count(EPOCH_GUARD) == 2
    assert veto == 1
