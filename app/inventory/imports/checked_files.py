"""Files between their check and their queueing: whoever had one checked need not send it again.

Each is its person's own, and forgotten after a day; a person has a few at a time.
"""

import asyncio
import secrets
import zlib
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.inventory.changes import Who
from app.inventory.imports import Asked, Parsed, pack, parse_aside, unpack
from app.inventory.imports.loading import Loaded, Queued, look_ahead, queue_rows, without_local_photos
from app.inventory.imports.tables import checked_files
from app.platform.errors import NotFound

KEPT = timedelta(days=1)
MOST = 5  # files a person
MOST_MENDED = 2_000  # rows


class CheckedFile(Struct, frozen=True):
    """A file that was checked: what was found, and what was asked about it. `queued` counts the deals that came of it,
    None until it was queued."""

    token: str
    name: str
    quantity: int | None
    again: bool
    mended: dict[int, dict[str, str]]
    loaded: Loaded
    queued: int | None


async def check_file(
    engine: AsyncEngine, body: bytes, name: str, asked: Asked, *, person_id: int, again: bool
) -> str:
    """Read a file, keep it with what was found, and answer its token. Raises BusyError."""
    findings = await _findings(body, asked)
    token = secrets.token_urlsafe(16)
    row = {
        "token": token,
        "person_id": person_id,
        "name": name[:200].replace("\0", ""),
        "body": body,
        "quantity": asked.quantity,
        "again": again,
        "mended": {},
        "findings": findings,
        "created_at": asked.now,
        "expires_at": asked.now + KEPT,
    }
    async with engine.begin() as connection:
        await _make_room(connection, person_id, asked.now)
        await connection.execute(insert(checked_files).values(row))
    return token


async def read_checked(engine: AsyncEngine, token: str, *, person_id: int, now: datetime) -> CheckedFile:
    """A file that this person had checked. Raises NotFound where there is none such, or it was forgotten."""
    async with engine.connect() as connection:
        row = await _row(connection, token, person_id, now)
        parsed = await asyncio.to_thread(_unpacked, row.findings)
        queued = Queued([], [], [])
        if row.queued_at is None:
            queued = await look_ahead(connection, parsed.good, again=row.again)
    return CheckedFile(
        row.token,
        row.name,
        row.quantity,
        row.again,
        {int(line): cells for line, cells in row.mended.items()},
        Loaded(parsed, queued),
        row.queued,
    )


async def mend_row(
    engine: AsyncEngine, token: str, line: int, cells: Mapping[str, str], asked: Asked, *, person_id: int
) -> None:
    """Write a bad row anew and check the file again. Raises NotFound, BusyError."""
    async with engine.connect() as connection:
        row = await _row(connection, token, person_id, asked.now)
    mended = row.mended | {str(line): {name: text.replace("\0", "") for name, text in cells.items()}}
    if len(mended) > MOST_MENDED:
        raise NotFound("So many rows are better mended in the file.")
    asked = replace(asked, quantity=row.quantity, mended={int(n): c for n, c in mended.items()})
    values = {"mended": mended, "findings": await _findings(row.body, asked)}
    async with engine.begin() as connection:
        is_it = (checked_files.c.token == token) & checked_files.c.queued_at.is_(None)
        await connection.execute(update(checked_files).where(is_it).values(values))


async def queue_checked(
    engine: AsyncEngine, token: str, *, person_id: int, who: Who, currency: str, now: datetime
) -> int:
    """Queue the good rows of a file that was checked, once, however often it is asked; answers how many deals came of
    it. Raises NotFound."""
    async with engine.begin() as connection:
        row = await _row(connection, token, person_id, now, lock=True)
        if row.queued is not None:
            return int(row.queued)
        parsed = await asyncio.to_thread(_unpacked, row.findings)
        queued = await queue_rows(
            connection, parsed.good, who=who, currency=currency, now=now, again=row.again
        )
        values = {"queued_at": now, "queued": len(queued.ids)}
        await connection.execute(update(checked_files).where(checked_files.c.token == token).values(values))
    return len(queued.ids)


async def _row(
    connection: AsyncConnection, token: str, person_id: int, now: datetime, *, lock: bool = False
) -> Any:
    query = select(checked_files).where(
        checked_files.c.token == token.replace("\0", ""),
        checked_files.c.person_id == person_id,
        checked_files.c.expires_at > now,
    )
    row = (await connection.execute(query.with_for_update() if lock else query)).one_or_none()
    if row is None:
        raise NotFound("This file is no longer kept. Choose it once more.")
    return row


async def _make_room(connection: AsyncConnection, person_id: int, now: datetime) -> None:
    mine = checked_files.c.person_id == person_id
    newest = select(checked_files.c.token).where(mine).order_by(checked_files.c.created_at.desc())
    kept = newest.limit(MOST - 1).scalar_subquery()
    await connection.execute(delete(checked_files).where(checked_files.c.expires_at <= now))
    await connection.execute(delete(checked_files).where(mine, checked_files.c.token.not_in(kept)))


async def _findings(body: bytes, asked: Asked) -> bytes:
    parsed = without_local_photos(await parse_aside(body, asked))
    return await asyncio.to_thread(lambda: zlib.compress(pack(parsed), 1))


def _unpacked(findings: bytes) -> Parsed:
    return unpack(zlib.decompress(findings))
