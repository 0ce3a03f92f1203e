"""Photos: made at most two at once, kept once, each deal's under an address that nobody can guess."""

import asyncio
import re
from pathlib import Path

import pytest
from msgspec.structs import replace
from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncEngine

from app.inventory.photos import keeping as room
from app.inventory.photos.keeping import (
    NO_PHOTO,
    NotAPhotoError,
    copy_photo,
    keep_photo,
    make_photo,
    make_photo_aside,
    photo_document,
    photo_thumbnail,
    read_photo_file,
)
from app.inventory.tables import photos, picture_files, pictures
from app.platform.clock import Clock
from tests.factories.inventory import picture


async def test_at_most_two_are_made_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each leaves a mark while it works; none finds two others' marks. The first waits until another has begun."""
    counting = tmp_path / "counting.py"
    counting.write_text(
        "import os, pathlib, sys, time\n"
        f"mark = pathlib.Path({str(tmp_path)!r}) / f'mark{{os.getpid()}}'\n"
        "mark.touch()\nmark.with_name(f'begun{os.getpid()}').touch()\n"
        "end = time.monotonic() + 15\n"
        "while len(list(mark.parent.glob('begun*'))) < 2 and time.monotonic() < end: time.sleep(.01)\n"
        "time.sleep(.1)\n"  # for those whom nobody should have let in
        "many = len(list(mark.parent.glob('mark*')))\nmark.unlink()\n"
        'print(\'{"refused": "%d"}\' % many)\n'
    )
    monkeypatch.setattr(room, "MAKER", counting)

    async def seen() -> int:
        with pytest.raises(NotAPhotoError) as caught:
            await make_photo_aside(b"", "")
        return int(str(caught.value))

    found = await asyncio.gather(*(seen() for _ in range(6)))
    assert max(found) == 2


async def test_each_deal_has_a_token_of_its_own_and_a_picture_is_kept_once(
    engine: AsyncEngine, clock: Clock
) -> None:
    made = make_photo(picture(), "A loaf")

    async def keep(alt: str) -> str:
        async with engine.begin() as connection:
            return await keep_photo(connection, replace(made, alt=alt), clock.now())

    tokens = await asyncio.gather(*(keep(f"Loaf {number}") for number in range(4)))
    async with engine.connect() as connection:
        tokens.append(await copy_photo(connection, tokens[0], clock.now()))
        assert len(set(tokens)) == 5
        assert all(re.fullmatch(r"[\w-]{22}", token) for token in tokens)  # 128 bits
        for table, kept in ((photos, 5), (pictures, 1), (picture_files, 9)):
            assert (await connection.execute(select(func.count()).select_from(table))).scalar_one() == kept
        alts = (await connection.execute(select(photos.c.alt).order_by(photos.c.alt))).scalars().all()
        assert alts == ["Loaf 0", "Loaf 0", "Loaf 1", "Loaf 2", "Loaf 3"]
        for token in tokens:
            found = await read_photo_file(connection, token, "800.jpg")
            assert found is not None
            assert (found.body, found.media_type, found.is_revealed) == (
                made.files["800.jpg"],
                "image/jpeg",
                False,
            )
        for nothing in ("801.jpg", "1200.jpg", "800.png", "800", "", "../800.jpg"):
            assert await read_photo_file(connection, tokens[0], nothing) is None, nothing
        assert await read_photo_file(connection, "0" * 22, "800.jpg") is None


async def test_a_picture_from_before_a_size_was_made_answers_with_the_nearest(
    engine: AsyncEngine, clock: Clock
) -> None:
    async with engine.connect() as connection:
        given = {"digest": "old", "created_at": clock.now()}
        await connection.execute(insert(pictures).values(given | {"largest": 800}))
        names = ("480.webp", "800.webp", "800.jpg")
        rows = [{"digest": "old", "name": name, "body": name.encode()} for name in names]
        await connection.execute(insert(picture_files), rows)
        await connection.execute(insert(photos).values(given | {"token": "T", "alt": ""}))
        for asked, nearest in [("800.avif", "800.webp"), ("160.webp", "480.webp"), ("800.jpg", "800.jpg")]:
            found = await read_photo_file(connection, "T", asked)
            assert found is not None
            assert found.body == nearest.encode()
            assert found.media_type == room.TYPES[nearest.split(".")[1]]


def test_the_document_names_the_sizes_that_there_are() -> None:
    assert photo_document("TOKEN", 800, "A loaf") == {
        "src": "/photos/TOKEN/800.jpg",
        "srcset": "/photos/TOKEN/480.webp 480w, /photos/TOKEN/800.webp 800w",
        "sources": [
            {"type": "image/avif", "srcset": "/photos/TOKEN/480.avif 480w, /photos/TOKEN/800.avif 800w"}
        ],
        "alt": "A loaf",
    }
    assert photo_document(None, None, None) == NO_PHOTO
    assert photo_thumbnail("TOKEN") == "/photos/TOKEN/160.webp"
    assert photo_thumbnail(None) == NO_PHOTO["src"]
