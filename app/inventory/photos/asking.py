"""What somebody sends who gives a deal its photo."""

import re
from typing import Any

from fastapi import Request
from msgspec import Struct
from pydantic import BaseModel, ConfigDict, Field
from starlette.datastructures import UploadFile

from app.inventory.photos.keeping import MAX_ALT, NotAPhotoError
from app.platform.errors import Invalid, Problem

KINDS = ("image/jpeg", "image/png", "image/webp", "image/avif")
CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class PhotoRefused(Problem):
    """The file is no photo that the shop can use. It takes JPEG, PNG, WebP, AVIF, of up to 20 MiB and 50 megapixels."""

    status = 422
    title = "That photo cannot be used"

    def __init__(self, error: NotAPhotoError) -> None:
        super().__init__(f"The photo {error}.", errors=[{"field": "file", "message": str(error)}])


class NotSentAsAPhoto(Problem):
    """The body is neither a picture nor a form. Send the file itself as image/..., or a form with a `file`."""

    status = 415
    title = "Not sent as a photo"


class PhotoSource(BaseModel):
    """The same sizes in a format that not every browser knows."""

    type: str = Field(examples=["image/avif"])
    srcset: str = Field(examples=["/photos/TOKEN/480.avif 480w, /photos/TOKEN/800.avif 800w"])


class PhotoSizes(BaseModel):
    """A photo as the snapshot has it."""

    model_config = ConfigDict(title="Photo")

    src: str = Field(examples=["/photos/TOKEN/800.jpg"])
    srcset: str = Field(examples=["/photos/TOKEN/480.webp 480w, /photos/TOKEN/800.webp 800w"])
    sources: list[PhotoSource]
    alt: str = Field(examples=["A bread maker on a table"])


class PhotoDocument(BaseModel):
    """A deal's photo after it was changed."""

    model_config = ConfigDict(title="Deal photo")

    deal_id: int = Field(examples=[37])
    photo: PhotoSizes


class GivenPhoto(Struct, frozen=True):
    """The bytes as they came, and the description; None where nothing was said of it."""

    body: bytes
    alt: str | None

    @staticmethod
    def request_body() -> dict[str, Any]:
        """How it may be sent, for the description of the calls."""
        raw = {kind: {"schema": {"type": "string", "format": "binary"}} for kind in KINDS}
        fields = {
            "file": {"type": "string", "format": "binary"},
            "alt": {"type": "string", "maxLength": MAX_ALT},
        }
        form = {"schema": {"type": "object", "required": ["file"], "properties": fields}}
        return {"requestBody": {"required": True, "content": raw | {"multipart/form-data": form}}}


async def read_given(request: Request, alt: str | None = None) -> GivenPhoto:
    """The photo in a request's body; a form's `alt` goes before the one given. Raises Invalid, NotSentAsAPhoto."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "multipart/form-data":
        return await _from_form(request, alt)
    if not kind.startswith("image/") and kind != "application/octet-stream":
        raise NotSentAsAPhoto
    return GivenPhoto(await request.body(), alt)


async def _from_form(request: Request, alt: str | None) -> GivenPhoto:
    async with request.form(max_files=1, max_fields=4) as form:
        file, described = form.get("file"), form.get("alt")
        if isinstance(described, str) and "decorative" in form:
            described = ""
        if not isinstance(file, UploadFile):
            raise Invalid("There is no file.", errors=[{"field": "file", "message": "must be a file"}])
        return GivenPhoto(await file.read(), described if isinstance(described, str) else alt)


def wanted_alt(alt: str | None, title: str) -> str:
    """The description as it is kept: the deal's title where nothing was said. Raises Invalid."""
    if alt is None:
        return title
    alt = " ".join(alt.split())
    if len(alt) > MAX_ALT:
        raise Invalid(errors=[{"field": "alt", "message": f"must have at most {MAX_ALT} characters"}])
    if CONTROL.search(alt):
        raise Invalid(errors=[{"field": "alt", "message": "must not contain control characters"}])
    return alt
