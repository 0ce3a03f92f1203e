"""Counting what has ended, in the background, so that nobody who opens the records has to wait for it."""

import asyncio

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from app.platform.logging import get_logger
from app.sales import count_closed_offers

log = get_logger(__name__)


async def count_what_ended(engine: AsyncEngine, ended: asyncio.Event) -> None:
    """Count at every `ended`, for ever. What could not be counted waits for the next time, or for whoever asks."""
    while True:
        await ended.wait()
        ended.clear()
        try:
            await count_closed_offers(engine)
        except (SQLAlchemyError, OSError) as error:
            log.warning("what has ended is not counted yet", error=repr(error))
