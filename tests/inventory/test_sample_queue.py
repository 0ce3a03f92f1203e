"""The sample queue: what a newcomer sees first."""

import asyncio

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from app.inventory.imports import Asked, parse_file
from app.inventory.photos.keeping import TYPES, WIDTHS
from app.inventory.sample_files import SAMPLE
from app.inventory.sample_queue import start_sample
from app.inventory.tables import deals, pictures, shows
from app.platform.clock import Clock
from app.platform.settings import Settings


def test_every_row_is_good_and_has_a_photo_whose_sizes_came_along(settings: Settings, clock: Clock) -> None:
    parsed = parse_file((SAMPLE / "queue.csv").read_bytes(), Asked("USD", settings.zone, clock.now()))
    assert (len(parsed.good), parsed.wrong) == (12, [])
    wanted = {f"{width}.{ending}" for width in WIDTHS if width <= 800 for ending in TYPES}
    for row in parsed.good:
        assert row.alt
        made = SAMPLE / "made" / row.photo.removesuffix(".webp")
        assert {file.name for file in made.iterdir()} == wanted


async def test_of_two_that_start_it_at_once_one_does(
    engine: AsyncEngine, clock: Clock, settings: Settings
) -> None:
    started = await asyncio.gather(*(start_sample(engine, clock, settings) for _ in range(2)))
    assert sorted(started) == [False, True]
    async with engine.connect() as connection:
        assert (await connection.execute(select(func.count()).select_from(deals))).scalar_one() == 12
        assert (await connection.execute(select(func.count()).select_from(pictures))).scalar_one() == 12
        assert (await connection.execute(select(shows.c.mode, shows.c.started))).one() == ("woot-off", True)
    assert not await start_sample(engine, clock, settings), "the shop has had deals"
