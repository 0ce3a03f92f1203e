"""What help cost against what it sold, who brought whom, and rewards that wait, page by page."""

from typing import Annotated

from fastapi import APIRouter, Form, Path, Query, Request
from pydantic import ValidationError
from starlette.responses import RedirectResponse, Response

from app.admin.help_views import graph_view, help_row, review_view, sum_view
from app.admin.screen import DeskRoute, Merchandiser, screen
from app.identity import Person
from app.inventory.desk import (
    MAX_ID,
    Decision,
    OwnReward,
    RewardDecided,
    add_up,
    by_person,
    clock_of,
    count_reviews,
    decide_review,
    engine_of,
    page_of_helps,
    read_deal_help,
    read_deal_helps,
    read_graph,
    read_reviews,
)
from app.platform.settings import settings_of

router = APIRouter(prefix="/desk/sharing", route_class=DeskRoute)

HERE = "/desk/sharing"
PAGE = 50
REVIEWS = 25
OrderId = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
DONE = {
    "earned": "It is earned: the coupon is on its way.",
    "refused": "It earns nothing. The order stays as it is.",
}


@router.get("")
async def help_in_all(
    request: Request, person: Merchandiser, after: Annotated[int | None, Query(ge=1, le=MAX_ID)] = None
) -> Response:
    """What help cost against what it sold: all deals together, and one by one."""
    async with engine_of(request).connect() as connection:
        helps = await read_deal_helps(connection, clock_of(request).now())
        waiting = await count_reviews(connection)
    page, following = page_of_helps(helps, after, PAGE)
    return await screen(
        request,
        person,
        "help.html",
        here=HERE,
        sums=[sum_view(one) for one in add_up(helps)] if after is None else [],
        rows=[help_row(one) for one in page],
        following=following,
        is_first=after is None,
        waiting=waiting,
    )


@router.get("/deals/{deal_id}")
async def help_with_deal(
    request: Request, person: Merchandiser, deal_id: Annotated[int, Path(ge=1, le=MAX_ID)]
) -> Response:
    """What help with one deal cost, and who brought whom to it."""
    now = clock_of(request).now()
    async with engine_of(request).connect() as connection:
        one = await read_deal_help(connection, deal_id, now)
        drawn = await read_graph(connection, deal_id, now)
    graph = graph_view(drawn, of_deal=True)
    return await screen(
        request, person, "help_deal.html", here=HERE, row=help_row(one), sum=sum_view(one.sum), graph=graph
    )


@router.get("/graph")
async def who_brought_whom(request: Request, person: Merchandiser) -> Response:
    """Who brought whom lately, in counts."""
    async with engine_of(request).connect() as connection:
        drawn = await read_graph(connection, None, clock_of(request).now())
    return await screen(request, person, "help_graph.html", here=HERE, graph=graph_view(drawn, of_deal=False))


@router.get("/reviews")
async def reviews(
    request: Request,
    person: Merchandiser,
    after: Annotated[str | None, Query(pattern=r"^[A-Za-z0-9_-]{1,64}$")] = None,
    done: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """Rewards that wait for somebody to look; `done` was just decided."""
    return await _queue(request, person, after=after, said=DONE.get(done, ""))


@router.post("/reviews/{order_id}")
async def decide(
    request: Request,
    person: Merchandiser,
    order_id: OrderId,
    earns: Annotated[bool, Form()],
    note: Annotated[str, Form(max_length=1000)] = "",
) -> Response:
    """Decide about one of them."""
    try:
        wanted = Decision.model_validate({"earns": earns, "note": note})
    except ValidationError:
        words = "The note is one line of at most 300 characters. Nothing was decided."
        return await _queue(request, person, wrong=(order_id, words), note=note, answer=422)
    if not earns and not wanted.note:
        words = "Say why it is not earned. Nothing was decided."
        return await _queue(request, person, wrong=(order_id, words), answer=422)
    try:
        async with engine_of(request).begin() as connection:
            who, now = by_person(person), clock_of(request).now()
            await decide_review(connection, order_id, earns=earns, note=wanted.note, who=who, now=now)
    except (OwnReward, RewardDecided) as refused:
        words = f"Nothing was changed now. {refused.detail or refused.explanation()}"
        return await _queue(request, person, problem=words, answer=refused.status)
    return RedirectResponse(f"{HERE}/reviews?done={'earned' if earns else 'refused'}", 303)


async def _queue(
    request: Request,
    person: Person,
    *,
    after: str | None = None,
    said: str = "",
    problem: str = "",
    wrong: tuple[str, str] = ("", ""),
    note: str = "",
    answer: int = 200,
) -> Response:
    async with engine_of(request).connect() as connection:
        page = await read_reviews(connection, after=after, limit=REVIEWS)
        waiting = await count_reviews(connection)
    zone = settings_of(request).zone
    return await screen(
        request,
        person,
        "help_reviews.html",
        here=HERE,
        status=answer,
        views=[review_view(one, zone, person.id) for one in page.items],
        waiting=waiting,
        following=page.next,
        is_first=after is None,
        said=said,
        problem=problem,
        wrong=wrong,
        note=note,
    )
