"""How much each link has sold, added up as orders are taken in hand."""

import asyncio
from collections.abc import Awaitable, Callable

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.sharing import count_help, orders_begun, read_help, read_helpers, sum_help
from app.sharing.helping import Help
from app.sharing.who_helped import HelperSold
from tests.factories.rewards import DEAL, Crowd
from tests.factories.sales import people

AT_ONCE = 64
ADD_ALL = text("""
    INSERT INTO help_given AS g (deal_id, helper_id, orders, units)
    SELECT deal_id, helper_id, 1, units FROM attributions
    ON CONFLICT (deal_id, helper_id) DO UPDATE SET units = g.units + excluded.units
""")


async def sums(engine: AsyncEngine, deal: int = DEAL) -> tuple[Help, Help]:
    """As it is read many times a second, and added up from all orders."""
    async with engine.connect() as connection:
        return await count_help(connection, deal), await sum_help(connection, deal)


async def test_what_everybody_sees_is_the_sum_of_what_was_sold(crowd: Crowd) -> None:
    ada, bea, cid = await people(crowd.engine, 3)
    assert await sums(crowd.engine) == (Help(0, 0, ()), Help(0, 0, ()))
    for helper, units in ((bea, 2), (cid, 3), (bea, 1)):
        await crowd.help(helper, ada, units)
    await crowd.help(bea, ada, 5, deal=38)
    assert await sums(crowd.engine) == (Help(2, 6, ()), Help(2, 6, ()))
    async with crowd.engine.connect() as connection:
        found = await read_help(connection, DEAL, most=5)
        assert (found.helpers, found.units) == (2, 6)
        assert sorted(await read_helpers(connection, DEAL), key=lambda one: one.units) == [
            HelperSold("", 3),
            HelperSold("", 3),
        ], "nobody is named who did not ask for it"
    await crowd.assert_the_books_are_right()


async def test_what_is_cancelled_or_refunded_was_not_sold(crowd: Crowd) -> None:
    ada, bea, cid = await people(crowd.engine, 3)
    orders = [await crowd.help(helper, ada, units) for helper, units in ((bea, 2), (bea, 3), (cid, 1))]
    for _ in range(2):
        await crowd.over(orders[0], orders[2])
        assert await sums(crowd.engine) == (Help(1, 3, ()), Help(1, 3, ()))
    async with crowd.engine.connect() as connection:
        assert await read_helpers(connection, DEAL) == [HelperSold("", 3)]
    await crowd.assert_the_books_are_right()


async def at_once(engine: AsyncEngine, begin: Callable[[AsyncConnection], Awaitable[object]]) -> None:
    """As nobody has taken any order in hand yet, all do at the same moment."""
    async with engine.begin() as connection:
        for table in ("rewards", "help_given"):
            await connection.execute(text(f"DELETE FROM {table}"))

    async def one() -> None:
        async with engine.begin() as connection:
            await begin(connection)

    await asyncio.gather(*(one() for _ in range(AT_ONCE)))


async def test_an_order_that_all_take_in_hand_at_once_counts_once(crowd: Crowd) -> None:
    ada, bea = await people(crowd.engine, 2)
    order = await crowd.help(bea, ada, 2)
    await at_once(crowd.engine, lambda books: orders_begun(books, [order], [ada], crowd.clock.now()))
    assert await sums(crowd.engine) == (Help(1, 2, ()), Help(1, 2, ()))
    await crowd.assert_the_books_are_right()


async def test_were_it_not_asked_what_is_new_each_of_them_would_count_it(crowd: Crowd) -> None:
    """The negative control."""
    ada, bea = await people(crowd.engine, 2)
    await crowd.help(bea, ada, 2)
    await at_once(crowd.engine, lambda books: books.execute(ADD_ALL))
    seen, sold = await sums(crowd.engine)
    assert (seen.units, sold.units) == (2 * AT_ONCE, 2)
