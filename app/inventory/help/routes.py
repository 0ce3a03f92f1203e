"""What help costs, who brought whom, and rewards that wait, over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Path, Query

from app.inventory.asking import Database, Merchandiser, Time
from app.inventory.changes import by_person
from app.inventory.help.cost import add_up
from app.inventory.help.documents import (
    MAX_ID,
    DealHelpDocument,
    DealHelpList,
    DecidedDocument,
    Decision,
    GraphDocument,
    ReviewList,
    deal_help_document,
    decided_document,
    graph_document,
    review_list_document,
    sum_document,
)
from app.inventory.help.reading import page_of_helps, read_deal_help, read_deal_helps, read_graph
from app.inventory.help.reviews import OwnReward, RewardDecided, decide_review, read_reviews
from app.platform.errors import Invalid, NotFound
from app.platform.openapi import problems

router = APIRouter(prefix="/sharing")

Id = Annotated[int, Path(ge=1, le=MAX_ID)]
OrderId = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{1,64}$")]


@router.get("/deals", operation_id="list_help", response_model=DealHelpList)
async def list_help(
    _: Merchandiser,
    engine: Database,
    clock: Time,
    after: Annotated[int | None, Query(ge=1, le=MAX_ID)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> dict[str, object]:
    """What help cost against what it sold: each deal that somebody helped, and all of them."""
    async with engine.connect() as connection:
        helps = await read_deal_helps(connection, clock.now())
    page, following = page_of_helps(helps, after, limit)
    return {
        "items": [deal_help_document(one) for one in page],
        "next": following,
        "in_all": [sum_document(one) for one in add_up(helps)],
    }


@router.get(
    "/deals/{deal_id}",
    operation_id="read_help_with_deal",
    response_model=DealHelpDocument,
    responses=problems(NotFound),
)
async def help_with_deal(_: Merchandiser, deal_id: Id, engine: Database, clock: Time) -> dict[str, object]:
    """What help with one deal cost against what it sold."""
    async with engine.connect() as connection:
        return deal_help_document(await read_deal_help(connection, deal_id, clock.now()))


@router.get("/graph", operation_id="read_who_brought_whom", response_model=GraphDocument)
async def who_brought_whom(
    _: Merchandiser,
    engine: Database,
    clock: Time,
    deal: Annotated[int | None, Query(ge=1, le=MAX_ID)] = None,
) -> dict[str, object]:
    """Who brought whom, in counts: to a deal, or to any within 90 days."""
    async with engine.connect() as connection:
        return graph_document(await read_graph(connection, deal, clock.now()))


@router.get("/reviews", operation_id="list_reward_reviews", response_model=ReviewList)
async def list_reviews(
    _: Merchandiser,
    engine: Database,
    after: Annotated[str | None, Query(pattern=r"^[A-Za-z0-9_-]{1,64}$")] = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 25,
) -> dict[str, object]:
    """Rewards that wait for somebody to look, the oldest first."""
    async with engine.connect() as connection:
        return review_list_document(await read_reviews(connection, after=after, limit=limit))


@router.post(
    "/reviews/{order_id}",
    operation_id="decide_reward_review",
    response_model=DecidedDocument,
    responses=problems(NotFound, OwnReward, RewardDecided),
)
async def decide(
    person: Merchandiser, order_id: OrderId, body: Decision, engine: Database, clock: Time
) -> dict[str, object]:
    """Decide whether a reward that waits is earned. The coupon follows within moments, or is void."""
    if not body.earns and not body.note:
        wrong = {"field": "note", "message": "say why it is not earned"}
        raise Invalid("A reward is refused with a note.", errors=[wrong])
    async with engine.begin() as connection:
        order = await decide_review(
            connection,
            order_id,
            earns=body.earns,
            note=body.note,
            who=by_person(person),
            now=clock.now(),
        )
    return decided_document(order, earns=body.earns)
