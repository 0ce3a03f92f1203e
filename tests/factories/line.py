"""Lines for tests: deals that were sold out, units that come back, and whoever hears of it."""

import asyncio
from collections.abc import Sequence
from zoneinfo import ZoneInfo

from redis.asyncio import Redis
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from app.notices.tables import mails
from app.platform.clock import Clock
from app.sales import Line, Order, SiteWords, Wish
from app.sales.line.standing import title_if_open
from app.sales.line.tables import line_offers, line_places
from app.sales.tables import orders
from app.sales.units_back import free_units
from app.sales.verdict import Bought
from app.stream import Stream
from tests.factories.sales import DEAL, Process, buy, close, on_offer, people, wish

WORDS = SiteWords("https://shop.test", ZoneInfo("America/Chicago"))
SETTLED = [  # as if whoever settles had charged every order, and had nothing to do with any of them any more
    "UPDATE orders SET status = 'paid' WHERE status = 'placed'",
    "INSERT INTO settlement_marks SELECT deal_id, max(place) FROM orders GROUP BY 1"
    " ON CONFLICT (deal_id) DO UPDATE SET place = excluded.place",
]


def a_line(engine: AsyncEngine, redis: Redis, clock: Clock) -> Line:
    """A process's part in the line; its rounds are called."""
    return Line(engine, Stream(engine, redis, redis, clock), clock, WORDS)


async def sold_out(
    here: Process, engine: AsyncEngine, clock: Clock, units: int = 1, *, limit: int = 1, ended: bool = True
) -> list[str]:
    """A deal of which nothing is left; answers its orders, of one unit each."""
    await on_offer(engine, clock, quantity=units, limit=limit)
    await here.checkout.follow(DEAL)
    verdicts = await buy(here.checkout, [wish(shopper) for shopper in await people(engine, units)])
    order_ids = [verdict.order.id for verdict in verdicts if isinstance(verdict, Bought)]
    assert len(order_ids) == units
    if ended:
        await close(engine, clock)
        await here.checkout.follow(None)
    return order_ids


async def settle_all(engine: AsyncEngine) -> None:
    """Every order is paid, and whoever settles has done with it."""
    async with engine.begin() as connection:
        for statement in SETTLED:
            await connection.execute(text(statement))


async def cancel(engine: AsyncEngine, *order_ids: str) -> None:
    """These orders are cancelled, and their units come back into the books."""
    async with engine.begin() as connection:
        for order_id in order_ids:
            row = (await connection.execute(select(orders).where(orders.c.id == order_id))).one()
            order = Order(*(getattr(row, name) for name in Order.__struct_fields__))
            assert await free_units(connection, order, row.shopper_id) is not None


async def in_line(line: Line, engine: AsyncEngine, number: int, deal: int = DEAL) -> list[int]:
    """So many new shoppers, in the order in which they stand there."""
    shoppers = await people(engine, number)
    assert all(await asyncio.gather(*(line.join(deal, shopper) for shopper in shoppers)))
    query = select(line_places.c.shopper_id).where(line_places.c.shopper_id.in_(shoppers))
    async with engine.connect() as connection:
        return list((await connection.execute(query.order_by(line_places.c.id))).scalars())


async def may_join(line: Line, deal: int = DEAL) -> bool:
    """Whether somebody could get in line now."""
    async with line.engine.connect() as connection:
        return await title_if_open(connection, deal, line.clock.now()) is not None


async def open_offers(engine: AsyncEngine) -> dict[int, str]:
    """The open offers, by shopper."""
    query = select(line_offers.c.shopper_id, line_offers.c.id).where(line_offers.c.state == "open")
    async with engine.connect() as connection:
        return {
            row.shopper_id: row.id for row in await connection.execute(query.order_by(line_offers.c.place_id))
        }


async def states(engine: AsyncEngine, shoppers: Sequence[int]) -> list[str]:
    """What became of these shoppers' last places."""
    query = select(line_places.c.shopper_id, line_places.c.state).order_by(line_places.c.id)
    async with engine.connect() as connection:
        found = {row.shopper_id: row.state for row in await connection.execute(query)}
    return [found[shopper] for shopper in shoppers]


async def letters(engine: AsyncEngine) -> int:
    """How many letters about offers were posted."""
    query = select(func.count()).where(mails.c.rule == "line-offer")
    async with engine.connect() as connection:
        return int(await connection.scalar(query) or 0)


def taking(shopper: int, offer: str, key: str | None = None, quantity: int = 1, deal: int = DEAL) -> Wish:
    """The wish to buy what was offered."""
    plain = wish(shopper, quantity, key, deal)
    return Wish(plain.shopper_id, plain.key, plain.deal_id, plain.quantity, None, offer)


async def assert_the_line_balances(engine: AsyncEngine, *, sold: int, deal: int = DEAL) -> None:
    """So many units are sold, all books say so, places have no gap, and nothing is kept that is not there."""
    query = text(
        "SELECT sold, quantity, (SELECT coalesce(sum(quantity), 0) FROM orders o"
        "   WHERE o.deal_id = offers.deal_id AND status <> 'cancelled') AS ordered,"
        " (SELECT coalesce(sum(units), 0) FROM buyers b WHERE b.deal_id = offers.deal_id) AS held,"
        " (SELECT count(*) FROM line_offers l WHERE l.deal_id = offers.deal_id AND state = 'open') AS kept,"
        " (SELECT array_agg(place ORDER BY place) FROM orders o WHERE o.deal_id = offers.deal_id) AS places"
        " FROM offers WHERE deal_id = :deal"
    )
    async with engine.connect() as connection:
        row = (await connection.execute(query, {"deal": deal})).one()
    assert (row.sold, row.ordered, row.held) == (sold, sold, sold)
    assert row.sold + row.kept <= row.quantity
    assert row.places == list(range(1, len(row.places) + 1))
