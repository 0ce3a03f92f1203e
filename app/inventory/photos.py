"""Photos: made into sizes once, kept in PostgreSQL, served under an address that nobody can guess."""

import hashlib
import io
import secrets
import warnings
from dataclasses import dataclass
from datetime import datetime

from PIL import ExifTags, Image, ImageOps
from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.inventory.tables import photo_files, photos
from app.platform.lease import take_turns

WIDTHS = (480, 800, 1200)  # pixels; the larger ones only of pictures that have them
SMALLEST_LARGEST = 800  # pixels; what every photo has, whatever was given
MAX_BYTES = 20 * 1024 * 1024
MAX_PIXELS = 50_000_000
NO_PHOTO = {"src": "/static/no-photo.svg", "srcset": "", "alt": ""}
TYPES = {"webp": "image/webp", "jpg": "image/jpeg"}

UPRIGHT = {  # what EXIF says of how the camera was held, and the turn that makes up for it
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


class NotAPhotoError(Exception):
    """The bytes are not a picture that we take; the message says why."""


@dataclass(frozen=True, slots=True)
class Photo:
    """A picture as it is served: its sizes by file name, its alternative text, and a digest of what was given."""

    files: dict[str, bytes]
    largest: int
    alt: str
    digest: str


def make_photo(body: bytes, alt: str) -> Photo:
    """Read a JPEG, PNG or WebP and make the sizes, without any metadata. Raises NotAPhotoError."""
    if len(body) > MAX_BYTES:
        raise NotAPhotoError(f"is larger than {MAX_BYTES // 1024 // 1024} MiB")
    digest = hashlib.sha256(alt.encode() + b"\0" + body).hexdigest()
    return Photo(*_sizes(_open(body)), alt, digest)


def _open(body: bytes) -> Image.Image:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # of broken EXIF, which does no harm
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            image = Image.open(io.BytesIO(body), formats=("JPEG", "PNG", "WEBP"))
            if image.width * image.height <= MAX_PIXELS:
                return _on_white(_upright(image))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise NotAPhotoError("has too many pixels") from error
    except Exception as error:  # a broken file makes Pillow's readers stumble in every way there is
        raise NotAPhotoError("is not a JPEG, PNG or WebP that can be read") from error
    raise NotAPhotoError("has too many pixels")


def _upright(image: Image.Image) -> Image.Image:
    # Not ImageOps.exif_transpose: it writes the EXIF anew, and fails where a camera wrote it badly.
    turn = UPRIGHT.get(image.getexif().get(ExifTags.Base.Orientation, 1))
    return image if turn is None else image.transpose(turn)


def _on_white(image: Image.Image) -> Image.Image:
    if image.mode == "RGB":
        image.load()
        return image
    seen = image.convert("RGBA")
    paper = Image.new("RGB", image.size, "white")
    paper.paste(seen, mask=seen.getchannel("A"))
    return paper


def _sizes(image: Image.Image) -> tuple[dict[str, bytes], int]:
    files = {}
    widths = [width for width in WIDTHS if width <= max(SMALLEST_LARGEST, *image.size)]
    for width in widths:
        small = ImageOps.fit(image, (width, width))
        small.info.clear()  # a comment would be written with it
        files[f"{width}.webp"] = _encoded(small, "WEBP")
        if width == 800:
            files["800.jpg"] = _encoded(small, "JPEG")
    return files, widths[-1]


def _encoded(image: Image.Image, kind: str) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, quality=82, **({"method": 2} if kind == "WEBP" else {"progressive": True}))
    return buffer.getvalue()


async def keep_photo(connection: AsyncConnection, photo: Photo, now: datetime) -> str:
    """Store a photo and answer its token; the same picture twice is kept once."""
    await take_turns(connection, "photos")
    known = select(photos.c.token).where(photos.c.digest == photo.digest)
    if (token := (await connection.execute(known)).scalar()) is not None:
        return str(token)
    token = secrets.token_urlsafe(16)
    values = {"alt": photo.alt, "largest": photo.largest, "digest": photo.digest, "created_at": now}
    await connection.execute(insert(photos).values(token=token, **values))
    await connection.execute(
        insert(photo_files),
        [{"token": token, "name": name, "body": body} for name, body in photo.files.items()],
    )
    return token


async def read_photo_file(connection: AsyncConnection, token: str, name: str) -> bytes | None:
    """One size of a photo; None where there is none such."""
    query = select(photo_files.c.body).where(photo_files.c.token == token, photo_files.c.name == name)
    body = (await connection.execute(query)).scalar()
    return None if body is None else bytes(body)


def photo_document(token: str | None, largest: int | None, alt: str | None) -> dict[str, str]:
    """A photo as the snapshot has it. Without a photo, a closed crate stands in."""
    if token is None or largest is None:
        return NO_PHOTO
    widths = [width for width in WIDTHS if width <= largest]
    srcset = ", ".join(f"/photos/{token}/{width}.webp {width}w" for width in widths)
    return {"src": f"/photos/{token}/800.jpg", "srcset": srcset, "alt": alt or ""}
