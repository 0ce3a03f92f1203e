"""Photos over HTTP: giving a deal one, and serving them."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from app.identity import NotAllowed, SignInRequired, desk
from app.inventory.asking import Database, Director, Merchandiser, Time
from app.inventory.changes import by_person
from app.inventory.documents import MAX_ID
from app.inventory.editing import DealIsOver
from app.inventory.photos.asking import GivenPhoto, PhotoDocument, PhotoRefused, read_given
from app.inventory.photos.changes import check_may_change
from app.inventory.photos.giving import give_photo
from app.inventory.photos.keeping import NotAPhotoError, read_photo_file
from app.platform.errors import NotFound, TooLarge
from app.platform.openapi import problems

photo_router = APIRouter(include_in_schema=False)
router = APIRouter()

FOR_EVER = {"Cache-Control": "public, max-age=31536000, immutable"}
NOT_YET = {"Cache-Control": "private, no-store", "X-Robots-Tag": "noindex"}


@photo_router.get("/photos/{token}/{name}")
async def photo(request: Request, token: str, name: str, engine: Database) -> Response:
    """One size of a photo: for the desk at any time, for the public from the moment when its deal is live.

    Until then the public is told the same as of an address that was never given out. Afterwards the address never
    changes its meaning, so it may be kept for ever.
    """
    if "\0" in token + name:
        raise NotFound  # PostgreSQL takes no such text
    async with engine.connect() as connection:
        found = await read_photo_file(connection, token, name)
    if found is None:
        raise NotFound
    if not found.is_revealed:
        await _only_the_desk(request)
    return Response(
        found.body, media_type=found.media_type, headers=FOR_EVER if found.is_revealed else NOT_YET
    )


async def _only_the_desk(request: Request) -> None:
    try:
        await desk(request)
    except (SignInRequired, NotAllowed) as error:
        raise NotFound from error


@router.put(
    "/deals/{deal_id}/photo",
    operation_id="put_photo",
    response_model=PhotoDocument,
    responses=problems(NotFound, DealIsOver, PhotoRefused, TooLarge),
    openapi_extra=GivenPhoto.request_body(),
)
async def put_photo(
    person: Merchandiser,
    request: Request,
    deal_id: Annotated[int, Path(ge=1, le=MAX_ID)],
    engine: Database,
    showrunner: Director,
    clock: Time,
    alt: Annotated[
        str | None, Query(description="What is to be seen; empty where the photo decorates")
    ] = None,
) -> dict[str, object]:
    """Give a queued or live deal its photo, made into sizes; a live deal's is on every open page at once.

    The body is the picture itself, or a form with a `file` and perhaps an `alt`. Without any `alt` the deal's title
    stands in.
    """
    async with engine.connect() as connection:
        await check_may_change(connection, deal_id)  # before twenty mebibytes are read for nothing
    given = await read_given(request, alt)
    try:
        changed = await give_photo(engine, showrunner, clock, deal_id, given, by_person(person))
    except NotAPhotoError as error:
        raise PhotoRefused(error) from error
    return {"deal_id": deal_id, "photo": changed.photo}
