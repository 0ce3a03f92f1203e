"""A deal's way through gate and ledger in one process: what is said when something breaks off in the middle."""

import asyncio
from collections.abc import Callable

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

import app.sales.recount
from app.sales.ledger import PoisonedError
from app.sales.order import Wish
from app.sales.sale import STRANDED_SECONDS
from app.sales.under_way import Purchase
from app.sales.verdict import Bought, DealOver, GateClosed, KeyReused, OutcomeUnknown, SoldOut
from tests.factories.identity import MovableClock
from tests.factories.sales import (
    A_GROUP,
    DEADLINE,
    DEAL,
    Process,
    Wires,
    assert_the_books_balance,
    bought,
    buy,
    buy_until,
    close,
    eventually,
    gate_left,
    is_in_hand,
    is_recovering,
    on_offer,
    pause,
    people,
    read_books,
    tally,
    wish,
)

Call = Callable[..., object]


class Brake:
    """Stops the next call of a method, before or after it has done its work, until it is let go."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, owner: object, method: str, *, after: bool) -> None:
        self.reached, self.let_go = asyncio.Event(), asyncio.Event()
        real = getattr(owner, method)

        async def braked(*args: object) -> object:
            answer = await real(*args) if after else None
            self.reached.set()
            await self.let_go.wait()
            return answer if after else await real(*args)

        monkeypatch.setattr(owner, method, braked)


async def warm(process: Process) -> None:
    """Its gate is open, and it has connections."""
    await process.checkout.follow(DEAL)
    await process.ledger.find(0, "warm up")


async def test_purchases_that_come_together_share_a_commit(
    here: Process, engine: AsyncEngine, clock: MovableClock
) -> None:
    await on_offer(engine, clock, quantity=300)
    await warm(here)
    before = (await read_books(engine)).offer.revision
    verdicts = await buy(here.checkout, [wish(shopper) for shopper in await people(engine, 200)])
    books = await assert_the_books_balance(engine, verdicts, sold=200)
    assert books.offer.revision - before <= 10


async def test_a_client_that_hangs_up_changes_nothing(
    here: Process, engine: AsyncEngine, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    await on_offer(engine, clock)
    (ada,) = await people(engine, 1)
    await warm(here)
    brake = Brake(monkeypatch, here.ledger, "record", after=False)
    asked = wish(ada)
    request = asyncio.create_task(here.checkout.purchase(asked))
    await brake.reached.wait()
    request.cancel()
    await asyncio.gather(request, return_exceptions=True)
    brake.let_go.set()
    verdict = bought(await here.checkout.purchase(asked))
    await assert_the_books_balance(engine, [verdict], sold=1)


# Poison -----------------------------------------------------------------------------------------------------------


async def test_a_purchase_that_cannot_be_recorded_fails_alone_and_its_unit_comes_back(
    here: Process, engine: AsyncEngine, clock: MovableClock
) -> None:
    await on_offer(engine, clock, quantity=20)
    await warm(here)
    eve, *others = await people(engine, 10)
    wishes = [wish(shopper) for shopper in others]
    wishes.insert(4, wish(eve, 3, key="nul\0"))  # PostgreSQL has no text with a NUL in it
    answers = await asyncio.gather(*map(here.checkout.purchase, wishes), return_exceptions=True)
    assert isinstance(answers.pop(4), PoisonedError)
    assert all(isinstance(answer, Bought) for answer in answers)
    await assert_the_books_balance(engine, sold=9)
    await eventually(lambda: left_is(here, engine, 11))
    assert (await read_books(engine)).offer.epoch == 2  # and no recount was needed


async def left_is(process: Process, engine: AsyncEngine, left: int | None) -> bool:
    return await gate_left(process.gate, engine) == left


async def test_a_group_of_nothing_but_poison_leaves_the_gate_as_it_was(
    here: Process, engine: AsyncEngine, clock: MovableClock
) -> None:
    await on_offer(engine, clock, quantity=5)
    await warm(here)
    poison = [wish(shopper, key="nul\0") for shopper in await people(engine, 20)]
    answers = await asyncio.gather(*map(here.checkout.purchase, poison), return_exceptions=True)
    assert {type(answer) for answer in answers} <= {PoisonedError, SoldOut}
    await eventually(lambda: left_is(here, engine, 5))
    (ada,) = await people(engine, 1)
    bought(await here.checkout.purchase(wish(ada)))


# Keys of other orders ---------------------------------------------------------------------------------------------


async def test_a_key_of_an_older_deals_order_buys_nothing_and_its_units_come_back(
    here: Process, engine: AsyncEngine, clock: MovableClock
) -> None:
    await on_offer(engine, clock)
    (ada,) = await people(engine, 1)
    bought(await here.checkout.purchase(wish(ada, key="a")))
    await close(engine, clock)
    await on_offer(engine, clock, quantity=4, deal=DEAL + 1)

    reused = await here.checkout.purchase(wish(ada, 2, key="a", deal=DEAL + 1))

    assert reused == KeyReused()

    async def is_whole() -> bool:
        return await gate_left(here.gate, engine, DEAL + 1) == 4

    await eventually(is_whole)
    bought(await here.checkout.purchase(wish(ada, 3, deal=DEAL + 1)))  # the limit has forgotten it, too
    await assert_the_books_balance(engine, sold=3, deal=DEAL + 1)
    await assert_the_books_balance(engine, sold=1)


# The end of a sale ------------------------------------------------------------------------------------------------


async def test_pausing_turns_purchases_away_and_going_on_sells_again(
    here: Process, engine: AsyncEngine, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app.sales.recount, "OTHERS_TURN_SECONDS", 3600)  # nobody has to wait for a turn
    await on_offer(engine, clock)
    shoppers = await people(engine, 3)
    bought(await here.checkout.purchase(wish(shoppers[0])))
    await pause(engine)
    assert await here.checkout.purchase(wish(shoppers[1])) == GateClosed(paused=True)
    await here.checkout.follow(DEAL)
    assert await here.checkout.is_ready()
    assert await here.checkout.purchase(wish(shoppers[1])) == GateClosed(paused=True)
    await pause(engine, paused=False)
    bought(await here.checkout.purchase(wish(shoppers[1])))
    await assert_the_books_balance(engine, sold=2)


async def test_following_a_deal_that_paused_and_went_on_opens_its_gate(
    here: Process, engine: AsyncEngine, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app.sales.recount, "OTHERS_TURN_SECONDS", 3600)  # nobody has to wait for a turn
    await on_offer(engine, clock)
    (ada,) = await people(engine, 1)
    await here.checkout.follow(DEAL)
    await pause(engine)
    await here.checkout.follow(DEAL)
    await pause(engine, paused=False)
    await here.checkout.follow(DEAL)
    assert await gate_left(here.gate, engine) == 10
    assert await here.checkout.is_ready()
    bought(await here.checkout.purchase(wish(ada)))


async def test_a_deal_closed_with_units_left_is_over(
    here: Process, engine: AsyncEngine, clock: MovableClock
) -> None:
    await on_offer(engine, clock)
    ada, bob = await people(engine, 2)
    bought(await here.checkout.purchase(wish(ada)))
    await close(engine, clock)
    assert await buy(here.checkout, [wish(ada), wish(bob)]) == [DealOver(), DealOver()]
    await assert_the_books_balance(engine, sold=1)


async def test_a_deal_closed_with_nothing_left_is_sold_out(
    here: Process, there: Process, engine: AsyncEngine, clock: MovableClock
) -> None:
    await on_offer(engine, clock, quantity=1)
    ada, bob = await people(engine, 2)
    bought(await here.checkout.purchase(wish(ada)))
    await close(engine, clock)
    for process in (here, there):
        assert await process.checkout.purchase(wish(bob)) == SoldOut(DEAL)


@pytest.mark.parametrize("after", [False, True])
async def test_closing_while_the_gate_is_being_asked_leaves_nobody_waiting(
    here: Process, engine: AsyncEngine, clock: MovableClock, monkeypatch: pytest.MonkeyPatch, after: bool
) -> None:
    """The writer learns that the deal is over while the reserver still holds a call: that one's are told as well."""
    await on_offer(engine, clock)
    ada, bob = await people(engine, 2)
    await warm(here)
    at_the_ledger = Brake(monkeypatch, here.ledger, "record", after=False)
    first = asyncio.create_task(here.checkout.purchase(wish(ada), patience=DEADLINE))
    await at_the_ledger.reached.wait()
    at_the_gate = Brake(monkeypatch, here.checkout._gate, "admit", after=after)
    second = asyncio.create_task(here.checkout.purchase(wish(bob), patience=DEADLINE))
    await at_the_gate.reached.wait()
    await close(engine, clock)
    at_the_ledger.let_go.set()
    assert await first == DealOver()
    at_the_gate.let_go.set()
    assert await second == DealOver()
    await assert_the_books_balance(engine, sold=0)


async def test_closing_in_the_middle_of_a_rush_answers_everyone_truly(
    here: Process, there: Process, engine: AsyncEngine, clock: MovableClock
) -> None:
    await on_offer(engine, clock, quantity=1000)
    wishes = [wish(shopper) for shopper in await people(engine, 400)]

    async def rush(process: Process, mine: list[Wish]) -> list[object]:
        return [v for n in range(0, len(mine), 20) for v in await buy(process.checkout, mine[n : n + 20])]

    rushes = asyncio.gather(rush(here, wishes[::2]), rush(there, wishes[1::2]))

    async def goes_well() -> bool:
        return (await read_books(engine)).units > 60

    await eventually(goes_well)
    await close(engine, clock)
    verdicts = [v for part in await rushes for v in part]
    assert {type(v) for v in verdicts} == {Bought, DealOver}
    await assert_the_books_balance(engine, sold=tally(verdicts)["Bought"])  # type: ignore[arg-type]


@pytest.mark.parametrize("ending", ["closed", "paused"])
async def test_an_order_whose_commit_was_in_doubt_stands_though_the_sale_has_ended_meanwhile(
    wired: Process, lines: Wires, engine: AsyncEngine, clock: MovableClock, ending: str
) -> None:
    """The last unit's reply is lost, and another process ends the deal: the buyer must not hear "sold out"."""
    await on_offer(engine, clock, quantity=1)
    (ada,) = await people(engine, 1)
    await warm(wired)
    lines.postgres.lose_reply(A_GROUP)
    lines.postgres.hold(A_GROUP)  # the reply is lost only when the deal has ended
    request = asyncio.create_task(wired.checkout.purchase(wish(ada)))
    await lines.postgres.reached.wait()

    async def is_recorded() -> bool:
        return (await read_books(engine)).units == 1

    await eventually(is_recorded)
    await (close(engine, clock) if ending == "closed" else pause(engine))
    lines.postgres.release()
    verdict = bought(await request)
    await assert_the_books_balance(engine, [verdict], sold=1)


async def test_a_repeated_purchase_that_waits_when_the_sale_ends_gets_its_order(
    here: Process, there: Process, engine: AsyncEngine, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    await on_offer(engine, clock, quantity=5)
    ada, bob, eve = await people(engine, 3)
    asked = wish(ada)
    first = bought(await there.checkout.purchase(asked))
    await warm(here)
    at_the_gate = Brake(monkeypatch, here.checkout._gate, "admit", after=False)
    others = asyncio.create_task(here.checkout.purchase(wish(bob)))
    await at_the_gate.reached.wait()
    again = asyncio.create_task(here.checkout.purchase(asked))
    waiting = asyncio.create_task(here.checkout.purchase(wish(eve)))
    await asyncio.sleep(0)  # both wait behind the call
    await close(engine, clock)
    await here.checkout.follow(None)
    at_the_gate.let_go.set()
    assert await others == DealOver()
    assert bought(await again) == Bought(first.order, replayed=True)
    assert await waiting == DealOver()


async def test_a_deal_that_is_over_leaves_no_tasks_and_no_keys_behind(
    here: Process, engine: AsyncEngine, clock: MovableClock
) -> None:
    shoppers = await people(engine, 1)
    await here.checkout.follow(None)
    before = len(asyncio.all_tasks())
    for deal in range(DEAL, DEAL + 3):
        await on_offer(engine, clock, quantity=1, deal=deal)
        await here.checkout.follow(deal)
        bought(await here.checkout.purchase(wish(shoppers[0], deal=deal)))
        await close(engine, clock, deal)
    await here.checkout.follow(None)
    await here.checkout.follow(None)

    async def is_tidy() -> bool:
        return len(asyncio.all_tasks()) <= before

    await eventually(is_tidy)
    assert not await here.gate._redis.keys("gate:*")
    assert here.checkout._on_sale._pipelines == {}


# Other processes --------------------------------------------------------------------------------------------------


async def test_units_in_a_dead_process_hands_come_back(
    here: Process, there: Process, engine: AsyncEngine, clock: MovableClock
) -> None:
    await on_offer(engine, clock, quantity=5)
    ada, bob = await people(engine, 2)
    await here.checkout.follow(DEAL)
    await there.gate.admit(DEAL, 2, 3, [wish(ada, 3), wish(bob, 2)])  # and there it dies
    assert await here.checkout.purchase(wish(bob)) == SoldOut(DEAL)

    await here.checkout.follow(DEAL)
    clock.advance(STRANDED_SECONDS - 0.1)
    await here.checkout.follow(DEAL)
    assert await gate_left(here.gate, engine) == 0  # not yet: they may be on their way
    clock.advance(0.2)
    await here.checkout.follow(DEAL)

    assert await gate_left(here.gate, engine) == 5
    bought(await here.checkout.purchase(wish(bob, 3)))
    await assert_the_books_balance(engine, sold=3)


async def test_units_that_move_are_not_taken_for_stranded(
    here: Process, there: Process, engine: AsyncEngine, clock: MovableClock
) -> None:
    await on_offer(engine, clock, quantity=50)
    shoppers = await people(engine, 6)
    await here.checkout.follow(DEAL)
    for shopper in shoppers:
        await there.gate.admit(DEAL, 2, 3, [wish(shopper)])
        await here.checkout.follow(DEAL)
        clock.advance(STRANDED_SECONDS - 0.1)
    assert (await read_books(engine)).offer.epoch == 2


async def test_a_purchase_whose_first_process_died_with_it_is_decided_again(
    here: Process, there: Process, engine: AsyncEngine, clock: MovableClock
) -> None:
    await on_offer(engine, clock, quantity=1)
    (ada,) = await people(engine, 1)
    asked = wish(ada)
    await here.checkout.follow(DEAL)
    await there.gate.admit(DEAL, 2, 3, [asked])
    again = asyncio.create_task(here.checkout.purchase(asked))
    await here.checkout.follow(DEAL)
    clock.advance(3)
    await here.checkout.follow(DEAL)
    bought(await again)
    await assert_the_books_balance(engine, sold=1)


async def test_a_process_that_missed_a_recount_does_not_answer_by_the_old_gate(
    here: Process, there: Process, engine: AsyncEngine, clock: MovableClock
) -> None:
    """It stood by while the stranded units were counted again: they are free, and "sold out" would be untrue."""
    await on_offer(engine, clock, quantity=3)
    ada, bob = await people(engine, 2)
    await here.checkout.follow(DEAL)
    await there.checkout.follow(DEAL)
    await there.gate.admit(DEAL, 2, 3, [wish(ada, 3)])
    assert await there.checkout.purchase(wish(bob)) == SoldOut(DEAL)
    await here.checkout.follow(DEAL)
    clock.advance(3)
    await here.checkout.follow(DEAL)
    bought(await there.checkout.purchase(wish(bob)))
    bought(await there.checkout.purchase(wish(ada)))
    await assert_the_books_balance(engine, sold=2)


async def test_following_adopts_what_another_process_has_counted(
    here: Process, there: Process, engine: AsyncEngine, clock: MovableClock
) -> None:
    """A key that a dead process had in hand is waited for by one that stands by; it learns of the recount, too."""
    await on_offer(engine, clock, quantity=1)
    (ada,) = await people(engine, 1)
    asked = wish(ada)
    await here.checkout.follow(DEAL)
    await there.checkout.follow(DEAL)
    await here.gate.admit(DEAL, 2, 3, [asked])
    waits = asyncio.create_task(there.checkout.purchase(asked))
    await here.checkout.follow(DEAL)
    clock.advance(3)
    await here.checkout.follow(DEAL)
    await there.checkout.follow(DEAL)
    bought(await waits)


async def test_a_gate_lost_after_the_only_recounter_died_is_opened_by_one_that_stood_by(
    here: Process, there: Process, engine: AsyncEngine, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app.sales.recount, "OTHERS_TURN_SECONDS", 0.1)
    await on_offer(engine, clock)
    (ada,) = await people(engine, 1)
    await there.checkout.follow(DEAL)
    for _ in range(2):
        await here.gate._redis.flushall()
        await here.checkout.follow(DEAL)
    await here.checkout.stop()
    await here.gate._redis.flushall()
    for _ in range(2):
        await there.checkout.follow(DEAL)
    assert await gate_left(there.gate, engine) == 10
    bought(await there.checkout.purchase(wish(ada)))


# Patience ---------------------------------------------------------------------------------------------------------


async def test_what_the_gate_never_saw_is_withdrawn_when_patience_ends_and_never_appears(
    wired: Process, lines: Wires, engine: AsyncEngine, clock: MovableClock
) -> None:
    await on_offer(engine, clock)
    ada, bob = await people(engine, 2)
    await warm(wired)
    lines.postgres.cut()
    lines.redis.cut()

    def gate_is_lost(_: Purchase) -> bool:
        return is_recovering(wired.checkout)

    assert await buy_until(gate_is_lost, wired.checkout, wish(ada)) == [GateClosed()]
    lines.redis.mend()
    assert await buy_until(gate_is_lost, wired.checkout, wish(ada)) == [GateClosed()]
    lines.postgres.mend()
    bought(await wired.checkout.purchase(wish(bob)))  # which waited behind them
    await assert_the_books_balance(engine, sold=1)


async def test_what_was_admitted_while_postgres_was_away_is_unknown_and_the_same_key_tells_later(
    wired: Process, lines: Wires, engine: AsyncEngine, clock: MovableClock
) -> None:
    await on_offer(engine, clock)
    (ada,) = await people(engine, 1)
    await warm(wired)
    lines.postgres.cut()
    asked = wish(ada)
    assert await buy_until(is_in_hand, wired.checkout, asked) == [OutcomeUnknown()]
    assert await buy_until(is_in_hand, wired.checkout, asked) == [OutcomeUnknown()]
    lines.postgres.mend()
    verdict = bought(await wired.checkout.purchase(asked))
    await assert_the_books_balance(engine, [verdict], sold=1)


async def test_a_commit_in_doubt_is_unknown_and_the_same_key_tells_later(
    wired: Process, lines: Wires, engine: AsyncEngine, clock: MovableClock
) -> None:
    await on_offer(engine, clock)
    (ada,) = await people(engine, 1)
    await warm(wired)
    asked = wish(ada)
    lines.postgres.hold(A_GROUP)
    found = await buy_until(lambda _: lines.postgres.reached.is_set(), wired.checkout, asked)
    assert found == [OutcomeUnknown()]
    lines.postgres.release()
    verdict = bought(await wired.checkout.purchase(asked))
    await assert_the_books_balance(engine, [verdict], sold=1)


async def test_a_commit_in_doubt_during_a_recount_is_unknown_and_never_said_to_be_nothing(
    wired: Process, there: Process, lines: Wires, engine: AsyncEngine, clock: MovableClock
) -> None:
    """The commit is through, its reply is lost, the gate is gone and Redis cannot be reached: nobody may say
    "nothing was bought" of it."""
    await on_offer(engine, clock)
    (ada,) = await people(engine, 1)
    await warm(wired)
    asked = wish(ada)
    lines.postgres.lose_reply(A_GROUP)
    lines.postgres.hold(A_GROUP)
    request = asyncio.create_task(wired.checkout.purchase(asked, patience=2 * DEADLINE))
    await lines.postgres.reached.wait()

    async def is_recorded() -> bool:
        return (await read_books(engine)).units == 1

    await eventually(is_recorded)
    await there.gate._redis.flushall()
    await there.checkout.follow(DEAL)
    lines.redis.cut()
    lines.postgres.release()
    await asyncio.wait([request], timeout=1)  # it may find its order; where it does not, its time is up
    for purchase in [*wired.checkout._under_way.values()]:
        purchase.time_is_up()
    assert await request == OutcomeUnknown() or isinstance(request.result(), Bought)
    lines.redis.mend()
    verdict = bought(await wired.checkout.purchase(asked))
    await assert_the_books_balance(engine, [verdict], sold=1)


async def test_a_waiter_that_gives_up_withdraws_nothing_from_the_one_who_asked_first(
    here: Process, engine: AsyncEngine, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first request is slow to find its deal; the second gives up, and hears that the outcome is open."""
    await on_offer(engine, clock)
    (ada,) = await people(engine, 1)
    asked = wish(ada)
    brake = Brake(monkeypatch, here.checkout._on_sale, "look_up", after=True)
    first = asyncio.create_task(here.checkout.purchase(asked))
    await brake.reached.wait()
    assert await here.checkout.purchase(asked, patience=0.05) == OutcomeUnknown()
    brake.let_go.set()
    bought(await first)
    await assert_the_books_balance(engine, sold=1)


async def test_a_purchase_whose_time_was_up_before_its_deal_was_found_is_withdrawn(
    here: Process, engine: AsyncEngine, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    await on_offer(engine, clock)
    ada, bob = await people(engine, 2)
    brake = Brake(monkeypatch, here.checkout._on_sale, "look_up", after=True)
    assert await here.checkout.purchase(wish(ada), patience=0.05) == GateClosed()
    brake.let_go.set()
    bought(await here.checkout.purchase(wish(bob)))  # whoever came after it is through
    await assert_the_books_balance(engine, sold=1)


async def test_a_process_that_stops_leaves_no_half_of_a_purchase(
    here: Process, there: Process, engine: AsyncEngine, clock: MovableClock
) -> None:
    await on_offer(engine, clock, quantity=100)
    wishes = [wish(shopper) for shopper in await people(engine, 50)]
    requests = [asyncio.create_task(here.checkout.purchase(asked, patience=2 * DEADLINE)) for asked in wishes]

    async def has_begun() -> bool:
        return (await gate_left(here.gate, engine) or 100) < 100

    await eventually(has_begun)
    await here.checkout.stop()
    for purchase in [*here.checkout._under_way.values()]:
        purchase.time_is_up()
    verdicts = await asyncio.gather(*requests)
    assert set(tally(verdicts)) <= {"Bought", "OutcomeUnknown", "GateClosed"}
    await there.checkout.follow(DEAL)
    clock.advance(3)
    await there.checkout.follow(DEAL)
    again = await buy(there.checkout, wishes)
    assert set(tally(again)) == {"Bought"}
    await assert_the_books_balance(engine, [*verdicts, *again], sold=50)
