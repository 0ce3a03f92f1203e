"""Makes the sizes of one photo. This file is run alone, as a process of its own, and given one picture.

The readers of picture formats are large, written in C, and read what strangers made. So they run where there is
little to take and an end to everything: no more memory and time than a photo needs, no file or connection that could
be opened, no settings, no room of the shop. On standard input comes the picture; on standard output goes a line of
JSON, then the files.
"""

import io
import json
import os
import resource
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

# The readers are fetched while files can still be opened.
from PIL import (
    AvifImagePlugin,
    ExifTags,
    Image,
    ImageCms,
    ImageOps,
    JpegImagePlugin,  # noqa: F401
    MpoImagePlugin,  # noqa: F401
    PngImagePlugin,  # noqa: F401
    WebPImagePlugin,  # noqa: F401
)

WIDTHS = (160, 480, 800, 1200)  # pixels; the larger ones only of pictures that have them
SMALLEST_LARGEST = 800  # pixels; what every photo has, whatever was given
MAX_PIXELS = 50_000_000
MOST_FRAMES = 500  # only the first is used, but a film is not a photo
MOST_SCANS = 64  # of a progressive JPEG, each of which goes over every pixel
LONGEST = 2.5  # times as long as wide; of what is longer nothing is cut off
KINDS = ("JPEG", "PNG", "WEBP", "AVIF")

MEMORY_BYTES = 1536 * 1024 * 1024  # of addresses; 50 megapixels of AVIF take two thirds of it
CPU_SECONDS = 20

ENCODINGS: dict[str, dict[str, Any]] = {
    "avif": {"format": "AVIF", "quality": 62, "speed": 8, "max_threads": 1},
    "webp": {"format": "WEBP", "quality": 82, "method": 2},
    "jpg": {"format": "JPEG", "quality": 82, "progressive": True},
}

UPRIGHT = {  # what EXIF says of how the camera was held, and the turn that makes up for it
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

OTHERS = {  # how files begin that people take for photos
    b"GIF8": "a GIF",
    b"II*\0": "a TIFF",
    b"MM\0*": "a TIFF",
    b"BM": "a BMP",
    b"%PDF": "a PDF",
    b"<svg": "an SVG",
    b"<?xml": "an SVG",
    b"<!doct": "a web page",
    b"<html": "a web page",
    b"PK\3\4": "a ZIP",
}


class UnfitError(Exception):
    """The picture is none that we take; the message says why."""


def shut_in() -> None:
    """From here on: bounded, last in the queue for the processor, and unable to open anything."""
    os.nice(10)
    limits = [
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, 0),
    ]
    for what, most in limits:
        with suppress(ValueError, OSError):  # a system that does not know one still has the others
            resource.setrlimit(what, (most, most))


def make_sizes(body: bytes) -> tuple[dict[str, bytes], int]:
    """The files by name, such as 800.webp, and the largest width. Raises UnfitError."""
    image = _read(body)
    side = max(width for width in WIDTHS if width <= max(SMALLEST_LARGEST, *image.size))
    square = _on_white(_in_srgb(_square(image, side)))
    files: dict[str, bytes] = {}
    for width in (width for width in WIDTHS if width <= side):
        small = square if width == side else square.resize((width, width), Image.Resampling.LANCZOS)
        small.info.clear()  # a comment would be written with it
        files |= {f"{width}.{kind}": _encoded(small, how) for kind, how in ENCODINGS.items()}
    return files, side


def _read(body: bytes) -> Image.Image:
    if body[:2] == b"\xff\xd8" and body.count(b"\xff\xda") > MOST_SCANS:
        raise UnfitError("has too many layers to be a photo")
    with _refusing(f"is {_kind(body)}"):
        image = Image.open(io.BytesIO(body), formats=KINDS)  # the head only
    with _refusing("is damaged, or a part of it is missing"):
        return _upright(_plain(_one_photo(image)))


@contextmanager
def _refusing(words: str) -> Iterator[None]:
    """Whatever goes wrong is said in words, these where nothing better is known."""
    try:
        yield
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise UnfitError("has too many pixels") from error
    except MemoryError as error:
        raise UnfitError("takes too much memory to unpack") from error
    except UnfitError:
        raise
    except Exception as error:  # a broken file makes Pillow's readers stumble in every way there is
        raise UnfitError(words) from error


def _one_photo(image: Image.Image) -> Image.Image:
    if getattr(image, "n_frames", 1) > MOST_FRAMES:
        raise UnfitError("is a film, not a photo")
    largest = 2 * WIDTHS[-1]
    image.draft(None, (largest, largest))  # a JPEG can be read smaller than it is
    return image


def _kind(body: bytes) -> str:
    """What it is not, and what it is where that is easily seen."""
    head = body[:64].lstrip(b"\xef\xbb\xbf \t\r\n")
    for start, name in OTHERS.items():
        if head[: len(start)].lower() == start.lower():
            return f"{name}, not a JPEG, PNG, WebP or AVIF"
    if head[4:8] == b"ftyp" and head[8:12] in (b"heic", b"heix", b"mif1", b"hevc"):
        return "a HEIC, not a JPEG, PNG, WebP or AVIF"
    return "not a JPEG, PNG, WebP or AVIF"


def _plain(image: Image.Image) -> Image.Image:
    """Unpacked, in a mode whose pixels can be blended with their neighbours."""
    if image.mode.startswith("I"):
        with suppress(ValueError):
            return image.convert("I").point(lambda value: value / 256).convert("L")
    if image.mode in ("RGB", "L", "CMYK") and "transparency" not in image.info:
        image.load()
        return image
    return image.convert("RGBA")


def _upright(image: Image.Image) -> Image.Image:
    # Not ImageOps.exif_transpose: it writes the EXIF anew, and fails where a camera wrote it badly.
    turn = UPRIGHT.get(image.getexif().get(ExifTags.Base.Orientation, 1))
    return image if turn is None else image.transpose(turn)


def _square(image: Image.Image, side: int) -> Image.Image:
    profile = image.info.get("icc_profile")
    if max(image.size) > LONGEST * min(image.size):
        scale = side / max(image.size)
        small = image.resize((max(1, round(image.width * scale)), max(1, round(image.height * scale))))
        if small.mode == "CMYK":
            small = small.convert("RGB")
        square = Image.new("RGBA", (side, side), "white")
        square.paste(small.convert("RGBA"), ((side - small.width) // 2, (side - small.height) // 2))
    else:
        square = ImageOps.fit(image, (side, side))
    square.info = {"icc_profile": profile} if profile else {}
    return square


def _in_srgb(image: Image.Image) -> Image.Image:
    """As a browser would show it that knows no profile: ours are written without."""
    profile = image.info.get("icc_profile")
    alpha = image.getchannel("A") if image.mode == "RGBA" else None
    colours = image.convert("RGB") if image.mode == "RGBA" else image
    if profile:
        with suppress(ImageCms.PyCMSError, OSError, ValueError, TypeError):  # a broken one is none
            theirs = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            ours = ImageCms.createProfile("sRGB")
            colours = ImageCms.profileToProfile(colours, theirs, ours, outputMode="RGB") or colours
    colours = colours.convert("RGB")
    if alpha is not None:
        colours.putalpha(alpha)
    return colours


def _on_white(image: Image.Image) -> Image.Image:
    if image.mode == "RGB":
        return image
    paper = Image.new("RGB", image.size, "white")
    paper.paste(image, mask=image.getchannel("A"))
    return paper


def _encoded(image: Image.Image, how: dict[str, Any]) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, **how)
    return buffer.getvalue()


def main() -> None:
    """Read a picture, write its sizes or why there are none."""
    AvifImagePlugin.DEFAULT_MAX_THREADS = 1
    Image.MAX_IMAGE_PIXELS = MAX_PIXELS
    warnings.simplefilter("ignore")  # of broken EXIF, which does no harm
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    Image.preinit()  # Pillow fetches its readers when it first wants them, and no file can be opened later
    ImageCms.createProfile("sRGB")
    shut_in()
    files: dict[str, bytes] = {}
    try:
        files, largest = make_sizes(sys.stdin.buffer.read())
        head: dict[str, Any] = {"largest": largest, "files": [[name, len(files[name])] for name in files]}
    except UnfitError as error:
        head = {"refused": str(error)}
    except MemoryError:
        head = {"refused": "takes too much memory to unpack"}
    sys.stdout.buffer.write(json.dumps(head).encode() + b"\n" + b"".join(files.values()))
    sys.stdout.buffer.flush()
    os._exit(0)  # nothing is left to be tidied up


if __name__ == "__main__":
    main()
