"""The show at the desk, over HTTP."""

from typing import Annotated, Any

from fastapi import APIRouter, Path

from app.inventory.asking import Database, Director, Merchandiser, Time
from app.inventory.changes import by_person
from app.inventory.documents import (
    MAX_ID,
    Rescue,
    RescueDocument,
    ShowDocument,
    ShowSetting,
    Skip,
    SkipDocument,
    Stop,
    StopDocument,
)
from app.inventory.rescue import NoRescue
from app.inventory.show import NotLive
from app.inventory.standing import show_document
from app.platform.errors import NotFound
from app.platform.openapi import problems

router = APIRouter()


@router.get("/show", operation_id="read_show", response_model=ShowDocument)
async def read_show(_: Merchandiser, engine: Database, clock: Time) -> dict[str, Any]:
    """How the show stands."""
    return await show_document(engine, clock)


@router.put("/show", operation_id="set_show", response_model=ShowDocument)
async def put_show(
    person: Merchandiser, body: ShowSetting, engine: Database, showrunner: Director, clock: Time
) -> dict[str, Any]:
    """Start the show in a mode or change it; pause it or let it go on.

    A stop that waits for the live deal is taken back, unless the show is only paused or goes on.
    """
    await showrunner.set_show(body.mode, body.paused, who=by_person(person))
    return await show_document(engine, clock)


@router.post("/show/skips", operation_id="skip", response_model=SkipDocument, responses=problems(NotLive))
async def skip(
    person: Merchandiser, body: Skip, engine: Database, showrunner: Director, clock: Time
) -> dict[str, Any]:
    """Move on from the live deal that is named. Naming it twice skips once."""
    skipped = await showrunner.skip(body.deal_id, who=by_person(person))
    return {"skipped": skipped} | await show_document(engine, clock)


@router.post(
    "/deals/{deal_id}/rescue",
    operation_id="rescue_deal",
    response_model=RescueDocument,
    responses=problems(NotFound, NotLive, NoRescue),
)
async def rescue(
    person: Merchandiser,
    deal_id: Annotated[int, Path(ge=1, le=MAX_ID)],
    body: Rescue,
    engine: Database,
    showrunner: Director,
    clock: Time,
) -> dict[str, Any]:
    """Give the live deal more: a higher reward, more time for its pot, more time on stage. To ask twice adds it once.

    Its price stays as it is. To give it up is a skip.
    """
    wanted = body.model_dump(exclude_none=True)
    rescued = await showrunner.rescue(deal_id, wanted, who=by_person(person))
    return {"rescued": rescued} | await show_document(engine, clock)


@router.post(
    "/show/stops", operation_id="stop_show", response_model=StopDocument, responses=problems(NotLive)
)
async def stop(
    person: Merchandiser, body: Stop, engine: Database, showrunner: Director, clock: Time
) -> dict[str, Any]:
    """Stop the show: at once, which ends the live deal, or when that is over. What waits stays queued."""
    stopped = await showrunner.stop_show(body.deal_id, at_once=body.when == "now", who=by_person(person))
    return {"stopped": stopped} | await show_document(engine, clock)
