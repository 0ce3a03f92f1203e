"""What is no photo, or says that it is larger than any: refused in words, before it takes anything."""

import json
import re
import struct
import subprocess
import sys
import zlib

import pytest

from app.inventory.photos import keeping as room
from app.inventory.photos import making as maker
from app.inventory.photos.keeping import (
    NotAPhotoError,
    make_photo,
)
from tests.factories.inventory import picture
from tests.factories.pictures import chunk, png, saying_so_large

BLANK = zlib.compress(bytes(32 * 1024 * 1024), 1)
BOMBS = {
    "a PNG of 60,000 × 60,000": (png(60_000, 60_000), "has too many pixels"),
    "a PNG of 8,000 × 8,000": (png(8_000, 8_000), "has too many pixels"),
    "a JPEG of 60,000 × 60,000": (
        saying_so_large(picture(), 60_000, 60_000),
        "has too many pixels",
    ),
    "a WebP of 16,000 × 16,000": (
        saying_so_large(picture("WEBP"), 16_000, 16_000),
        "(has too many pixels|takes too much memory to unpack|is not a .*)",
    ),
    "an AVIF of 60,000 × 60,000": (
        saying_so_large(picture("AVIF"), 60_000, 60_000),
        "(has too many pixels|is not a .*)",
    ),
    "an AVIF of 12,000 × 12,000": (
        saying_so_large(picture("AVIF"), 12_000, 12_000),
        "has too many pixels",
    ),
    "a PNG whose text unpacks to 32 MB": (
        png(9, 9, chunk(b"zTXt", b"a\0\0" + BLANK)),
        "(is not a .*|is damaged.*)",
    ),
    "a PNG whose profile unpacks to 32 MB": (
        png(9, 9, chunk(b"iCCP", b"a\0\0" + BLANK)),
        "(is not a .*|is damaged.*)",
    ),
    "a PNG with more pixels than it says": (
        png(9, 9, pixels=bytes(16 * 1024 * 1024)),
        None,
    ),
    "a PNG that says it has a million frames": (
        png(9, 9, chunk(b"acTL", struct.pack(">II", 1_000_000, 0)), pixels=bytes(9 * 28)),
        "is a film, not a photo",
    ),
    "a JPEG of a thousand layers": (
        picture("JPEG", (64, 64))[:-2]
        + b"\xff\xda\0\x0c\x03\x01\0\x02\x11\x03\x11\0\x3f\0\0" * 1000
        + b"\xff\xd9",
        "has too many layers to be a photo",
    ),
}


@pytest.mark.parametrize(("body", "words"), BOMBS.values(), ids=BOMBS)
def test_a_bomb_is_refused_and_takes_little(body: bytes, words: str | None) -> None:
    done, peak = run_maker(body)
    assert peak < 250, "megabytes of memory"
    if words is not None:
        assert re.fullmatch(words, done), done


def run_maker(body: bytes) -> tuple[str, float]:
    """Why the maker refuses a picture, and the most memory that it held, in megabytes."""
    script = (
        "import re, runpy, sys, os\n"
        "PEAK, status = re.compile(r'VmHWM:\\s*(\\d+)'), open('/proc/self/status')\n"
        "def leave(code):\n"
        "    sys.stdout.flush()\n"
        "    print(PEAK.search(status.read())[1], file=sys.stderr, flush=True)\n"
        "    really(code)\n"
        "really, os._exit = os._exit, leave\n"
        f"runpy.run_path({str(room.MAKER)!r}, run_name='__main__')\n"
    )
    done = subprocess.run([sys.executable, "-I", "-c", script], input=body, capture_output=True, check=True)
    head = json.loads(done.stdout.partition(b"\n")[0])
    return head.get("refused", ""), int(done.stderr) / 1024


HEIC = b"\0\0\0\x18ftypheic\0\0\0\0heicmif1" + bytes(99)
OTHERS = {
    "nothing": (b"", "is not a JPEG, PNG, WebP or AVIF"),
    "three bytes": (b"\xff\xd8\xff", "is not a JPEG, PNG, WebP or AVIF"),
    "GIF": (picture("GIF"), "is a GIF, not a JPEG, PNG, WebP or AVIF"),
    "GIFAR": (picture("GIF") + b"PK\x03\x04", "is a GIF, not a JPEG, PNG, WebP or AVIF"),
    "TIFF": (picture("TIFF"), "is a TIFF, not a JPEG, PNG, WebP or AVIF"),
    "BMP": (picture("BMP"), "is a BMP, not a JPEG, PNG, WebP or AVIF"),
    "HEIC": (HEIC, "is a HEIC, not a JPEG, PNG, WebP or AVIF"),
    "PDF": (b"%PDF-1.4\n" + picture(), "is a PDF, not a JPEG, PNG, WebP or AVIF"),
    "HTML": (b"\n<!DOCTYPE html><script>alert(1)</script>", "is a web page, not a JPEG, PNG, WebP or AVIF"),
    "SVG": (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "is an SVG, not a JPEG, PNG, WebP or AVIF"),
    "ZIP": (b"PK\x03\x04" + bytes(99), "is a ZIP, not a JPEG, PNG, WebP or AVIF"),
    "half a JPEG": (picture("JPEG")[:-2000], "is damaged, or a part of it is missing"),
    "half a PNG": (picture("PNG")[:200], "is damaged, or a part of it is missing"),
    "half a WebP": (picture("WEBP")[:100], "is not a JPEG, PNG, WebP or AVIF"),
    "half an AVIF": (picture("AVIF")[:-50], "is damaged, or a part of it is missing"),
    "a PNG without pixels": (png(100, 100), "is damaged, or a part of it is missing"),
}


@pytest.mark.parametrize(("body", "words"), OTHERS.values(), ids=OTHERS)
def test_what_cannot_be_read_is_refused_in_words(body: bytes, words: str) -> None:
    with pytest.raises(maker.UnfitError) as caught:
        maker.make_sizes(body)
    assert str(caught.value) == words


def test_a_refusal_comes_out_of_the_process_as_it_is() -> None:
    with pytest.raises(NotAPhotoError, match=r"^is a GIF, not a JPEG, PNG, WebP or AVIF$"):
        make_photo(picture("GIF"), "A loaf")


def test_what_is_larger_than_we_take_is_refused_unread() -> None:
    with pytest.raises(NotAPhotoError, match=r"^is larger than 20 MiB$"):
        make_photo(bytes(room.MAX_BYTES + 1), "A loaf")
