"""Photos: made into sizes once, kept in PostgreSQL, served under an address that nobody can guess."""

import asyncio
import hashlib
import json
import os
import secrets
import subprocess
import sys
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any

from msgspec import Struct
from sqlalchemy import case, insert, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from app.inventory.tables import deals, photos, picture_files, pictures
from app.inventory.turns import PHOTOS
from app.platform.lease import take_turns
from app.platform.logging import get_logger

log = get_logger(__name__)

WIDTHS = (160, 480, 800, 1200)  # pixels, as making.py makes them
THUMBNAIL = 160
MAX_BYTES = 20 * 1024 * 1024
MAX_ALT = 300  # characters
TYPES = {"avif": "image/avif", "webp": "image/webp", "jpg": "image/jpeg"}
NO_PHOTO: dict[str, Any] = {"src": "/static/no-photo.svg", "srcset": "", "sources": [], "alt": ""}
REVEALED = ("live", "ended")  # states of a deal whose photo everybody may see

RECIPE = b"2"  # another one whenever other files are made, so that what was made before is made anew
AT_ONCE = 2
DEADLINE_SECONDS = 60.0  # by the clock on the wall; of the processor's time it gets a third of that
MAKER = Path(__file__).with_name("making.py")

_turns = threading.BoundedSemaphore(AT_ONCE)
_makers = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="photos")


class NotAPhotoError(Exception):
    """The bytes are not a picture that we take; the message says why, to be read after "The photo"."""


class Photo(Struct, frozen=True):
    """A picture as it is served: its sizes by file name, its alternative text, and a digest of what was given."""

    files: dict[str, bytes]
    largest: int
    alt: str
    digest: str


class PhotoFile(Struct, frozen=True):
    """One size of a photo, its media type, and whether the public may see it yet."""

    body: bytes
    media_type: str
    is_revealed: bool


async def make_photo_aside(body: bytes, alt: str) -> Photo:
    """As make_photo, out of the event loop's way; whoever comes third waits."""
    return await asyncio.get_running_loop().run_in_executor(_makers, make_photo, body, alt)


def make_photo(body: bytes, alt: str) -> Photo:
    """Read a JPEG, PNG, WebP or AVIF and make the sizes, without any metadata, in a process of its own.

    Takes about a second, and at most DEADLINE_SECONDS. Raises NotAPhotoError.
    """
    if len(body) > MAX_BYTES:
        raise NotAPhotoError(f"is larger than {MAX_BYTES // 1024 // 1024} MiB")
    with _turns:
        head, files = _made(body)
    return Photo(files, head["largest"], alt, hashlib.sha256(RECIPE + b"\0" + body).hexdigest())


def _made(body: bytes) -> tuple[dict[str, Any], dict[str, bytes]]:
    environment = {name: os.environ[name] for name in ("LD_LIBRARY_PATH",) if name in os.environ}
    try:
        done = subprocess.run(  # noqa: S603 - our own file; what is not to be trusted is its input
            [sys.executable, "-I", str(MAKER)],
            input=body,
            capture_output=True,
            timeout=DEADLINE_SECONDS,
            env=environment | {"MALLOC_ARENA_MAX": "2"},
            cwd="/",
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise NotAPhotoError("takes too long to unpack") from error
    if done.returncode != 0:  # out of time or memory, or its reader broke down
        log.warning(
            "a photo could not be made",
            code=done.returncode,
            said=done.stderr[-500:].decode(errors="replace"),
        )
        raise NotAPhotoError("cannot be unpacked")
    line, _, rest = done.stdout.partition(b"\n")
    head = json.loads(line)
    if "refused" in head:
        raise NotAPhotoError(head["refused"])
    return head, _apart(rest, head["files"])


def _apart(rest: bytes, names: Sequence[tuple[str, int]]) -> dict[str, bytes]:
    files, start = {}, 0
    for name, length in names:
        files[name] = rest[start : start + length]
        start += length
    return files


async def keep_photo(connection: AsyncConnection, photo: Photo, now: datetime) -> str:
    """Store a photo for one deal and answer its token, a new one each time. The same picture's bytes are kept once."""
    await take_turns(connection, PHOTOS)
    picture = {"digest": photo.digest, "largest": photo.largest, "created_at": now}
    new = upsert(pictures).values(picture).on_conflict_do_nothing().returning(pictures.c.digest)
    if (await connection.execute(new)).scalar() is not None:
        files = [{"digest": photo.digest, "name": name, "body": body} for name, body in photo.files.items()]
        await connection.execute(insert(picture_files), files)
    return await _new_token(connection, photo.digest, photo.alt, now)


async def copy_photo(connection: AsyncConnection, token: str, now: datetime) -> str:
    """Another deal's own photo of the same picture, with the same description; answers its token.

    The first deal's is in use, so the sweep leaves the picture alone, and nobody need wait for a turn.
    """
    known = (await connection.execute(select(photos).where(photos.c.token == token))).one()
    return await _new_token(connection, known.digest, known.alt, now)


async def _new_token(connection: AsyncConnection, digest: str, alt: str, now: datetime) -> str:
    token = secrets.token_urlsafe(16)  # 128 bits
    values = {"token": token, "digest": digest, "alt": alt, "created_at": now}
    await connection.execute(insert(photos).values(values))
    return token


async def read_photo_file(connection: AsyncConnection, token: str, name: str) -> PhotoFile | None:
    """One size of a photo; None where there is none such.

    A picture that was made before a size was thought of answers with the nearest that it has.
    """
    width, _, kind = name.partition(".")
    if kind not in TYPES or width not in map(str, WIDTHS):
        return None
    wanted = [name, f"{width}.webp", "480.webp"]
    nearest = case({wanted[0]: 0, wanted[1]: 1}, value=picture_files.c.name, else_=2)
    query = (
        select(picture_files.c.name, picture_files.c.body, deals.c.state)
        .join(photos, photos.c.digest == picture_files.c.digest)
        .join(pictures, pictures.c.digest == photos.c.digest)
        .outerjoin(deals, deals.c.photo == photos.c.token)
        .where(photos.c.token == token, picture_files.c.name.in_(wanted), pictures.c.largest >= int(width))
        .order_by(nearest)
        .limit(1)
    )
    row = (await connection.execute(query)).one_or_none()
    if row is None:
        return None
    return PhotoFile(bytes(row.body), TYPES[row.name.rpartition(".")[2]], row.state in REVEALED)


def photo_document(token: str | None, largest: int | None, alt: str | None) -> dict[str, Any]:
    """A photo as the snapshot has it: `srcset` for every browser, `sources` for those that know better.

    Without a photo, a closed crate stands in.
    """
    if token is None or largest is None:
        return NO_PHOTO
    return {
        "src": f"/photos/{token}/800.jpg",
        "srcset": _srcset(token, largest, "webp"),
        "sources": [{"type": TYPES["avif"], "srcset": _srcset(token, largest, "avif")}],
        "alt": alt or "",
    }


def _srcset(token: str, largest: int, kind: str) -> str:
    widths = [width for width in WIDTHS if THUMBNAIL < width <= largest]
    return ", ".join(f"/photos/{token}/{width}.{kind} {width}w" for width in widths)


def photo_thumbnail(token: str | None, kind: str = "webp") -> str:
    """The address of a small square, 160 pixels wide, for a list; `kind` as in TYPES."""
    return NO_PHOTO["src"] if token is None else f"/photos/{token}/{THUMBNAIL}.{kind}"
