"""The order of the queue at the desk, over HTTP."""

from fastapi import APIRouter
from sqlalchemy.ext.asyncio import AsyncConnection

from app.inventory.asking import Database, Director, Merchandiser, Time
from app.inventory.changes import by_person
from app.inventory.deal_documents import QueueDocument, QueueMove, QueueOrder
from app.inventory.queue import show_row, waiting_ids
from app.inventory.reordering import QueueMoved, move_deal, reorder_queue
from app.platform.errors import Invalid
from app.platform.openapi import problems

router = APIRouter()


@router.put(
    "/queue", operation_id="reorder_queue", response_model=QueueDocument, responses=problems(QueueMoved)
)
async def put_queue(
    person: Merchandiser, body: QueueOrder, engine: Database, showrunner: Director, clock: Time
) -> dict[str, object]:
    """Give the queue another order, unless somebody else has changed it since you looked."""
    async with engine.begin() as connection:
        change = await reorder_queue(
            connection, body.ids, body.version, who=by_person(person), now=clock.now()
        )
        document = await _document(connection, change)
    await showrunner.tick()
    return document


@router.post(
    "/queue/moves", operation_id="move_deal", response_model=QueueDocument, responses=problems(QueueMoved)
)
async def move_in_queue(
    person: Merchandiser, body: QueueMove, engine: Database, showrunner: Director, clock: Time
) -> dict[str, object]:
    """Move one deal of the queue, unless somebody else has changed it since you looked."""
    to = body.target()
    if to is None:
        message = "say one of step, place, ahead_of and behind"
        raise Invalid(
            "Where the deal should go is not clear.", errors=[{"field": "body", "message": message}]
        )
    async with engine.begin() as connection:
        change = await move_deal(
            connection, body.deal_id, to, body.version, who=by_person(person), now=clock.now()
        )
        document = await _document(connection, change)
    await showrunner.tick()
    return document


async def _document(connection: AsyncConnection, change: int | None) -> dict[str, object]:
    version = (await show_row(connection)).queue_version
    return {"ids": await waiting_ids(connection), "version": version, "change": change}
