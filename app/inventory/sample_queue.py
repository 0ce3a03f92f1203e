"""The sample queue: a Woot-Off to look at where nothing was ever queued."""

from sqlalchemy.ext.asyncio import AsyncEngine

from app.inventory.queue import was_anything_ever_queued
from app.platform.clock import Clock
from app.platform.settings import Settings


async def start_sample(engine: AsyncEngine, clock: Clock, settings: Settings) -> bool:
    """Queue the sample and start its Woot-Off, both or neither, unless this shop has had a deal of its own."""
    async with engine.connect() as connection:
        if await was_anything_ever_queued(connection):
            return False
    from app.inventory.sample_files import queue_sample  # reads files: that is for a first start alone

    return await queue_sample(engine, clock, settings)
