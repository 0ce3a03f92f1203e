"""Deals, pictures, and processes that run the show."""

import asyncio
import io
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from itertools import count
from typing import Any

from msgspec import Struct
from PIL import Image
from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncEngine

from app.identity.tables import shoppers
from app.inventory import Showrunner
from app.inventory.deal import NewDeal
from app.inventory.queue import add_deals
from app.inventory.tables import deals
from app.platform.clock import Clock
from app.platform.database import connect_database
from app.platform.redis import connect_redis
from app.platform.settings import Settings
from app.sales import Checkout, Wish
from app.sales.verdict import Bought
from app.stream import Stream

DEADLINE_SECONDS = 60.0
_numbers = count(1)


def new_deal(**chosen: Any) -> NewDeal:
    """A deal like any other."""
    return NewDeal.model_validate({"title": f"Loaf {next(_numbers)}", "price": 4999, "quantity": 10} | chosen)


async def queue_deals(engine: AsyncEngine, clock: Clock, *added: NewDeal) -> list[int]:
    """Put deals at the end of the queue; answers their ids."""
    async with engine.begin() as connection:
        return await add_deals(connection, [(deal, None) for deal in added], currency="USD", now=clock.now())


async def a_shopper(engine: AsyncEngine, clock: Clock) -> int:
    """The id of somebody who can buy."""
    number = next(_numbers)
    values = {
        "email": f"buyer{number}@example.com",
        "name": "Ada",
        "password_hash": "!",
        "created_at": clock.now(),
    }
    async with engine.begin() as connection:
        inserted = insert(shoppers).values(values).returning(shoppers.c.id)
        return int((await connection.execute(inserted)).scalar_one())


class Process(Struct, frozen=True):
    """What one process of the shop has of its own."""

    engine: AsyncEngine
    checkout: Checkout
    stream: Stream
    showrunner: Showrunner

    async def sell(self, shopper_id: int, deal_id: int, quantity: int = 1) -> None:
        """Have somebody buy, which must succeed."""
        wish = Wish(shopper_id, f"key-{next(_numbers)}", deal_id, quantity)
        verdict = await self.checkout.purchase(wish)
        assert isinstance(verdict, Bought), verdict


@asynccontextmanager
async def process(settings: Settings, clock: Clock, *, running: bool = False) -> AsyncIterator[Process]:
    """Another process of the shop. Not `running` it does nothing by itself: its ticks are called."""
    assert settings.database_url is not None
    assert settings.redis_url is not None
    async with AsyncExitStack() as house:
        engine = connect_database(settings.database_url)
        house.push_async_callback(engine.dispose)
        redis = connect_redis(settings.redis_url, timeout=2.0)
        house.push_async_callback(redis.aclose)
        subscription = connect_redis(settings.redis_url, timeout=None)
        house.push_async_callback(subscription.aclose)
        stream = Stream(engine, redis, subscription, clock)
        checkout = Checkout(engine, redis, clock)
        house.push_async_callback(checkout.stop)
        showrunner = Showrunner(engine, checkout, stream, clock, settings)
        if running:
            await stream.start()
            house.push_async_callback(stream.stop)
            await showrunner.start()
            house.push_async_callback(showrunner.stop)
        yield Process(engine, checkout, stream, showrunner)


async def live_id(engine: AsyncEngine) -> int | None:
    """The live deal; fails where there are two."""
    async with engine.connect() as connection:
        found: Sequence[int] = (
            (await connection.execute(select(deals.c.id).where(deals.c.state == "live"))).scalars().all()
        )
    assert len(found) <= 1, f"deals {found} are live at once"
    return found[0] if found else None


async def history(engine: AsyncEngine) -> list[tuple[int, str, str | None]]:
    """What was on stage, in the order of turns: id, state, and why it ended. Fails where a turn is missing."""
    query = select(deals).where(deals.c.turn.is_not(None)).order_by(deals.c.turn)
    async with engine.connect() as connection:
        rows = (await connection.execute(query)).all()
    assert [row.turn for row in rows] == list(range(1, len(rows) + 1))
    return [(row.id, row.state, row.end_reason) for row in rows]


async def until(condition: Callable[[], object], what: str) -> None:
    """Wait until `condition` holds; fails at the deadline."""
    try:
        async with asyncio.timeout(DEADLINE_SECONDS):
            while not condition():
                await asyncio.sleep(0.005)
    except TimeoutError:
        raise AssertionError(f"not in time: {what}") from None


def picture(kind: str = "JPEG", size: tuple[int, int] = (900, 600), mode: str = "RGB", **saved: Any) -> bytes:
    """A picture whose upper left quarter is red, the rest blue."""
    image = Image.new(mode, size, "blue")
    image.paste("red", (0, 0, size[0] // 2, size[1] // 2))
    buffer = io.BytesIO()
    image.save(buffer, kind, **saved)
    return buffer.getvalue()
