"""Imports at the desk, over HTTP."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, File, Query, UploadFile
from starlette.responses import Response

from app.inventory.asking import Database, Director, House, Merchandiser, Time
from app.inventory.changes import by_person
from app.inventory.imports import MAX_FILE_BYTES, Asked, BusyError, parse_aside
from app.inventory.imports.documents import ImportDocument, import_document
from app.inventory.imports.loading import Loaded, look_ahead, queue_rows, without_local_photos
from app.platform.errors import SlowDown, TooLarge
from app.platform.openapi import problems

router = APIRouter()

Units = Annotated[
    int | None, Query(ge=1, le=1_000_000, description="How many units a row has that does not say so.")
]


@router.post(
    "/imports",
    operation_id="import_deals",
    response_model=ImportDocument,
    responses=problems(TooLarge, SlowDown),
)
async def import_deals(
    person: Merchandiser,
    file: Annotated[UploadFile, File(description="CSV, TSV, XLSX, or a shop's export.")],
    engine: Database,
    showrunner: Director,
    clock: Time,
    settings: House,
    dry_run: bool = False,
    again: Annotated[bool, Query(description="Also queue rows that were queued before.")] = False,
    quantity: Units = None,
) -> Response:
    """Read a file, say everything that is wrong with it, and queue the good rows unless it is a dry run."""
    if (file.size or 0) > MAX_FILE_BYTES:
        raise TooLarge(f"A file has at most {MAX_FILE_BYTES // 1024 // 1024} MiB.")
    asked = Asked(settings.currency, settings.zone, clock.now(), quantity)
    try:
        parsed = without_local_photos(await parse_aside(await file.read(), asked))
    except BusyError:
        raise SlowDown("Several files are being read already.") from None
    if dry_run:
        async with engine.connect() as connection:
            queued = await look_ahead(connection, parsed.good, again=again)
    else:
        async with engine.begin() as connection:
            queued = await queue_rows(
                connection,
                parsed.good,
                who=by_person(person),
                currency=settings.currency,
                now=clock.now(),
                again=again,
            )
        if queued.ids:
            await showrunner.tick()
    body = await asyncio.to_thread(import_document, Loaded(parsed, queued), settings.currency)
    return Response(body, media_type="application/json")
