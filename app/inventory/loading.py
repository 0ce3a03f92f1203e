"""Loading the queue from a file: read, look at the photos, queue all or nothing."""

import asyncio
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.inventory.imports import Good, Parsed, Wrong, parse_simple_csv
from app.inventory.photos import MAX_BYTES, NotAPhotoError, Photo, keep_photo, make_photo
from app.inventory.queue import add_deals
from app.platform.clock import Clock

MAX_FILE_BYTES = 20 * 1024 * 1024
AT_ONCE = 2  # photos made side by side


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a file came to. `queued` holds the new deals' ids; it is empty after a dry run or where a row is wrong."""

    rows: int
    good: list[Good]
    wrong: list[Wrong]
    queued: list[int]


@dataclass(frozen=True, slots=True)
class Reading:
    """A file as it was read, its photos made, nothing stored yet."""

    rows: int
    good: list[Good]
    wrong: list[Wrong]
    photos: dict[str, Photo]


async def load_file(
    engine: AsyncEngine, path: Path, *, currency: str, clock: Clock, dry_run: bool, good_only: bool = False
) -> Loaded:
    """Queue the deals of a simple CSV, their photos named relative to it. Raises OSError where it cannot be read.

    Nothing is queued where a row is wrong, unless `good_only` asks for the others.
    """
    reading = await read_file(path, currency)
    if dry_run or not reading.good or (reading.wrong and not good_only):
        return Loaded(reading.rows, reading.good, reading.wrong, [])
    async with engine.begin() as connection:
        ids = await queue_reading(connection, reading, currency=currency, now=clock.now())
    return Loaded(reading.rows, reading.good, reading.wrong, ids)


async def read_file(path: Path, currency: str) -> Reading:
    """Read a simple CSV and make its photos. Raises OSError where it cannot be read."""
    parsed = await asyncio.to_thread(_parse, path, currency)
    photos, wrong_photos = await _photos(parsed.good, path.parent)
    bad_lines = {problem.line for problem in wrong_photos}
    good = [row for row in parsed.good if row.line not in bad_lines]
    wrong = sorted(parsed.wrong + wrong_photos, key=lambda problem: problem.line)
    return Reading(parsed.rows, good, wrong, photos)


async def queue_reading(
    connection: AsyncConnection, reading: Reading, *, currency: str, now: datetime
) -> list[int]:
    """Queue the good rows of a file inside the caller's transaction; answers the new deals' ids."""
    tokens = {name: await keep_photo(connection, photo, now) for name, photo in reading.photos.items()}
    added = [(row.deal, tokens.get(row.photo)) for row in reading.good]
    return await add_deals(connection, added, currency=currency, now=now)


def _parse(path: Path, currency: str) -> Parsed:
    if path.stat().st_size > MAX_FILE_BYTES:
        return Parsed(0, [], [Wrong(1, "file", f"is larger than {MAX_FILE_BYTES // 1024 // 1024} MiB")])
    return parse_simple_csv(path.read_bytes(), currency)


async def _photos(rows: Sequence[Good], folder: Path) -> tuple[dict[str, Photo], list[Wrong]]:
    made: dict[str, Photo] = {}
    wrong: list[Wrong] = []
    turns = asyncio.Semaphore(AT_ONCE)

    async def make(row: Good) -> None:
        async with turns:
            try:
                made[row.photo] = await asyncio.to_thread(_photo, folder, row.photo, row.alt)
            except NotAPhotoError as error:
                wrong.append(Wrong(row.line, "photo", str(error)))

    first_use = {row.photo: row for row in reversed(rows) if row.photo}
    await asyncio.gather(*(make(row) for row in first_use.values()))
    failed = {row.photo for row in first_use.values()} - made.keys()
    again = [row for row in rows if row.photo in failed and first_use[row.photo] is not row]
    wrong += [Wrong(row.line, "photo", "cannot be used, see above") for row in again]
    return made, wrong


def _photo(folder: Path, name: str, alt: str) -> Photo:
    if "://" in name:
        raise NotAPhotoError("must be a file beside the CSV, not an address")
    path = folder / name
    try:
        about = path.stat()
        if not stat.S_ISREG(about.st_mode):
            raise NotAPhotoError("is not a file")
        if about.st_size > MAX_BYTES:
            raise NotAPhotoError(f"is larger than {MAX_BYTES // 1024 // 1024} MiB")
        return make_photo(path.read_bytes(), alt)
    except OSError as error:
        raise NotAPhotoError(f"cannot be read: {error.strerror}") from error
