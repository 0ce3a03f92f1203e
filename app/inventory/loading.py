"""Loading the queue from a file: read, look at the photos, queue all or nothing."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncEngine

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


async def load_file(
    engine: AsyncEngine, path: Path, *, currency: str, clock: Clock, dry_run: bool, good_only: bool = False
) -> Loaded:
    """Queue the deals of a simple CSV, their photos named relative to it. Raises OSError where it cannot be read.

    Nothing is queued where a row is wrong, unless `good_only` asks for the others.
    """
    parsed = await asyncio.to_thread(_parse, path, currency)
    photos, wrong_photos = await _photos(parsed.good, path.parent)
    wrong = sorted(parsed.wrong + wrong_photos, key=lambda problem: problem.line)
    bad_lines = {problem.line for problem in wrong_photos}
    good = [row for row in parsed.good if row.line not in bad_lines]
    if dry_run or not good or (wrong and not good_only):
        return Loaded(parsed.rows, good, wrong, [])
    async with engine.begin() as connection:
        tokens = {name: await keep_photo(connection, photo, clock.now()) for name, photo in photos.items()}
        added = [(row.deal, tokens.get(row.photo)) for row in good]
        ids = await add_deals(connection, added, currency=currency, now=clock.now())
    return Loaded(parsed.rows, good, wrong, ids)


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
                made[row.photo] = await asyncio.to_thread(_photo, folder / row.photo, row.alt)
            except NotAPhotoError as error:
                wrong.append(Wrong(row.line, "photo", str(error)))

    first_use = {row.photo: row for row in reversed(rows) if row.photo}
    await asyncio.gather(*(make(row) for row in first_use.values()))
    failed = {row.photo for row in first_use.values()} - made.keys()
    again = [row for row in rows if row.photo in failed and first_use[row.photo] is not row]
    wrong += [Wrong(row.line, "photo", "cannot be used, see above") for row in again]
    return made, wrong


def _photo(path: Path, alt: str) -> Photo:
    if "://" in str(path):
        raise NotAPhotoError("must be a file beside the CSV, not an address")
    try:
        if path.stat().st_size > MAX_BYTES:
            raise NotAPhotoError(f"is larger than {MAX_BYTES // 1024 // 1024} MiB")
        return make_photo(path.read_bytes(), alt)
    except OSError as error:
        raise NotAPhotoError(f"cannot be read: {error.strerror}") from error
