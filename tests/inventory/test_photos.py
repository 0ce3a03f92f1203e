"""Photos: made into sizes once, without metadata, under an address that nobody can guess."""

import asyncio
import io
import random
import re
import struct
import zlib
from unittest.mock import patch

import pytest
from PIL import Image
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from app.inventory import photos as room
from app.inventory.photos import (
    NO_PHOTO,
    NotAPhotoError,
    keep_photo,
    make_photo,
    photo_document,
    read_photo_file,
)
from app.inventory.tables import photo_files, photos
from app.platform.clock import Clock
from tests.factories.inventory import picture

RED, BLUE = (254, 0, 0), (0, 0, 254)


def camera_exif(orientation: int) -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010F] = "SecretCam"
    exif.get_ifd(0x8825).update({1: "N", 2: (41.0, 52.0, 41.0)})
    return exif


def looks(body: bytes) -> list[str]:
    """The colours of the four corners, row by row."""
    image = Image.open(io.BytesIO(body)).convert("RGB")
    width, height = image.size
    near = [(width // 8, height // 8), (width * 7 // 8, height // 8)]
    near += [(width // 8, height * 7 // 8), (width * 7 // 8, height * 7 // 8)]
    names = []
    for spot in near:
        pixel = image.getpixel(spot)
        assert isinstance(pixel, tuple)
        red, green, blue = pixel
        names.append("white" if green > 128 else "red" if red > blue else "blue")
    return names


def png_header(width: int, height: int) -> bytes:
    """A PNG that says it is so large, and has next to nothing in it."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">II5B", width, height, 8, 2, 0, 0, 0)
    parts = [(b"IHDR", head), (b"IDAT", zlib.compress(bytes(99))), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in parts)


@pytest.mark.parametrize(
    ("orientation", "corners"),
    [
        (1, ["red", "blue", "blue", "blue"]),
        (2, ["blue", "red", "blue", "blue"]),
        (3, ["blue", "blue", "blue", "red"]),
        (4, ["blue", "blue", "red", "blue"]),
        (5, ["red", "blue", "blue", "blue"]),
        (6, ["blue", "red", "blue", "blue"]),
        (7, ["blue", "blue", "blue", "red"]),
        (8, ["blue", "blue", "red", "blue"]),
        (99, ["red", "blue", "blue", "blue"]),
    ],
)
def test_a_picture_is_turned_upright(orientation: int, corners: list[str]) -> None:
    made = make_photo(picture(size=(400, 400), exif=camera_exif(orientation)), "A loaf")
    for body in made.files.values():
        assert looks(body) == corners


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_nothing_of_where_and_with_what_it_was_taken_is_left(kind: str) -> None:
    given = picture(kind, exif=camera_exif(6), comment=b"from our kitchen", xmp=b"<x:xmpmeta>kitchen")
    assert b"SecretCam" in given
    for name, body in make_photo(given, "A loaf").files.items():
        image = Image.open(io.BytesIO(body))
        assert not image.getexif()
        assert not {"exif", "comment", "xmp", "icc_profile", "photoshop"} & image.info.keys(), name
        assert b"SecretCam" not in body
        assert b"kitchen" not in body


@pytest.mark.parametrize(
    ("size", "largest", "names"),
    [
        ((300, 200), 800, {"480.webp", "800.webp", "800.jpg"}),
        ((900, 600), 800, {"480.webp", "800.webp", "800.jpg"}),
        ((1200, 1600), 1200, {"480.webp", "800.webp", "800.jpg", "1200.webp"}),
        ((3000, 2), 1200, {"480.webp", "800.webp", "800.jpg", "1200.webp"}),
        ((1, 1), 800, {"480.webp", "800.webp", "800.jpg"}),
    ],
)
def test_sizes_are_square_and_the_large_ones_only_of_large_pictures(
    size: tuple[int, int], largest: int, names: set[str]
) -> None:
    made = make_photo(picture(size=size), "A loaf")
    assert (made.largest, set(made.files)) == (largest, names)
    for name, body in made.files.items():
        image = Image.open(io.BytesIO(body))
        assert image.size == (int(name.split(".")[0]),) * 2
        assert image.format == ("JPEG" if name.endswith("jpg") else "WEBP")


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK", "I;16"])
def test_every_way_to_keep_pixels_is_taken(mode: str) -> None:
    buffer = io.BytesIO()
    Image.new(mode, (20, 20)).save(buffer, "JPEG" if mode == "CMYK" else "PNG")
    assert make_photo(buffer.getvalue(), "A loaf").largest == 800


def test_what_is_transparent_becomes_white() -> None:
    image = Image.new("RGBA", (100, 100), (0, 0, 0, 0))
    image.paste((255, 0, 0, 255), (0, 0, 50, 50))
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    made = make_photo(buffer.getvalue(), "A loaf")
    assert looks(made.files["800.webp"]) == ["red", "white", "white", "white"]


@pytest.mark.parametrize("side", [8_000, 10_000, 60_000])
def test_a_pixel_bomb_is_refused_before_it_is_unpacked(side: int) -> None:
    with pytest.raises(NotAPhotoError, match=r"^has too many pixels$"):
        make_photo(png_header(side, side), "A loaf")


UNREADABLE = {
    "nothing": b"",
    "three bytes": b"\xff\xd8\xff",
    "GIF": picture("GIF"),
    "TIFF": picture("TIFF"),
    "BMP": picture("BMP"),
    "HTML": b"<!doctype html><script>alert(1)</script>",
    "SVG": b'<svg xmlns="http://www.w3.org/2000/svg"/>',
    "half a JPEG": picture("JPEG")[:-2000],
    "half a PNG": picture("PNG")[:200],
    "half a WebP": picture("WEBP")[:100],
    "a PNG without pixels": png_header(100, 100),
}


@pytest.mark.parametrize("body", UNREADABLE.values(), ids=UNREADABLE)
def test_what_cannot_be_read_is_refused_in_words(body: bytes) -> None:
    with pytest.raises(NotAPhotoError, match=r"^is not a JPEG, PNG or WebP that can be read$"):
        make_photo(body, "A loaf")


def test_what_is_larger_than_we_take_is_refused_unread() -> None:
    with pytest.raises(NotAPhotoError, match=r"^is larger than 20 MiB$"):
        make_photo(bytes(room.MAX_BYTES + 1), "A loaf")


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_page_hidden_in_a_picture_does_not_come_through(kind: str) -> None:
    page = b"<html><script>alert(1)</script></html>"
    made = make_photo(picture(kind) + page, "A loaf")
    assert all(b"script" not in body for body in made.files.values())


@pytest.mark.parametrize("kind", ["JPEG", "WEBP"])
def test_a_damaged_file_is_a_picture_or_not_and_never_anything_worse(kind: str) -> None:
    chance = random.Random(4)
    whole = picture(kind, size=(40, 40), exif=camera_exif(6))
    taken = 0
    with patch.object(room, "_sizes", lambda _: ({}, 800)):
        for _ in range(800):
            body = bytearray(whole)
            for _ in range(chance.randint(1, 6)):
                body[chance.randrange(min(len(body), 400))] = chance.randrange(256)
            try:
                make_photo(bytes(body), "A loaf")
                taken += 1
            except NotAPhotoError:
                pass
    assert 0 < taken < 800


async def test_the_same_picture_is_kept_once_even_by_two_at_once(engine: AsyncEngine, clock: Clock) -> None:
    made = make_photo(picture(), "A loaf")

    async def keep() -> str:
        async with engine.begin() as connection:
            return await keep_photo(connection, made, clock.now())

    tokens = await asyncio.gather(*(keep() for _ in range(4)))
    assert len(set(tokens)) == 1
    async with engine.connect() as connection:
        assert await read_photo_file(connection, tokens[0], "800.jpg") == made.files["800.jpg"]
        assert await read_photo_file(connection, tokens[0], "801.jpg") is None
        assert await read_photo_file(connection, "0" * 22, "800.jpg") is None
        assert (await connection.execute(select(func.count()).select_from(photos))).scalar_one() == 1
        assert (await connection.execute(select(func.count()).select_from(photo_files))).scalar_one() == 3


async def test_a_token_cannot_be_guessed_from_the_picture_or_the_one_before(
    engine: AsyncEngine, clock: Clock
) -> None:
    made = make_photo(picture(), "A loaf")
    tokens = []
    for _ in range(2):
        async with engine.connect() as connection:  # rolled back: kept anew the next time
            tokens.append(await keep_photo(connection, made, clock.now()))
    assert tokens[0] != tokens[1]
    assert all(re.fullmatch(r"[\w-]{22}", token) for token in tokens)  # 128 bits


def test_the_document_names_the_sizes_that_there_are() -> None:
    assert photo_document("TOKEN", 800, "A loaf") == {
        "src": "/photos/TOKEN/800.jpg",
        "srcset": "/photos/TOKEN/480.webp 480w, /photos/TOKEN/800.webp 800w",
        "alt": "A loaf",
    }
    assert photo_document(None, None, None) == NO_PHOTO
