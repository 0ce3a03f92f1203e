"""Sales records at the desk, over HTTP."""

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query
from starlette.responses import StreamingResponse

from app.inventory.asking import Database, House, Merchandiser
from app.inventory.records.documents import (
    MAX_ID,
    PatternList,
    RecordList,
    SoughtPage,
    SoughtRecords,
    WholeRecordDocument,
    pattern_document,
    record_document,
)
from app.inventory.records.export import records_csv
from app.inventory.records.past import read_curves_of, read_record, read_records, read_refusals_of
from app.inventory.records.patterns import find_patterns
from app.inventory.records.record import choose_records, page_of_records
from app.platform.errors import NotFound
from app.platform.openapi import problems

router = APIRouter()

CSV: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "A row a deal: UTF-8 with a byte order mark, no cell a formula.",
        "content": {"text/csv": {"schema": {"type": "string"}}},
    }
}


@router.get("/records", operation_id="list_records", response_model=RecordList)
async def list_records(
    _: Merchandiser, engine: Database, settings: House, query: Annotated[SoughtPage, Query()]
) -> dict[str, object]:
    """Past deals and how they sold."""
    found = choose_records(await read_records(engine), query.sought(), settings.zone, settings.currency)
    page, following = page_of_records(found, query.after, query.limit)
    return {"items": [record_document(record, settings.zone) for record in page], "next": following}


@router.get("/records.csv", operation_id="export_records", response_class=StreamingResponse, responses=CSV)
async def export_records(
    _: Merchandiser, engine: Database, settings: House, query: Annotated[SoughtRecords, Query()]
) -> StreamingResponse:
    """The same as a spreadsheet, whole."""
    found = choose_records(await read_records(engine), query.sought(), settings.zone, settings.currency)
    headers = {
        "Content-Disposition": 'attachment; filename="sales-records.csv"',
        "Cache-Control": "private, no-store",
    }
    return StreamingResponse(
        records_csv(found, settings.zone), media_type="text/csv; charset=utf-8", headers=headers
    )


@router.get("/records/patterns", operation_id="read_patterns", response_model=PatternList)
async def read_patterns(
    _: Merchandiser, engine: Database, settings: House, query: Annotated[SoughtRecords, Query()]
) -> dict[str, object]:
    """What sells fast: past deals in groups, by price, hour, weekday, category, condition, discount and quantity."""
    found = choose_records(await read_records(engine), query.sought(), settings.zone, settings.currency)
    return {
        "items": [
            pattern_document(pattern) for pattern in find_patterns(found, settings.zone, settings.currency)
        ]
    }


@router.get(
    "/records/{deal_id}",
    operation_id="read_record",
    response_model=WholeRecordDocument,
    responses=problems(NotFound),
)
async def one_record(
    _: Merchandiser, deal_id: Annotated[int, Path(ge=1, le=MAX_ID)], engine: Database, settings: House
) -> dict[str, object]:
    """One past deal, with its curve."""
    record = await read_record(engine, deal_id)
    curves = await read_curves_of(engine, [deal_id])
    return record_document(record, settings.zone) | {
        "curve": curves[deal_id],
        "refusals": await read_refusals_of(engine, deal_id),
    }
