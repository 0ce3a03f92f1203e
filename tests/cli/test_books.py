"""verify and recount, as somebody asks for them in a terminal."""

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from app.platform.settings import Settings
from tests.conftest import FrozenClock
from tests.factories.inventory import a_shopper, new_deal, process, queue_deals
from tests.factories.terminal import Terminal


async def sell_two(engine: AsyncEngine, settings: Settings, clock: FrozenClock) -> None:
    """A show with a deal of ten, two of which are sold."""
    await queue_deals(engine, clock, new_deal())
    async with process(settings, clock) as here:
        await here.showrunner.set_show("woot-off", False)
        await here.sell(await a_shopper(engine, clock), 1, 2)


async def test_books_are_proved_and_a_broken_one_is_named(
    terminal: Terminal, engine: AsyncEngine, settings: Settings, clock: FrozenClock
) -> None:
    await sell_two(engine, settings, clock)
    words = await terminal.run("verify")
    assert "NO" not in words
    assert "ok  No deal has sold more than it had." in words.splitlines()

    async with engine.begin() as connection:
        await connection.execute(text("UPDATE offers SET sold = 3"))
    words = await terminal.run("verify", exit_code=1)
    assert "    deal 1: 3 are written as sold, the orders have 2" in words.splitlines()
    facts = await terminal.facts("verify", exit_code=1)
    assert facts["ok"] is False
    (wrong, *_) = [promise for promise in facts["promises"] if promise["breaches"]]
    assert wrong == {
        "sentence": "What is written as sold is what the orders say.",
        "breaches": [{"deal_id": 1, "words": "3 are written as sold, the orders have 2"}],
        "note": "",
    }


async def test_a_recount_says_what_it_counted(
    terminal: Terminal, engine: AsyncEngine, settings: Settings, clock: FrozenClock
) -> None:
    await sell_two(engine, settings, clock)
    words = await terminal.run("recount")
    assert words.startswith("Deal 1: epoch 3 is open, 8 left, 1 orders, counted in ")
    facts = await terminal.facts("recount", "--deal", "1")
    assert facts.pop("seconds") >= 0
    assert facts == {"deal_id": 1, "epoch": 4, "left": 8, "orders": 1}
    async with process(settings, clock) as here:
        await here.sell(await a_shopper(engine, clock), 1)


async def test_nothing_is_counted_where_nothing_is_on_sale(
    terminal: Terminal, engine: AsyncEngine, settings: Settings, clock: FrozenClock
) -> None:
    assert "nothing is on sale" in await terminal.run("recount", exit_code=1)
    await sell_two(engine, settings, clock)
    assert "deal 7 is not on sale" in await terminal.run("recount", "--deal", "7", exit_code=1)
    async with process(settings, clock) as here:
        await here.showrunner.set_show("woot-off", True)
    assert "nothing is on sale" in await terminal.run("recount", exit_code=1)
