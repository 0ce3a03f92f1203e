"""Fetching the photos that imports named by their address, in the background, a few at a time.

What is wanted stands in a table, so it outlives a restart, and of several processes each takes its own.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct
from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.inventory.changes import Who
from app.inventory.photos.asking import GivenPhoto
from app.inventory.photos.giving import give_photo
from app.inventory.photos.keeping import NotAPhotoError
from app.inventory.photos.tables import wanted_photos
from app.inventory.showrunner import Showrunner
from app.inventory.tables import deals
from app.platform.clock import Clock
from app.platform.errors import Problem
from app.platform.logging import get_logger

log = get_logger(__name__)

AT_ONCE = 3
MOST_TRIES = 3
CLAIM = timedelta(minutes=2)  # after which another process may take a photo that this one did not finish
PAUSE_SECONDS = 3.0
IMPORTED = Who(None, "an import")

Fetch = Callable[[str], Awaitable[bytes]]


class PhotosWanted(Struct, frozen=True):
    """How many photos are still to come, and those that were given up: deal, address, why."""

    waiting: int
    given_up: list[tuple[int, str, str]]


async def read_wanted(connection: AsyncConnection, most: int = 100) -> PhotosWanted:
    """How the photos of imports stand."""
    counting = select(func.count()).select_from(wanted_photos).where(wanted_photos.c.next_at.is_not(None))
    waiting = int((await connection.execute(counting)).scalar_one())
    query = select(wanted_photos).where(wanted_photos.c.next_at.is_(None))
    rows = await connection.execute(query.order_by(wanted_photos.c.deal_id.desc()).limit(most))
    return PhotosWanted(waiting, [(row.deal_id, row.url, row.problem) for row in rows])


async def _fetch_photo(url: str) -> bytes:
    from app.inventory.photos.fetching import fetch_photo  # an HTTP client, which no start should wait for

    return await fetch_photo(url)


class PhotoErrands:
    """Runs in every process that serves the shop."""

    def __init__(
        self, engine: AsyncEngine, showrunner: Showrunner, clock: Clock, fetch: Fetch | None = None
    ) -> None:
        self.engine, self.showrunner, self.clock, self.fetch = (
            engine,
            showrunner,
            clock,
            fetch or _fetch_photo,
        )
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin."""
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Leave off; what was begun is begun anew by whoever starts next."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def run_once(self) -> int:
        """Fetch those that are due, a few of them; answers how many were tried."""
        async with self.engine.begin() as connection:
            claimed = await _claim(connection, self.clock.now())
        await asyncio.gather(*(self._fetch(row) for row in claimed))
        return len(claimed)

    async def _run(self) -> None:
        while True:
            try:
                if await self.run_once():
                    continue
            except Exception as error:  # noqa: BLE001 - a server is away for a moment: the next round finds it back
                log.warning("photos of an import must wait", error=repr(error))
            await asyncio.sleep(PAUSE_SECONDS)

    async def _fetch(self, row: Any) -> None:
        try:
            body = await self.fetch(row.url)
            async with self.engine.connect() as connection:
                has_photo = select(deals.c.photo.is_not(None)).where(deals.c.id == row.deal_id)
                is_given = (await connection.execute(has_photo)).scalar()
            if not is_given:  # somebody may have been quicker, and knows better
                photo = GivenPhoto(body, row.alt)
                await give_photo(self.engine, self.showrunner, self.clock, row.deal_id, photo, IMPORTED)
        except NotAPhotoError as error:
            await self._note(row, str(error))
        except Problem as problem:  # its deal is over
            await self._note(row, problem.detail or problem.title, for_good=True)
        else:
            async with self.engine.begin() as connection:
                await connection.execute(delete(wanted_photos).where(wanted_photos.c.deal_id == row.deal_id))

    async def _note(self, row: Any, problem: str, *, for_good: bool = False) -> None:
        """Try again later, or give it up and say why."""
        is_over = for_good or row.tries >= MOST_TRIES
        later = None if is_over else self.clock.now() + timedelta(seconds=20 * 3**row.tries)
        values = {"next_at": later, "problem": problem}
        async with self.engine.begin() as connection:
            is_it = wanted_photos.c.deal_id == row.deal_id
            await connection.execute(update(wanted_photos).where(is_it).values(values))


async def _claim(connection: AsyncConnection, now: datetime) -> list[Any]:
    due = (
        select(wanted_photos.c.deal_id)
        .where(wanted_photos.c.next_at <= now)
        .order_by(wanted_photos.c.next_at, wanted_photos.c.deal_id)
        .limit(AT_ONCE)
        .with_for_update(skip_locked=True)
    )
    claim = (
        update(wanted_photos)
        .where(wanted_photos.c.deal_id.in_(due.scalar_subquery()))
        .values(next_at=now + CLAIM, tries=wanted_photos.c.tries + 1)
        .returning(wanted_photos)
    )
    return list((await connection.execute(claim)).all())
