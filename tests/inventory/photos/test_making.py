"""Reading a picture that a stranger made: its pixels come out, and nothing else of it does any harm."""

import io
import random
import struct
import time
import zlib
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageCms

from app.inventory.photos import keeping as room
from app.inventory.photos import making as maker
from app.inventory.photos.keeping import (
    NotAPhotoError,
    make_photo,
)
from tests.factories.inventory import picture
from tests.factories.pictures import chunk, png

KINDS = ["JPEG", "PNG", "WEBP", "AVIF"]
FORMATS = {"jpg": "JPEG", "webp": "WEBP", "avif": "AVIF"}


def made_here(body: bytes, monkeypatch: pytest.MonkeyPatch) -> bytes:
    """The largest size, made in this process and as WebP only, where the pixels matter and not who makes them."""
    monkeypatch.setattr(maker, "ENCODINGS", {"webp": maker.ENCODINGS["webp"]})
    files, largest = maker.make_sizes(body)
    return files[f"{largest}.webp"]


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
        red, green, blue = colour(image, spot)
        names.append("white" if green > 128 else "red" if red > blue else "blue")
    return names


def colour(image: Image.Image, spot: tuple[int, int]) -> tuple[int, int, int]:
    """A pixel's red, green and blue."""
    pixel = image.getpixel(spot)
    assert isinstance(pixel, tuple)
    red, green, blue = pixel
    return int(red), int(green), int(blue)


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
def test_a_picture_is_turned_upright(
    orientation: int, corners: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    given = picture(size=(400, 400), exif=camera_exif(orientation))
    assert looks(made_here(given, monkeypatch)) == corners


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_of_what_was_given_is_left_but_its_pixels(kind: str) -> None:
    """The marker is where a file can hold something: in each kind of metadata, and behind the picture's end."""
    marker = b"MARKER-from-our-kitchen"
    saved: dict[str, Any] = {"exif": camera_exif(6), "xmp": b"<x:xmpmeta>" + marker}
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    saved |= {"icc_profile": profile} | ({"comment": marker} if kind == "JPEG" else {})
    given = picture(kind, **saved)
    if kind == "PNG":
        text = chunk(b"tEXt", b"Comment\0" + marker) + chunk(b"zTXt", b"Note\0\0" + zlib.compress(marker))
        given = given[:33] + text + given[33:]
    given += marker + b"<html><script>alert(1)</script></html>PK\x03\x04%PDF-1.4"
    assert b"SecretCam" in given
    for name, body in make_photo(given, "A loaf").files.items():
        image = Image.open(io.BytesIO(body))
        assert image.format == FORMATS[name.split(".")[1]]
        assert not image.getexif()
        assert not {"exif", "comment", "Comment", "xmp", "icc_profile", "photoshop"} & image.info.keys(), name
        assert not [
            secret for secret in (b"SecretCam", b"MARKER", b"script", b"xmpmeta", b"%PDF") if secret in body
        ]


@pytest.mark.parametrize(
    ("size", "largest", "widths"),
    [
        ((300, 200), 800, [160, 480, 800]),
        ((1200, 1600), 1200, [160, 480, 800, 1200]),
        ((1, 1), 800, [160, 480, 800]),
    ],
)
def test_sizes_are_square_and_the_large_ones_only_of_large_pictures(
    size: tuple[int, int], largest: int, widths: list[int]
) -> None:
    made = make_photo(picture(size=size), "A loaf")
    names = {f"{width}.{kind}" for width in widths for kind in FORMATS}
    assert (made.largest, set(made.files)) == (largest, names)
    for name, body in made.files.items():
        image = Image.open(io.BytesIO(body))
        assert image.size == (int(name.split(".")[0]),) * 2
        assert image.format == FORMATS[name.split(".")[1]]


@pytest.mark.parametrize("size", [(3000, 2), (2, 3000), (60_000, 100), (1000, 300)])
def test_of_a_very_long_picture_nothing_is_cut_off(
    size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    image = Image.open(io.BytesIO(made_here(picture("PNG", size), monkeypatch))).convert("RGB")
    assert image.width == image.height
    middle, last = image.width // 2, image.width - 20
    wide = size[0] > size[1]
    first, end = [(20, middle), (last, middle)] if wide else [(middle, 20), (middle, last)]
    around = (middle, 5) if wide else (5, middle)
    assert colour(image, around) == (255, 255, 255)
    if min(size) > 299:
        assert colour(image, end)[2] > 200
        assert colour(image, first)[0] + colour(image, first)[2] > 200


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK", "I;16"])
def test_every_way_to_keep_pixels_is_taken(mode: str, monkeypatch: pytest.MonkeyPatch) -> None:
    buffer = io.BytesIO()
    Image.new(mode, (20, 20)).save(buffer, "JPEG" if mode == "CMYK" else "PNG")
    assert made_here(buffer.getvalue(), monkeypatch)


def test_sixteen_bits_are_brought_down_to_eight(monkeypatch: pytest.MonkeyPatch) -> None:
    row = b"\0" + struct.pack(">H", 0x8000) * 8
    body = made_here(png(8, 8, pixels=row * 8, depth=16, colours=0), monkeypatch)
    grey = colour(Image.open(io.BytesIO(body)).convert("RGB"), (400, 400))
    assert all(abs(part - 128) < 4 for part in grey)


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "AVIF"])
def test_what_is_transparent_becomes_white(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    image = Image.new("RGBA", (100, 100), (0, 0, 0, 0))
    image.paste((255, 0, 0, 255), (0, 0, 50, 50))
    buffer = io.BytesIO()
    image.save(buffer, kind)
    assert looks(made_here(buffer.getvalue(), monkeypatch)) == ["red", "white", "white", "white"]


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "AVIF"])
def test_of_what_moves_the_first_picture_is_taken(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    frames = [Image.new("RGB", (64, 64), name) for name in ("red", "blue", "white")]
    buffer = io.BytesIO()
    frames[0].save(buffer, kind, save_all=True, append_images=frames[1:], duration=50)
    assert looks(made_here(buffer.getvalue(), monkeypatch)) == ["red"] * 4


def test_colours_are_as_its_profile_says(monkeypatch: pytest.MonkeyPatch) -> None:
    """In a profile whose red and blue are each other's, what is stored as red is seen as blue."""
    srgb = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    entries = {
        bytes(srgb[at : at + 4]): at
        for at in range(132, 132 + 12 * struct.unpack(">I", srgb[128:132])[0], 12)
    }
    red, blue = entries[b"rXYZ"], entries[b"bXYZ"]
    srgb[red : red + 4], srgb[blue : blue + 4] = b"bXYZ", b"rXYZ"
    given = picture("JPEG", (400, 400), icc_profile=bytes(srgb), quality=95)
    assert looks(made_here(given, monkeypatch))[0] == "blue"
    broken = picture("JPEG", (400, 400), icc_profile=b"nonsense" * 30)
    assert looks(made_here(broken, monkeypatch))[0] == "red"


@pytest.mark.parametrize("kind", KINDS)
def test_a_damaged_file_is_a_picture_or_not_and_never_anything_worse(kind: str) -> None:
    chance = random.Random(4)
    whole = picture(kind, size=(40, 40), exif=camera_exif(6))
    taken = 0
    for _ in range(400):
        body = bytearray(whole)
        for _ in range(chance.randint(1, 3)):
            body[chance.randrange(min(len(body), 400))] = chance.randrange(256)
        try:
            maker._read(bytes(body))
            taken += 1
        except maker.UnfitError:
            pass
    assert taken < 400


@pytest.mark.parametrize(
    ("does", "words"),
    [
        ("bytearray(10 ** 10)", "cannot be unpacked"),
        ("open('/etc/passwd')", "cannot be unpacked"),
        ("__import__('socket').socket()", "cannot be unpacked"),
        ("__import__('os').abort()", "cannot be unpacked"),
        ("__import__('time').sleep(60)", "takes too long to unpack"),
    ],
)
def test_a_reader_that_was_taken_over_can_open_nothing_and_last_no_longer(
    does: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken_over = tmp_path / "taken_over.py"
    source = room.MAKER.read_text().replace(
        "def _read(body: bytes) -> Image.Image:\n", f"def _read(body):\n    {does}\n"
    )
    assert does in source
    taken_over.write_text(source)
    monkeypatch.setattr(room, "MAKER", taken_over)
    monkeypatch.setattr(room, "DEADLINE_SECONDS", 1.0 if "sleep" in does else 50.0)
    begun = time.monotonic()
    with pytest.raises(NotAPhotoError, match=f"^({words}|takes too much memory to unpack)$"):
        make_photo(picture(), "A loaf")
    assert time.monotonic() - begun < 55, "it has not slept its fill"


def test_both_sides_of_the_process_know_the_same_sizes() -> None:
    assert room.WIDTHS == maker.WIDTHS
    assert set(room.TYPES) == set(maker.ENCODINGS)
