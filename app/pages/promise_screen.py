"""What we send to shoppers, made from the one list that the outbox itself obeys."""

from itertools import groupby

from fastapi import APIRouter, Request
from msgspec import Struct
from starlette.responses import Response

from app.notices import Promise, promises
from app.pages.rendering import page

router = APIRouter(include_in_schema=False)


class CauseView(Struct, frozen=True):
    """Mails for one cause, each with its reason and its counts."""

    words: str
    promises: tuple[Promise, ...]


@router.get("/promises")
async def promises_page(request: Request) -> Response:
    """Every mail that may be sent, why, and how many were."""
    found = await promises(request.app.state.engine, request.app.state.clock.now())
    causes = [
        CauseView(cause.value, tuple(some)) for cause, some in groupby(found, lambda one: one.rule.cause)
    ]
    return await page(request, "promises.html", causes=causes)
