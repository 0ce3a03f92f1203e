"""Templates and static files, and what every page is given."""

import hashlib
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from app.identity import identity_of, maybe_signed_in
from app.pages.views import ProblemView
from app.platform.errors import NotFound, Problem
from app.platform.settings import Settings

HERE = Path(__file__).parent
STATIC = HERE / "static"
BUNDLE = "css/bundle/"
_STYLESHEETS = {file.stem: file.read_text() for file in (STATIC / "css").glob("*.css")}

_templates = Environment(
    loader=FileSystemLoader(HERE / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


class StaticAssets(StaticFiles):
    """Static files. Those below `RELEASE` may be kept for ever: their address changes when any of them does.

    `css/bundle/base+layout.css` is base.css and layout.css in one answer: a stylesheet a visible thing for those who
    write them, one request for those who read the page.
    """

    def __init__(self, *, for_ever: bool) -> None:
        super().__init__(directory=STATIC)
        self._cache_control = "public, max-age=31536000, immutable" if for_ever else "no-cache"

    async def get_response(self, path: str, scope: Scope) -> Response:
        """A file, or a bundle of stylesheets."""
        if not path.startswith(BUNDLE):
            return await super().get_response(path, scope)
        text = _bundle(tuple(path.removeprefix(BUNDLE).removesuffix(".css").split("+")))
        return Response(text, headers={"Cache-Control": self._cache_control}, media_type="text/css")

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        """As Starlette has it, with our Cache-Control."""
        response = super().file_response(*args, **kwargs)
        response.headers["Cache-Control"] = self._cache_control
        return response


def _release() -> str:
    digest = hashlib.sha256()
    for path in sorted(STATIC.rglob("*")):
        if path.is_file():
            digest.update(path.relative_to(STATIC).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:12]


RELEASE = f"/static/{_release()}"  # modules that import one another by a relative path stay below it


def _bundle(names: tuple[str, ...]) -> str:
    """The named stylesheets, each once, in the order that was asked for."""
    if len(names) != len(set(names)) or not all(name in _STYLESHEETS for name in names):
        raise NotFound
    return "\n".join(_STYLESHEETS[name] for name in names)


def stylesheet(*names: str) -> str:
    """The address of several stylesheets in one."""
    return f"{RELEASE}/{BUNDLE}{'+'.join(names)}.css"


def asset(path: str) -> str:
    """The address of a file in static/."""
    return f"{RELEASE}/{path}"


async def page(request: Request, template: str, *, status: int = 200, **context: object) -> HTMLResponse:
    """Render `template` with what it takes and what every page is given."""
    signed_in = await maybe_signed_in(request)
    person = None
    if signed_in is not None:
        person = await identity_of(request).shoppers.by_id(signed_in.shopper_id)
    name = None if person is None else person.name
    text = _render(request, template, shopper_name=name, **context)
    return HTMLResponse(text, status, {"Cache-Control": "private, no-store"})


def problem_page(request: Request, problem: Problem) -> Response:
    """`problem` for a person in front of a browser. It asks nothing of the servers, which may be away."""
    meaning = problem.detail or problem.explanation()
    advice = "" if meaning == problem.explanation() else problem.explanation()
    view = ProblemView(problem.title, meaning, advice)
    text = _render(request, "problem.html", shopper_name=None, problem=view)
    return HTMLResponse(text, problem.status, {**problem.headers(), "Cache-Control": "no-store"})


def _render(request: Request, template: str, **context: object) -> str:
    settings: Settings = request.app.state.settings
    return _templates.get_template(template).render(
        shop_name=settings.shop_name,
        event_name=settings.event_name,
        asset=asset,
        stylesheet=stylesheet,
        has_display_font=(STATIC / "vendor" / "display.woff2").exists(),
        **context,
    )
