"""The shoppers' pages: what each of them is given."""

from pathlib import Path

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from app.identity import identity_of, maybe_signed_in
from app.platform.errors import Problem
from app.platform.site import Site


class ProblemView(Struct, frozen=True):
    title: str
    meaning: str
    advice: str


site = Site(Path(__file__).parent, "/static")


async def page(request: Request, template: str, *, status: int = 200, **context: object) -> HTMLResponse:
    """Render `template` with what it takes and what every page is given."""
    signed_in = await maybe_signed_in(request)
    person = None
    if signed_in is not None:
        person = await identity_of(request).shoppers.by_id(signed_in.shopper_id)
    name = None if person is None else person.name
    text = site.render(request, template, shopper_name=name, **context)
    return HTMLResponse(text, status, {"Cache-Control": "private, no-store"})


def problem_page(request: Request, problem: Problem) -> Response:
    """`problem` for a person in front of a browser. It asks nothing of the servers, which may be away."""
    meaning = problem.detail or problem.explanation()
    advice = "" if meaning == problem.explanation() else problem.explanation()
    view = ProblemView(problem.title, meaning, advice)
    text = site.render(request, "problem.html", shopper_name=None, problem=view)
    return HTMLResponse(text, problem.status, {**problem.headers(), "Cache-Control": "no-store"})
