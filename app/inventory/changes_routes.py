"""Who changed what, and taking it back, over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Path, Query

from app.inventory.asking import Database, Director, Merchandiser, Time
from app.inventory.changes import by_person, change_document, list_changes
from app.inventory.deal_documents import MAX_ID, ChangeList, Undone
from app.inventory.undoing import CannotUndo, undo_change
from app.platform.errors import NotFound
from app.platform.openapi import problems

router = APIRouter()


@router.get("/audit", operation_id="list_changes", response_model=ChangeList)
async def read_changes(
    _: Merchandiser,
    engine: Database,
    deal_id: Annotated[int | None, Query(ge=1, le=MAX_ID)] = None,
    after: Annotated[int | None, Query(ge=1, le=MAX_ID)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> dict[str, object]:
    """Who changed what, the latest first; of one deal or of everything."""
    async with engine.connect() as connection:
        page = await list_changes(connection, deal_id=deal_id, after=after, limit=limit)
    return {"items": [change_document(row) for row in page.rows], "next": page.next}


@router.post(
    "/audit/{change_id}/undo",
    operation_id="undo_change",
    response_model=Undone,
    responses=problems(NotFound, CannotUndo),
)
async def take_back(
    person: Merchandiser,
    change_id: Annotated[int, Path(ge=1, le=MAX_ID)],
    engine: Database,
    showrunner: Director,
    clock: Time,
) -> dict[str, object]:
    """Take a change back, as long as what it left is still so."""
    async with engine.begin() as connection:
        made = await undo_change(connection, change_id, who=by_person(person), now=clock.now())
    await showrunner.tick()
    return {"undone": change_id, "change": made}
