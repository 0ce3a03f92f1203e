"""Work that goes on and on in the background, whatever becomes of one round of it."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

from structlog.stdlib import BoundLogger

Step = Callable[[], Awaitable[object]]


async def go_rounds(work: Step, pause: Step, log: BoundLogger, words: str) -> None:
    """Do `work`, `pause`, and do it again, until cancelled.

    A round that breaks is logged as `words`, and those that break after it are not, until one has gone well.
    """
    away = False
    while True:
        try:
            await work()
            away = False
        except Exception as error:  # noqa: BLE001 - were it to end, nobody would do the work any more
            if not away:
                log.warning(words, error=repr(error))
            away = True
        await pause()


async def wait_for(event: asyncio.Event, seconds: float) -> None:
    """Return when the event is set, or so many seconds are over."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
