"""Loading the queue from a file: read it, find which of its rows are queued already, queue the others."""

import asyncio
import os
import stat
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.inventory.changes import COMMAND_LINE, Who, note_change
from app.inventory.imports import MAX_FILE_BYTES, Asked, Good, Parsed, Wrong, parse_aside, parse_file
from app.inventory.imports.tables import imported_rows
from app.inventory.photos.keeping import MAX_BYTES, NotAPhotoError, Photo, keep_photo, make_photo_aside
from app.inventory.photos.tables import wanted_photos
from app.inventory.queue import add_deals
from app.inventory.tables import deals
from app.inventory.turns import PHOTOS, add_in_turn
from app.platform.clock import Clock
from app.platform.lease import take_turns

AT_ONCE = 2  # photos made side by side
ADDRESS = ("https://", "http://")


class Queued(Struct, frozen=True):
    """What became of the good rows: the new deals' ids in the rows' order, and the deals of those queued before."""

    rows: list[Good]
    ids: list[int]
    already: list[tuple[Good, int]]


class Loaded(Struct, frozen=True):
    """What a file came to. `queued` has no ids after a dry run, where its rows are those that would be queued."""

    parsed: Parsed
    queued: Queued


class Reading(Struct, frozen=True):
    """A file as it was read, the photos beside it made, nothing stored yet."""

    parsed: Parsed
    photos: dict[str, Photo]


async def load_file(
    engine: AsyncEngine, path: Path, asked: Asked, *, clock: Clock, dry_run: bool, again: bool = False
) -> Loaded:
    """Queue the good rows of a file, with photos named relative to it. Raises OSError where it cannot be read.

    Rows that were queued before are left out, unless `again` asks for them anew.
    """
    reading = await read_file(path, asked, aside=True)
    if dry_run:
        async with engine.connect() as connection:
            return Loaded(reading.parsed, await look_ahead(connection, reading.parsed.good, again=again))
    async with engine.begin() as connection:
        queued = await queue_rows(
            connection,
            reading.parsed.good,
            who=COMMAND_LINE,
            currency=asked.currency,
            now=clock.now(),
            made=reading.photos,
            again=again,
        )
    return Loaded(reading.parsed, queued)


async def read_file(path: Path, asked: Asked, *, aside: bool = False) -> Reading:
    """Read a file and make the photos that lie beside it; a row whose photo cannot be made is wrong. `aside` for files
    that somebody else may have made. Raises OSError where it cannot be read."""
    body = await asyncio.to_thread(_read, path)
    parsed = await parse_aside(body, asked) if aside else await asyncio.to_thread(parse_file, body, asked)
    made, wrong = await _photos(parsed.good, path.parent)
    lines = {problem.line for problem in wrong}
    everything = sorted([*parsed.wrong, *wrong], key=lambda problem: problem.line)
    good = [row for row in parsed.good if row.line not in lines]
    return Reading(replace(parsed, good=good, wrong=everything), made)


def without_local_photos(parsed: Parsed) -> Parsed:
    """The same without the photos that are named by file: an upload comes without its folder. Each is told."""
    lost = [row for row in parsed.good if row.photo and not _is_address(row.photo)]
    said = "is not sent with the file, so the deal goes in without it; give it one at its page, or an https address"
    wrong = sorted([*parsed.wrong, *(Wrong(row.line, "photo", said) for row in lost)], key=lambda p: p.line)
    good = [replace(row, photo=row.photo if _is_address(row.photo) else "") for row in parsed.good]
    return replace(parsed, good=good, wrong=wrong)


async def look_ahead(connection: AsyncConnection, rows: Sequence[Good], *, again: bool) -> Queued:
    """What `queue_rows` would queue now."""
    known = {} if again else await _known(connection, rows)
    new = [row for row in rows if row.digest not in known]
    return Queued(new, [], [(row, known[row.digest]) for row in rows if row.digest in known])


async def queue_rows(
    connection: AsyncConnection,
    rows: Sequence[Good],
    *,
    who: Who,
    currency: str,
    now: datetime,
    made: Mapping[str, Photo] | None = None,
    again: bool = False,
) -> Queued:
    """Queue the rows inside the caller's transaction, but for those queued before. Of two that do so at once with the
    same rows, the second finds them queued: it waits for its turn before it looks."""
    made = made or {}
    if made:
        await take_turns(connection, PHOTOS)
    await add_in_turn(connection)
    ahead = await look_ahead(connection, rows, again=again)
    if not ahead.rows:
        return ahead
    added = [(row.deal, await _own_photo(connection, row, made, now)) for row in ahead.rows]
    ids = await add_deals(connection, added, currency=currency, now=now)
    await _remember(connection, ahead.rows, ids, now)
    await note_change(
        connection, who=who, action="import", deal_id=None, before={}, after={"deals": ids}, now=now
    )
    return replace(ahead, ids=ids)


def _read(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(MAX_FILE_BYTES + 1)  # one more, so that what is larger is seen to be


async def _known(connection: AsyncConnection, rows: Sequence[Good]) -> dict[str, int]:
    """The deals of rows that were queued before, by digest."""
    known: dict[str, int] = {}
    digests = [row.digest for row in rows]
    for at in range(0, len(digests), 5_000):
        query = (
            select(imported_rows.c.digest, imported_rows.c.deal_id)
            .join(deals, deals.c.id == imported_rows.c.deal_id)
            .where(imported_rows.c.digest.in_(digests[at : at + 5_000]), deals.c.state != "withdrawn")
        )
        known |= {row.digest: row.deal_id for row in await connection.execute(query)}
    return known


async def _remember(
    connection: AsyncConnection, rows: Sequence[Good], ids: Sequence[int], now: datetime
) -> None:
    digests = [
        {"digest": row.digest, "deal_id": deal_id, "created_at": now}
        for row, deal_id in zip(rows, ids, strict=True)
    ]
    put = upsert(imported_rows)
    newest = {"deal_id": put.excluded.deal_id, "created_at": put.excluded.created_at}
    await connection.execute(put.on_conflict_do_update(index_elements=["digest"], set_=newest), digests)
    wanted = [
        {"deal_id": deal_id, "url": row.photo, "alt": row.alt, "next_at": now}
        for row, deal_id in zip(rows, ids, strict=True)
        if _is_address(row.photo)
    ]
    if wanted:
        await connection.execute(upsert(wanted_photos).on_conflict_do_nothing(), wanted)


async def _own_photo(
    connection: AsyncConnection, row: Good, made: Mapping[str, Photo], now: datetime
) -> str | None:
    """A token of the deal's own, described in its own words, also where another shows the same picture."""
    if row.photo not in made:
        return None
    return await keep_photo(connection, replace(made[row.photo], alt=row.alt), now)


def _is_address(photo: str) -> bool:
    return photo.lower().startswith(ADDRESS)


async def _photos(rows: Sequence[Good], folder: Path) -> tuple[dict[str, Photo], list[Wrong]]:
    """The photos that lie in `folder`, and what is wrong with the others."""
    made: dict[str, Photo] = {}
    wrong: list[Wrong] = []
    turns = asyncio.Semaphore(AT_ONCE)

    async def make(row: Good) -> None:
        async with turns:
            try:
                body = await asyncio.to_thread(_read_beside, folder, row.photo)
                made[row.photo] = await make_photo_aside(body, row.alt)
            except NotAPhotoError as error:
                wrong.append(Wrong(row.line, "photo", str(error)))

    first_use = {row.photo: row for row in reversed(rows) if row.photo and not _is_address(row.photo)}
    await asyncio.gather(*(make(row) for row in first_use.values()))
    failed = first_use.keys() - made.keys()
    again = [row for row in rows if row.photo in failed and first_use[row.photo] is not row]
    wrong += [Wrong(row.line, "photo", "cannot be used, see above") for row in again]
    return made, wrong


def _read_beside(folder: Path, name: str) -> bytes:
    """A photo's bytes. Raises NotAPhotoError where it is none that lies in `folder`."""
    if "://" in name:
        raise NotAPhotoError("must be a file beside this one, or an https address")
    home = folder.resolve()
    try:
        path = (folder / name).resolve(strict=True)
        if not path.is_relative_to(home):
            raise NotAPhotoError("must lie in the folder of the file, or below it")
        if not path.is_file():
            raise NotAPhotoError("is not a file")
        return _read_photo(path)
    except (OSError, ValueError, RuntimeError) as error:
        words = getattr(error, "strerror", None) or "its name is none that a file can have"
        raise NotAPhotoError(f"cannot be read: {words}") from error


def _read_photo(path: Path) -> bytes:
    """What was looked at is what is read, also where somebody puts a link there in between."""
    with open(
        path, "rb", opener=lambda name, flags: os.open(name, flags | os.O_NOFOLLOW | os.O_NONBLOCK)
    ) as file:
        about = os.fstat(file.fileno())
        if not stat.S_ISREG(about.st_mode):
            raise NotAPhotoError("is not a file")
        if about.st_size > MAX_BYTES:
            raise NotAPhotoError(f"is larger than {MAX_BYTES // 1024 // 1024} MiB")
        return file.read(MAX_BYTES + 1)
