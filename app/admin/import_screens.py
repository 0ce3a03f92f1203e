"""Loading the queue from a file, in the browser: check it, mend it, queue what is good."""

from typing import Annotated

from fastapi import APIRouter, File, Form, Query, Request, UploadFile
from starlette.responses import RedirectResponse, Response, StreamingResponse

from app.admin.import_views import (
    fix_file,
    view_check,
    view_deals,
    view_groups,
    view_mend,
    view_page,
    view_problems,
)
from app.admin.screen import DeskRoute, Merchandiser, screen
from app.inventory.desk import (
    COLUMNS,
    MAX_FILE_BYTES,
    Asked,
    BusyError,
    by_person,
    check_file,
    clock_of,
    engine_of,
    mend_row,
    queue_checked,
    read_checked,
    read_wanted,
    showrunner_of,
)
from app.platform.errors import Invalid, SlowDown, TooLarge
from app.platform.settings import settings_of

router = APIRouter(prefix="/desk", route_class=DeskRoute)

HERE = "/desk/import"
MOST_UNITS = 1_000_000
CHOOSE = "Choose a file."
BUSY = "Several files are being read already. Try again in a moment."
PageNumber = Annotated[int, Query(ge=1, le=1_000_000)]


@router.get("/import")
async def import_file(request: Request, person: Merchandiser) -> Response:
    """Drop a file here, or choose it."""
    async with engine_of(request).connect() as connection:
        wanted = await read_wanted(connection)
    return await screen(request, person, "import_file.html", here=HERE, wrong={}, quantity="", wanted=wanted)


@router.post("/import")
async def check(
    request: Request,
    person: Merchandiser,
    file: Annotated[UploadFile | str | None, File()] = None,
    quantity: Annotated[str, Form(max_length=20)] = "",
    again: Annotated[str, Form(max_length=10)] = "",
) -> Response:
    """Check a file and show what was found. Nothing is queued yet."""
    body = await file.read() if not isinstance(file, str) and file is not None else b""
    if len(body) > MAX_FILE_BYTES:
        raise TooLarge(f"A file has at most {MAX_FILE_BYTES // 1024 // 1024} MiB. Split it.")
    wrong = {} if body else {"file": CHOOSE}
    units = quantity.strip()
    if units and not (units.isascii() and units.isdigit() and 1 <= int(units) <= MOST_UNITS):
        wrong["quantity"] = "This must be a whole number, 1 or more, or empty."
    if wrong:
        return await _ask_again(request, person, wrong, quantity)
    try:
        token = await check_file(
            engine_of(request),
            body,
            (file.filename or "") if not isinstance(file, str) and file is not None else "",
            _asked(request, int(units) if units else None),
            person_id=person.id,
            again=bool(again),
        )
    except BusyError:
        raise SlowDown(BUSY) from None
    return RedirectResponse(f"{HERE}/{token}", 303)


@router.get("/import/{import_id}")
async def checked_file(
    request: Request,
    person: Merchandiser,
    import_id: str,
    problems: PageNumber = 1,
    deals: PageNumber = 1,
    mend: Annotated[int, Query(ge=0)] = 0,
) -> Response:
    """What was found, what would be queued, and the two ways on."""
    engine, settings = engine_of(request), settings_of(request)
    checked = await read_checked(engine, import_id, person_id=person.id, now=clock_of(request).now())
    parsed, queued = checked.loaded.parsed, checked.loaded.queued
    problem_page, deal_page = view_page(len(parsed.wrong), problems), view_page(len(queued.rows), deals)
    async with engine.connect() as connection:
        wanted = await read_wanted(connection)
    return await screen(
        request,
        person,
        "import_checked.html",
        here=HERE,
        check=view_check(checked),
        groups=view_groups(parsed.wrong),
        problems=view_problems(checked, problem_page),
        problem_page=problem_page,
        deals=view_deals(queued.rows, deal_page, settings.currency),
        deal_page=deal_page,
        mend=view_mend(checked, mend),
        wanted=wanted,
    )


@router.post("/import/{import_id}/rows")
async def mend(request: Request, person: Merchandiser, import_id: str) -> Response:
    """Write a bad row anew; the file is checked again with it."""
    async with request.form(max_files=0, max_fields=len(COLUMNS) + 1) as form:
        sent = {name: text for name, text in form.items() if isinstance(text, str)}
    line = sent.pop("line", "")
    if not (line.isascii() and line.isdigit() and len(line) < 10):
        raise Invalid(
            "The row is not named.", errors=[{"field": "line", "message": "must be a line's number"}]
        )
    cells = {name: text for name, text in sent.items() if name in COLUMNS}
    engine, asked = engine_of(request), _asked(request, None)
    try:
        await mend_row(engine, import_id, int(line), cells, asked, person_id=person.id)
    except BusyError:
        raise SlowDown(BUSY) from None
    checked = await read_checked(engine, import_id, person_id=person.id, now=asked.now)
    is_still_bad = any(bad.line == int(line) for bad in checked.loaded.parsed.bad)
    return RedirectResponse(f"{HERE}/{import_id}" + (f"?mend={line}#mend" if is_still_bad else ""), 303)


@router.post("/import/{import_id}/queue")
async def queue_the_good(request: Request, person: Merchandiser, import_id: str) -> Response:
    """Queue the good rows. Pressing twice queues once."""
    queued = await queue_checked(
        engine_of(request),
        import_id,
        person_id=person.id,
        who=by_person(person),
        currency=settings_of(request).currency,
        now=clock_of(request).now(),
    )
    if queued:
        await showrunner_of(request).tick()
    return RedirectResponse(f"{HERE}/{import_id}", 303)


@router.get("/import/{import_id}/fix.csv")
async def download_bad_rows(request: Request, person: Merchandiser, import_id: str) -> Response:
    """The bad rows, each with what is wrong, to be mended and imported by themselves."""
    checked = await read_checked(
        engine_of(request), import_id, person_id=person.id, now=clock_of(request).now()
    )
    parsed = checked.loaded.parsed
    headers = {
        "Content-Disposition": 'attachment; filename="rows-to-mend.csv"',
        "Cache-Control": "private, no-store",
    }
    lines = fix_file(parsed.bad, parsed.wrong)
    return StreamingResponse(lines, headers=headers, media_type="text/csv; charset=utf-8")


def _asked(request: Request, quantity: int | None) -> Asked:
    settings = settings_of(request)
    return Asked(settings.currency, settings.zone, clock_of(request).now(), quantity)


async def _ask_again(
    request: Request, person: Merchandiser, wrong: dict[str, str], quantity: str
) -> Response:
    async with engine_of(request).connect() as connection:
        wanted = await read_wanted(connection)
    return await screen(
        request,
        person,
        "import_file.html",
        here=HERE,
        status=422,
        wrong=wrong,
        quantity=quantity,
        wanted=wanted,
    )
