"""Somebody who runs the show, straight in PostgreSQL."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from app.inventory.changes import Who
from app.inventory.rotation import Decision, Mode
from app.inventory.show import advance, set_show
from app.inventory.tables import shows
from app.platform.clock import Clock
from app.platform.settings import Settings

MIA = Who(None, "Mia")


async def move_on(engine: AsyncEngine, now: datetime, settings: Settings) -> list[Decision]:
    """Do whatever is due."""
    async with engine.begin() as connection:
        return await advance(connection, now, settings.zone)


async def start(
    engine: AsyncEngine, clock: Clock, settings: Settings, mode: Mode = "woot-off", paused: bool = False
) -> None:
    """Start the show."""
    async with engine.begin() as connection:
        await set_show(connection, mode, paused, clock.now(), settings.zone, who=MIA)


async def revision(engine: AsyncEngine) -> int:
    """How often the show has changed."""
    async with engine.connect() as connection:
        return int((await connection.execute(select(shows.c.revision))).scalar_one())
