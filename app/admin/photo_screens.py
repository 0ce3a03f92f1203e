"""A deal's photo, in the browser."""

from typing import Annotated

from fastapi import APIRouter, Path, Request
from msgspec.structs import replace
from starlette.datastructures import FormData, UploadFile
from starlette.responses import RedirectResponse, Response

from app.admin.photo_views import DealPhotoView, PhotoFormView, deal_photo_view, form_of
from app.admin.screen import DeskRoute, Merchandiser, screen
from app.identity import Person
from app.inventory.desk import (
    MAX_ALT,
    GivenPhoto,
    NotAPhotoError,
    by_person,
    clock_of,
    engine_of,
    give_description,
    give_photo,
    read_deal_photo,
    showrunner_of,
)
from app.platform.errors import Invalid

router = APIRouter(prefix="/desk", route_class=DeskRoute)

DealId = Annotated[int, Path(ge=1, le=2**63 - 1)]
NO_WORDS = "Say what is to be seen, or tick the box below."


@router.get("/deals/{deal_id}/photo")
async def photo_page(request: Request, person: Merchandiser, deal_id: DealId) -> Response:
    """The deal's photo in its sizes, and the form that changes it."""
    view = await _view(request, deal_id)
    return await _page(request, person, view, form_of(view))


@router.post("/deals/{deal_id}/photo")
async def change_photo(request: Request, person: Merchandiser, deal_id: DealId) -> Response:
    """Take a file with its description, or a new description for the photo that is there."""
    view = await _view(request, deal_id)
    async with request.form(max_files=1, max_fields=4) as sent:
        form, body = _form(sent), await _body(sent)
    if not (errors := _wrong(view, form, body)):
        errors = await _change(request, person, deal_id, form, body)
    if errors:
        wrong = replace(form, file_error=errors.get("file", ""), alt_error=errors.get("alt", ""))
        return await _page(request, person, view, wrong, 422)
    return RedirectResponse(f"{view.address}?saved=yes", 303)


async def _view(request: Request, deal_id: int) -> DealPhotoView:
    async with engine_of(request).connect() as connection:
        found = await read_deal_photo(connection, deal_id)
    return deal_photo_view(found.deal_id, found.title, found.state, found.token, found.photo)


async def _page(
    request: Request, person: Person, view: DealPhotoView, form: PhotoFormView, status: int = 200
) -> Response:
    saved = status == 200 and "saved" in request.query_params
    return await screen(
        request,
        person,
        "photo.html",
        here="/desk/queue",
        status=status,
        photo=view,
        form=form,
        saved=saved,
        max_alt=MAX_ALT,
    )


def _form(sent: FormData) -> PhotoFormView:
    alt = sent.get("alt")
    return PhotoFormView(alt.strip() if isinstance(alt, str) else "", "decorative" in sent)


async def _body(sent: FormData) -> bytes:
    """The file's bytes; none where no file was chosen."""
    file = sent.get("file")
    return await file.read() if isinstance(file, UploadFile) else b""


def _wrong(view: DealPhotoView, form: PhotoFormView, body: bytes) -> dict[str, str]:
    errors = {}
    if not body and not view.thumbnail:
        errors["file"] = "Choose a photo."
    if not form.decorative and not form.alt:
        errors["alt"] = NO_WORDS
    return errors


async def _change(
    request: Request, person: Person, deal_id: int, form: PhotoFormView, body: bytes
) -> dict[str, str]:
    """Do it; answers what is wrong with it by field."""
    engine, showrunner, clock = engine_of(request), showrunner_of(request), clock_of(request)
    alt, who = "" if form.decorative else form.alt, by_person(person)
    try:
        if body:
            await give_photo(engine, showrunner, clock, deal_id, GivenPhoto(body, alt), who)
        else:
            await give_description(engine, showrunner, clock, deal_id, alt, who)
    except NotAPhotoError as error:
        return {"file": f"This file {error}."}
    except Invalid as error:
        found = error.members.get("errors")
        assert isinstance(found, list)
        return {one["field"]: f"It {one['message']}." for one in found}
    return {}
