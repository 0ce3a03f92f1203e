"""A deal's photo as the desk's templates take it."""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

NAMES = {160: "In lists", 480: "On a phone", 800: "On a larger screen", 1200: "On a sharp screen"}


class SizeView(Struct, frozen=True):
    """One size that was made: what it is for, its width in pixels, and where it is in each format."""

    name: str
    width: int
    src: str
    formats: tuple[tuple[str, str], ...]  # such as ("AVIF", "/photos/TOKEN/800.avif")


class DealPhotoView(Struct, frozen=True):
    """A deal's present photo, for the photo page and for photo_of_deal.html. Without a photo `thumbnail` is empty."""

    deal_id: int
    title: str
    thumbnail: str
    alt: str
    may_change: bool
    state: str
    sizes: tuple[SizeView, ...]

    @property
    def address(self) -> str:
        """The page on which it is changed."""
        return f"/desk/deals/{self.deal_id}/photo"


class PhotoFormView(Struct, frozen=True):
    """What is in the form: as it is kept, or as it was sent, with what was wrong with it."""

    alt: str
    decorative: bool
    file_error: str = ""
    alt_error: str = ""


def deal_photo_view(
    deal_id: int, title: str, state: str, token: str | None, photo: Mapping[str, Any]
) -> DealPhotoView:
    """`photo` as the snapshot has it; `token` is None where there is none."""
    widths = [] if token is None else _widths(photo["srcset"])
    return DealPhotoView(
        deal_id=deal_id,
        title=title,
        thumbnail=f"/photos/{token}/160.webp" if token else "",
        alt=photo["alt"],
        may_change=state in ("queued", "live"),
        state=state,
        sizes=tuple(_size(str(token), width) for width in widths),
    )


def form_of(view: DealPhotoView) -> PhotoFormView:
    """The form as it is first shown; a photo that is there without words was meant to be without."""
    return PhotoFormView(view.alt, bool(view.thumbnail) and not view.alt)


def _widths(srcset: str) -> list[int]:
    return [160] + [int(part.rpartition(" ")[2].removesuffix("w")) for part in srcset.split(", ") if part]


def _size(token: str, width: int) -> SizeView:
    kinds = (("AVIF", "avif"), ("WebP", "webp"), ("JPEG", "jpg"))
    formats = tuple((name, f"/photos/{token}/{width}.{kind}") for name, kind in kinds)
    return SizeView(NAMES.get(width, f"{width} pixels"), width, f"/photos/{token}/{width}.webp", formats)
