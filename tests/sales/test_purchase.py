"""Buying, from several processes, while everything that can break does."""

import asyncio
import json
import signal
import sys
from collections.abc import Awaitable, Callable

import pytest
from msgspec import structs
from msgspec.structs import replace
from redis.asyncio import Redis
from sqlalchemy.ext.asyncio import AsyncEngine

import app.sales.sale
from app.platform.embedded import EmbeddedServers
from app.sales.order import Wish
from app.sales.verdict import (
    Bought,
    GateClosed,
    KeyReused,
    LimitReached,
    NoSuchDeal,
    QuantityOutOfRange,
    SoldOut,
    Verdict,
)
from tests.factories.identity import MovableClock
from tests.factories.sales import (
    A_GROUP,
    DEAL,
    Process,
    Wires,
    assert_the_books_balance,
    bought,
    buy,
    close,
    eventually,
    gate_left,
    on_offer,
    pause,
    people,
    process,
    read_books,
    saboteur,
    tally,
    wish,
)

# Races ------------------------------------------------------------------------------------------------------------


async def test_the_last_unit_goes_to_exactly_one_shopper(
    here: Process, there: Process, engine: AsyncEngine, clock: MovableClock
) -> None:
    ada, bob = await people(engine, 2)
    for deal in range(DEAL, DEAL + 10):
        await on_offer(engine, clock, quantity=1, deal=deal)
        one, other = await asyncio.gather(
            here.checkout.purchase(wish(ada, deal=deal)), there.checkout.purchase(wish(bob, deal=deal))
        )
        assert tally([one, other]) == {"Bought": 1, "SoldOut": 1}
        await assert_the_books_balance(engine, [one, other], sold=1, deal=deal)
        await close(engine, clock, deal)


async def test_ten_units_and_three_hundred_buyers_make_ten_orders(
    here: Process, there: Process, engine: AsyncEngine, clock: MovableClock
) -> None:
    await on_offer(engine, clock, quantity=10)
    wishes = [wish(shopper) for shopper in await people(engine, 300)]
    first, second = await asyncio.gather(buy(here.checkout, wishes[::2]), buy(there.checkout, wishes[1::2]))
    assert tally(first + second) == {"Bought": 10, "SoldOut": 290}
    places = sorted(v.order.place for v in first + second if isinstance(v, Bought))
    assert places == list(range(1, 11))
    await assert_the_books_balance(engine, first + second, sold=10)


async def test_the_same_key_in_two_processes_at_once_is_one_order_and_one_answer(
    here: Process, there: Process, engine: AsyncEngine, clock: MovableClock
) -> None:
    await on_offer(engine, clock, quantity=40, limit=40)
    wishes = [wish(shopper, 2) for shopper in await people(engine, 10)]
    first, second = await asyncio.gather(buy(here.checkout, wishes), buy(there.checkout, wishes))
    for one, other in zip(first, second, strict=True):
        assert bought(one).order == bought(other).order
        assert {bought(one).replayed, bought(other).replayed} == {False, True}
    await assert_the_books_balance(engine, first, sold=20)


async def test_a_shopper_gets_no_more_than_the_limit_however_many_orders_come_at_once(
    here: Process, there: Process, engine: AsyncEngine, clock: MovableClock
) -> None:
    await on_offer(engine, clock, quantity=100, limit=2)
    (ada,) = await people(engine, 1)
    wishes = [wish(ada) for _ in range(64)]
    first, second = await asyncio.gather(buy(here.checkout, wishes[::2]), buy(there.checkout, wishes[1::2]))
    verdicts = first + second
    assert tally(verdicts) == {"Bought": 2, "LimitReached": 62}
    assert all(v == LimitReached(2, 2) for v in verdicts if not isinstance(v, Bought))
    await assert_the_books_balance(engine, verdicts, sold=2)
    assert await gate_left(here.gate, engine) == 98


async def test_the_same_key_with_another_body_is_refused_while_the_first_is_under_way_and_after_it(
    here: Process, there: Process, engine: AsyncEngine, clock: MovableClock
) -> None:
    await on_offer(engine, clock)
    (ada,) = await people(engine, 1)
    first = wish(ada, 1)
    verdicts = await buy(here.checkout, [first, structs.replace(first, quantity=2)])
    assert tally(verdicts) == {"Bought": 1, "KeyReused": 1}
    for till in (here, there):
        for other in (
            structs.replace(first, quantity=2),
            structs.replace(first, coupon="FREE"),
            structs.replace(first, line_offer="x"),
        ):
            assert await till.checkout.purchase(other) == KeyReused()
    await assert_the_books_balance(engine, verdicts, sold=1)


async def test_two_bodies_under_one_key_in_two_processes_at_once_are_one_order(
    here: Process, there: Process, engine: AsyncEngine, clock: MovableClock
) -> None:
    await on_offer(engine, clock, quantity=50, limit=50)
    (ada,) = await people(engine, 1)
    for n in range(1, 11):
        one, other = wish(ada, 1, key=f"k{n}"), wish(ada, 2, key=f"k{n}")
        verdicts = await asyncio.gather(here.checkout.purchase(one), there.checkout.purchase(other))
        assert tally(verdicts) == {"Bought": 1, "KeyReused": 1}
    await assert_the_books_balance(engine)


# Wishes that cannot be -------------------------------------------------------------------------------------------


async def test_more_than_the_limit_at_once_is_out_of_range(
    here: Process, engine: AsyncEngine, clock: MovableClock
) -> None:
    await on_offer(engine, clock, limit=3)
    (ada,) = await people(engine, 1)
    assert await here.checkout.purchase(wish(ada, 4)) == QuantityOutOfRange(3)
    assert await here.checkout.purchase(wish(ada, 10**9)) == QuantityOutOfRange(3)
    await assert_the_books_balance(engine, sold=0)


async def test_more_than_is_left_is_sold_out_and_what_is_left_can_still_be_bought(
    here: Process, engine: AsyncEngine, clock: MovableClock
) -> None:
    await on_offer(engine, clock, quantity=3)
    ada, bob, eve = await people(engine, 3)
    bought(await here.checkout.purchase(wish(ada, 2)))
    assert await here.checkout.purchase(wish(bob, 2)) == SoldOut(DEAL)
    bought(await here.checkout.purchase(wish(eve, 1)))


async def test_a_deal_that_never_was_on_offer_does_not_exist(
    here: Process, engine: AsyncEngine, clock: MovableClock
) -> None:
    (ada,) = await people(engine, 1)
    for deal in (DEAL, 0, -1, 2**63 - 1):
        assert await here.checkout.purchase(wish(ada, deal=deal)) == NoSuchDeal()
    await on_offer(engine, clock)
    assert await here.checkout.purchase(wish(ada, deal=DEAL + 1)) == NoSuchDeal()
    bought(await here.checkout.purchase(wish(ada)))  # nor is it remembered


# The same again --------------------------------------------------------------------------------------------------


async def test_after_a_restart_the_same_wish_gets_the_same_order(
    here: Process, there: Process, engine: AsyncEngine, clock: MovableClock
) -> None:
    await on_offer(engine, clock)
    (ada,) = await people(engine, 1)
    asked = wish(ada)
    first = bought(await here.checkout.purchase(asked))
    await here.checkout.stop()
    assert await there.checkout.purchase(asked) == replace(first, replayed=True)


@pytest.mark.parametrize("ending", ["sold out", "closed", "paused", "closed and Redis emptied"])
async def test_however_the_deal_ends_the_same_wish_gets_the_same_order(
    here: Process, there: Process, engine: AsyncEngine, redis: Redis, clock: MovableClock, ending: str
) -> None:
    await on_offer(engine, clock, quantity=2)
    ada, bob = await people(engine, 2)
    asked = wish(ada)
    first = bought(await here.checkout.purchase(asked))
    if ending == "sold out":
        bought(await here.checkout.purchase(wish(bob)))
    elif ending == "paused":
        await pause(engine)
    else:
        await close(engine, clock)
    if ending.endswith("emptied"):
        await redis.flushall()
    for till in (here, there, here):
        assert await till.checkout.purchase(asked) == replace(first, replayed=True)
        assert await till.checkout.purchase(structs.replace(asked, quantity=2)) == KeyReused()


async def test_while_the_first_is_under_way_the_same_wish_waits_for_its_order(
    here: Process, engine: AsyncEngine, clock: MovableClock
) -> None:
    await on_offer(engine, clock)
    (ada,) = await people(engine, 1)
    asked = wish(ada)
    verdicts = await buy(here.checkout, [asked] * 5)
    assert len({bought(v).order.id for v in verdicts}) == 1
    assert [bought(v).replayed for v in verdicts] == [False, True, True, True, True]
    await assert_the_books_balance(engine, verdicts, sold=1)


async def test_a_refusal_is_decided_anew(here: Process, engine: AsyncEngine, clock: MovableClock) -> None:
    await on_offer(engine, clock)
    (ada,) = await people(engine, 1)
    asked = wish(ada)
    await pause(engine)
    assert await here.checkout.purchase(asked) == GateClosed(paused=True)
    await pause(engine, paused=False)
    assert not bought(await here.checkout.purchase(asked)).replayed


# Faults in the middle of a sale ----------------------------------------------------------------------------------


async def emptied(redis: Redis) -> None:
    await redis.flushall()


async def without_scripts(redis: Redis) -> None:
    await redis.script_flush()


async def with_something_else_in_its_place(redis: Redis) -> None:
    for key in await redis.keys("gate:*"):
        await redis.delete(key)
        await redis.lpush(key, "x")


async def with_units_that_are_not_there(redis: Redis) -> None:
    await put_into_gates(redis, "HINCRBY", "left", 100)


async def with_a_gate_from_an_older_file(redis: Redis) -> None:
    for key in await redis.keys("gate:*"):
        await redis.delete(key)
        await redis.execute_command("HSET", key, "left", 40)  # type: ignore[no-untyped-call]


async def without_what_was_bought(redis: Redis) -> None:
    for key in await redis.keys("gate:*"):
        for field in await redis.execute_command("HKEYS", key):  # type: ignore[no-untyped-call]
            if field != b"left":
                await redis.execute_command("HDEL", key, field)  # type: ignore[no-untyped-call]


async def put_into_gates(redis: Redis, *change: str | int) -> None:
    for key in await redis.keys("gate:*"):
        await redis.execute_command(change[0], key, *change[1:])  # type: ignore[no-untyped-call]


async def with_its_clients_cut_off(redis: Redis) -> None:
    await redis.client_kill_filter(_type="normal", skipme=True)


FAULTS = [
    emptied,
    without_scripts,
    with_something_else_in_its_place,
    with_units_that_are_not_there,
    with_a_gate_from_an_older_file,
    without_what_was_bought,
    with_its_clients_cut_off,
]


async def sell_out(
    processes: list[Process], wishes: list[Wish], fault: Callable[[], Awaitable[object]], engine: AsyncEngine
) -> list[Verdict]:
    """All wishes in waves, with the fault three times in between; each process's showrunner ticks all along."""
    finished = asyncio.Event()

    async def shop(till: Process, mine: list[Wish]) -> list[Verdict]:
        return [v for n in range(0, len(mine), 15) for v in await buy(till.checkout, mine[n : n + 15])]

    async def tick(till: Process) -> None:
        while not finished.is_set():
            await till.checkout.follow(DEAL)
            await asyncio.sleep(0.05)

    async def break_things() -> None:
        for more in (10, 20, 40):

            async def has_sold(at_least: int = more) -> bool:
                return (await read_books(engine)).units >= at_least

            await eventually(has_sold)
            await fault()

    ticks = [asyncio.create_task(tick(till)) for till in processes]
    try:
        parts = [wishes[n :: len(processes)] for n in range(len(processes))]
        breaking = asyncio.create_task(break_things())
        shopping = [shop(till, mine) for till, mine in zip(processes, parts, strict=True)]
        verdicts = [v for part in await asyncio.gather(*shopping) for v in part]
        await breaking
    finally:
        finished.set()
        await asyncio.gather(*ticks, return_exceptions=True)
    return verdicts


@pytest.mark.parametrize("fault", FAULTS)
async def test_whatever_redis_loses_the_sale_ends_exactly(
    here: Process,
    there: Process,
    engine: AsyncEngine,
    redis: Redis,
    clock: MovableClock,
    fault: Callable[[Redis], Awaitable[None]],
) -> None:
    await on_offer(engine, clock, quantity=80)
    wishes = [wish(shopper) for shopper in await people(engine, 200)]
    verdicts = await sell_out([here, there], wishes, lambda: fault(redis), engine)
    await assert_the_books_balance(engine, verdicts, sold=80)
    assert tally(verdicts) == {"Bought": 80, "SoldOut": 120}
    again = await buy(there.checkout, wishes)
    assert {bought(v).order.id for v in again if isinstance(v, Bought)} == {
        v.order.id for v in verdicts if isinstance(v, Bought)
    }


async def test_whatever_postgres_cuts_off_the_sale_ends_exactly(
    servers: EmbeddedServers, engine: AsyncEngine, redis: Redis, clock: MovableClock
) -> None:
    await on_offer(engine, clock, quantity=80)
    wishes = [wish(shopper) for shopper in await people(engine, 200)]
    ended = 0
    async with (
        process(servers.database_url, servers.redis_url, clock) as here,
        process(servers.database_url, servers.redis_url, clock) as there,
        saboteur(servers.database_url) as strike,
    ):
        await here.checkout.follow(DEAL)
        await there.checkout.follow(DEAL)
        selling = [
            asyncio.create_task(buy(till.checkout, wishes[n::2])) for n, till in enumerate((here, there))
        ]
        for _ in range(12):
            ended += await strike()
            await asyncio.sleep(0.03)
        verdicts = [v for part in await asyncio.gather(*selling) for v in part]
        assert tally(verdicts) == {"Bought": 80, "SoldOut": 120}
    assert ended > 0
    await assert_the_books_balance(engine, verdicts, sold=80)


@pytest.mark.parametrize("passed_on", [True, False])
async def test_every_commit_may_lose_its_reply_or_never_arrive(
    wired: Process, lines: Wires, engine: AsyncEngine, clock: MovableClock, passed_on: bool
) -> None:
    await on_offer(engine, clock, quantity=20)
    wishes = [wish(shopper) for shopper in await people(engine, 30)]
    await wired.checkout.follow(DEAL)
    verdicts: list[Verdict] = []
    for n in range(0, 30, 3):
        (lines.postgres.lose_reply if passed_on else lines.postgres.lose_request)(A_GROUP)
        verdicts += await buy(wired.checkout, wishes[n : n + 3])
    assert lines.postgres.faults == 7  # one for each group that had something to record
    assert tally(verdicts) == {"Bought": 20, "SoldOut": 10}
    await assert_the_books_balance(engine, verdicts, sold=20)


@pytest.mark.parametrize("passed_on", [True, False])
async def test_every_call_of_the_gate_may_lose_its_reply_or_never_arrive(
    wired: Process,
    lines: Wires,
    engine: AsyncEngine,
    clock: MovableClock,
    monkeypatch: pytest.MonkeyPatch,
    passed_on: bool,
) -> None:
    monkeypatch.setattr(app.sales.sale, "CALM_SECONDS", 0.01)  # ten recounts, one after the other
    await on_offer(engine, clock, quantity=20)
    wishes = [wish(shopper) for shopper in await people(engine, 30)]
    verdicts: list[Verdict] = []
    for n in range(0, 30, 3):
        (lines.redis.lose_reply if passed_on else lines.redis.lose_request)(b"EVALSHA")
        verdicts += await buy(wired.checkout, wishes[n : n + 3])
    assert lines.redis.faults == 10
    assert tally(verdicts) == {"Bought": 20, "SoldOut": 10}
    await assert_the_books_balance(engine, verdicts, sold=20)
    assert await gate_left(wired.gate, engine) == 0


async def test_a_sale_begins_though_the_gate_was_never_opened(
    here: Process, engine: AsyncEngine, clock: MovableClock
) -> None:
    await on_offer(engine, clock)
    assert await gate_left(here.gate, engine) is None
    verdicts = await buy(here.checkout, [wish(shopper) for shopper in await people(engine, 12)])
    assert tally(verdicts) == {"Bought": 10, "SoldOut": 2}


async def test_readiness_follows_the_gate(
    here: Process, engine: AsyncEngine, redis: Redis, clock: MovableClock
) -> None:
    assert await here.checkout.is_ready()  # nothing is for sale
    await on_offer(engine, clock)
    await here.checkout.follow(DEAL)
    assert await here.checkout.is_ready()
    await redis.flushall()
    assert not await here.checkout.is_ready()
    await here.checkout.follow(DEAL)
    assert await here.checkout.is_ready()


async def test_what_waits_for_news_hears_of_sales_and_of_the_end(
    here: Process, engine: AsyncEngine, clock: MovableClock
) -> None:
    await on_offer(engine, clock, quantity=2)
    ada, bob = await people(engine, 2)
    bought(await here.checkout.purchase(wish(ada)))
    assert here.checkout.changed.is_set()
    assert not here.checkout.exhausted.is_set()
    bought(await here.checkout.purchase(wish(bob)))
    assert here.checkout.exhausted.is_set()


# Processes of the operating system's -----------------------------------------------------------------------------

SHOPPING = """
import asyncio, json, sys
from app.platform.clock import SystemClock
from app.platform.database import connect_database
from app.platform.redis import connect_redis
from app.sales import Checkout, Wish
from app.sales.verdict import Bought

async def main(database_url, redis_url, deal, shoppers):
    checkout = Checkout(connect_database(database_url), connect_redis(redis_url, timeout=2.0), SystemClock())
    await checkout.follow(deal)
    print("ready", flush=True)
    sys.stdin.readline()
    async def one(shopper):
        verdict = await checkout.purchase(Wish(shopper, f"key-{shopper}", deal, 1))
        order = verdict.order.id if isinstance(verdict, Bought) else None
        print(json.dumps([shopper, type(verdict).__name__, order]), flush=True)
    async def queue(mine):
        for shopper in mine:
            await one(shopper)
    await asyncio.gather(*(queue(shoppers[n::8]) for n in range(8)))

asyncio.run(main(*json.loads(sys.argv[1])))
"""


async def test_a_process_that_is_killed_in_the_rush_loses_nothing_that_it_confirmed(
    servers: EmbeddedServers, here: Process, engine: AsyncEngine, clock: MovableClock
) -> None:
    await on_offer(engine, clock, quantity=600)
    shoppers = await people(engine, 800)

    async def start(mine: list[int]) -> asyncio.subprocess.Process:
        words = json.dumps([servers.database_url, servers.redis_url, DEAL, mine])
        pipe = asyncio.subprocess.PIPE
        return await asyncio.create_subprocess_exec(
            sys.executable, "-c", SHOPPING, words, stdin=pipe, stdout=pipe, stderr=asyncio.subprocess.DEVNULL
        )

    async def confirmed(
        shop: asyncio.subprocess.Process, kill_after: int | None
    ) -> list[tuple[str, str | None]]:
        assert shop.stdin is not None
        assert shop.stdout is not None
        heard: list[tuple[str, str | None]] = []
        while line := await shop.stdout.readline():
            if not line.endswith(b"\n"):
                break  # half a line: it was killed while it spoke
            if line.startswith(b"["):
                _, verdict, order = json.loads(line)
                heard.append((verdict, order))
            if len(heard) == kill_after:
                shop.send_signal(signal.SIGKILL)
                kill_after = None
        await shop.wait()
        return heard

    shops = [await start(shoppers[:400]), await start(shoppers[400:])]
    for shop in shops:
        assert shop.stdout is not None
        while not (await shop.stdout.readline()).startswith(b"ready"):
            assert shop.returncode is None
    for shop in shops:
        assert shop.stdin is not None
        shop.stdin.write(b"go\n")
    killed, lived = await asyncio.gather(confirmed(shops[0], 40), confirmed(shops[1], None))

    assert shops[0].returncode == -signal.SIGKILL
    assert len(killed) < 400
    assert {verdict for verdict, _ in lived} == {"Bought"}
    await here.checkout.follow(DEAL)
    clock.advance(3)
    await here.checkout.follow(DEAL)
    rest = await buy(here.checkout, [Wish(shopper, f"key-{shopper}", DEAL, 1) for shopper in shoppers])
    assert tally(rest) == {"Bought": 600, "SoldOut": 200}
    books = await assert_the_books_balance(engine, rest, sold=600)
    assert {order for _, order in killed + lived if order is not None} <= books.ids
