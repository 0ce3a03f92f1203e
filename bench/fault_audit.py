"""After a fault run: does everything that was promised stand, and has nothing else come of it."""

import asyncio
from collections.abc import Mapping, Sequence

from sqlalchemy import text

from app.inventory import audit_show
from app.platform.database import connect_database
from app.platform.redis import connect_redis
from app.sales import Offer, audit_sales, read_offer
from bench.fault_buyers import Promise
from bench.ground import Ground

ORDERS = text(
    "SELECT id, shopper_id, idempotency_key, quantity, unit_price, total, place FROM orders WHERE deal_id = :deal"
)

Written = dict[str, tuple[object, ...]]


def examine_books(ground: Ground, deal_id: int, promises: Mapping[str, Promise]) -> list[str]:
    """What is wrong, each in words; nothing where all is right. Waits until the gate is at rest."""
    return asyncio.run(_examine(ground, deal_id, promises))


def read_deal(ground: Ground, deal_id: int) -> Offer:
    """The deal as PostgreSQL has it."""

    async def read() -> Offer | None:
        async with ground.database() as connection:
            return await read_offer(connection, deal_id)

    offer = asyncio.run(read())
    assert offer is not None
    return offer


async def _examine(ground: Ground, deal_id: int, promises: Mapping[str, Promise]) -> list[str]:
    engine = connect_database(ground.servers.database_url)
    redis = connect_redis(ground.servers.redis_url, timeout=5.0)
    try:
        examined = [*await audit_sales(engine, redis), *await audit_show(engine)]
        async with engine.connect() as connection:
            rows = (await connection.execute(ORDERS, {"deal": deal_id})).all()
    finally:
        await redis.aclose()
        await engine.dispose()
    wrong = [f"{what.sentence} Not so: {breach.words}" for what in examined for breach in what.breaches]
    return wrong + compare({row.idempotency_key: tuple(row) for row in rows}, [*promises.values()])


def compare(written: Written, promises: Sequence[Promise]) -> list[str]:
    """Every promise word for word in the books, and no order that nobody was told of."""
    wrong = []
    for promise in promises:
        told = promise.order
        price, total = told["unit_price"]["amount"], told["total"]["amount"]
        mine = (told["id"], promise.shopper_id, promise.key, promise.quantity, price, total, told["place"])
        if promise.key not in written:
            wrong.append(f"order {told['id']} was promised and is not in the books")
        elif written[promise.key] != mine:
            wrong.append(f"{mine} was promised, {written[promise.key]} is written")
    unknown = written.keys() - {promise.key for promise in promises}
    return wrong + [f"order {written[key][0]} is in the books, and nobody was told" for key in unknown]
