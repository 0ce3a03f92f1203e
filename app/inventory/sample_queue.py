"""The sample queue: a Woot-Off to look at where nothing was ever queued."""

from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncEngine

from app.inventory.loading import queue_reading, read_file
from app.inventory.queue import was_anything_ever_queued
from app.inventory.show import set_show
from app.payments import minor_digits
from app.platform.clock import Clock
from app.platform.lease import take_turns
from app.platform.settings import Settings

SAMPLE = Path(__file__).parent / "sample" / "queue.csv"


async def start_sample(engine: AsyncEngine, clock: Clock, settings: Settings) -> bool:
    """Queue the sample and start its Woot-Off, both or neither, unless this shop has had a deal of its own."""
    async with engine.connect() as connection:
        if await was_anything_ever_queued(connection):
            return False
    currency = settings.currency if minor_digits(settings.currency) == 2 else "USD"  # its prices have cents
    reading = await read_file(SAMPLE, currency)
    async with engine.begin() as connection:
        await take_turns(connection, "sample")
        if await was_anything_ever_queued(connection):
            return False  # another process was quicker
        await queue_reading(connection, reading, currency=currency, now=clock.now())
        await set_show(connection, "woot-off", False, clock.now(), settings.zone)
    return True
