"""Sold out, from memory."""

import pytest
from sqlalchemy import event, text
from sqlalchemy.ext.asyncio import AsyncEngine

import app.sales.recount
from app.sales import read_offer
from app.sales.sold_out import MOST_DEALS, SoldOutDeals
from app.sales.verdict import Bought, DealOver, LimitReached, SoldOut
from tests.factories.identity import MovableClock
from tests.factories.sales import DEAL, Process, bought, buy, close, on_offer, people, tally, wish


class Statements:
    """What is sent to PostgreSQL from now on by the process, and its calls of the gate."""

    def __init__(self, process: Process, monkeypatch: pytest.MonkeyPatch) -> None:
        self.seen: list[str] = []
        event.listen(
            process.engine.sync_engine, "before_cursor_execute", lambda *args: self.seen.append(args[2])
        )
        admit = process.checkout._gate.admit

        async def counted(*args: object) -> object:
            self.seen.append("admit")
            return await admit(*args)  # type: ignore[arg-type]

        monkeypatch.setattr(process.checkout._gate, "admit", counted)


@pytest.mark.parametrize("ended", [False, True])
async def test_whoever_comes_too_late_is_told_so_without_a_look_anywhere(
    here: Process,
    there: Process,
    engine: AsyncEngine,
    clock: MovableClock,
    monkeypatch: pytest.MonkeyPatch,
    ended: bool,
) -> None:
    await on_offer(engine, clock, quantity=1)
    ada, *late = await people(engine, 20)
    asked = wish(ada)
    order = bought(await here.checkout.purchase(asked)).order
    if ended:
        await close(engine, clock)
    for process in (here, there):
        await process.checkout.follow(DEAL)
        await process.checkout.purchase(wish(late[0]))
        statements = Statements(process, monkeypatch)
        verdicts = await buy(process.checkout, [wish(shopper) for shopper in late])
        assert set(verdicts) == {SoldOut(DEAL)}
        assert statements.seen == []
        assert await process.checkout.purchase(asked) == Bought(order, replayed=True)
        assert statements.seen != []


async def test_whoever_has_bought_is_asked_about_again_and_hears_the_truth(
    here: Process, engine: AsyncEngine, clock: MovableClock
) -> None:
    await on_offer(engine, clock, quantity=2, limit=2)
    ada, bob = await people(engine, 2)
    await buy(here.checkout, [wish(ada), wish(bob)])
    await here.checkout.follow(DEAL)
    assert await here.checkout.purchase(wish(ada)) == SoldOut(DEAL)
    assert await here.checkout.purchase(wish(ada, 2)) == LimitReached(2, 1)


async def test_a_deal_that_ended_with_units_left_is_over_and_not_sold_out(
    here: Process, engine: AsyncEngine, clock: MovableClock
) -> None:
    await on_offer(engine, clock, quantity=2)
    ada, bob = await people(engine, 2)
    await here.checkout.purchase(wish(ada))
    await close(engine, clock)
    for _ in range(2):
        assert await here.checkout.purchase(wish(bob)) == DealOver()


async def test_units_that_come_back_are_sold_again(
    here: Process, there: Process, engine: AsyncEngine, clock: MovableClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cancelled as a settlement does it: the order, what its buyer holds and the count in one transaction."""
    monkeypatch.setattr(
        app.sales.recount, "OTHERS_TURN_SECONDS", 0.1
    )  # nobody else opens the new epoch's gate
    await on_offer(engine, clock, quantity=1)
    ada, bob, eve = await people(engine, 3)
    await here.checkout.purchase(wish(ada))
    for process in (here, there):
        await process.checkout.follow(DEAL)
        assert await process.checkout.purchase(wish(bob)) == SoldOut(DEAL)
    async with engine.begin() as connection:
        await connection.execute(text("UPDATE orders SET status = 'cancelled'"))
        await connection.execute(text("UPDATE buyers SET units = 0"))
        await connection.execute(
            text("UPDATE offers SET sold = 0, epoch = epoch + 1, revision = revision + 1")
        )
    for process in (here, there):
        await process.checkout.follow(DEAL)
    verdicts = [await process.checkout.purchase(wish(who)) for process, who in ((here, bob), (there, eve))]
    assert tally(verdicts) == {"Bought": 1, "SoldOut": 1}


async def test_a_deal_of_which_something_is_left_is_not_remembered_and_old_ones_are_forgotten(
    engine: AsyncEngine, clock: MovableClock
) -> None:
    deals = SoldOutDeals(engine)
    (ada,) = await people(engine, 1)
    await on_offer(engine, clock, deal=1)
    offer = await read_offer(engine, 1)
    assert offer is not None
    await deals.learn(offer)
    assert deals.answer(wish(ada, deal=1)) is None
    await close(engine, clock, deal=1)
    for deal in range(2, MOST_DEALS + 3):
        await on_offer(engine, clock, deal=deal)
        await close(engine, clock, deal=deal)
        ended = await read_offer(engine, deal)
        assert ended is not None
        await deals.learn(ended)
    assert deals.answer(wish(ada, deal=2)) is None
    assert deals.answer(wish(ada, deal=3)) == DealOver()
