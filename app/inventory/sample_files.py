"""The sample queue itself: a dozen deals whose photos are made already, and their Woot-Off."""

import asyncio
import hashlib
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncEngine

from app.inventory.changes import COMMAND_LINE
from app.inventory.imports import Asked, Good, parse_file
from app.inventory.imports.loading import queue_rows
from app.inventory.photos.keeping import Photo
from app.inventory.queue import was_anything_ever_queued
from app.inventory.show import set_show
from app.payments import minor_digits
from app.platform.clock import Clock
from app.platform.lease import take_turns
from app.platform.settings import Settings

SAMPLE = Path(__file__).parent / "sample"


async def queue_sample(engine: AsyncEngine, clock: Clock, settings: Settings) -> bool:
    """Queue it and start its Woot-Off, both or neither; false where another process was quicker."""
    currency = settings.currency if minor_digits(settings.currency) == 2 else "USD"  # its prices have cents
    rows, made = await asyncio.to_thread(_read, Asked(currency, settings.zone, clock.now()))
    async with engine.begin() as connection:
        await take_turns(connection, "sample")
        if await was_anything_ever_queued(connection):
            return False
        await queue_rows(
            connection, rows, who=COMMAND_LINE, currency=currency, now=clock.now(), made=made, again=True
        )
        await set_show(connection, "woot-off", False, clock.now(), settings.zone)
    return True


def _read(asked: Asked) -> tuple[list[Good], dict[str, Photo]]:
    rows = parse_file((SAMPLE / "queue.csv").read_bytes(), asked).good
    return rows, {row.photo: _made_before(row) for row in rows}


def _made_before(row: Good) -> Photo:
    """A photo whose sizes came with the shop: the first start does not wait for a dozen pictures to be made."""
    files = {
        file.name: file.read_bytes() for file in sorted((SAMPLE / "made" / Path(row.photo).stem).iterdir())
    }
    digest = hashlib.sha256(b"".join(files.values())).hexdigest()
    return Photo(files, max(int(name.partition(".")[0]) for name in files), row.alt, digest)
