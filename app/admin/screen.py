"""The desk's pages: who may see them, and what each of them is given."""

from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import Depends, Request
from fastapi.routing import APIRoute
from starlette.responses import HTMLResponse, RedirectResponse, Response

from app.identity import Person, SignInRequired, desk
from app.platform.settings import settings_of
from app.platform.site import Site

site = Site(Path(__file__).parent, "/static/desk")

Merchandiser = Annotated[Person, Depends(desk)]


class DeskRoute(APIRoute):
    """A page of the desk: somebody who is not signed in is asked to, and comes back to it."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """As FastAPI has it, but for SignInRequired."""
        handle = super().get_route_handler()

        async def handle_or_ask(request: Request) -> Response:
            try:
                return await handle(request)
            except SignInRequired:
                back = request.url.path if request.method == "GET" else "/desk"
                return RedirectResponse(f"/sign-in?next={quote(back)}", 303)

        return handle_or_ask


async def screen(
    request: Request, person: Person, template: str, *, here: str, status: int = 200, **context: object
) -> HTMLResponse:
    """Render `template` for `person` with what it takes; `here` is the address of the tab that it belongs to."""
    text = site.render(
        request, template, person=person, here=here, shop_zone=settings_of(request).time_zone, **context
    )
    return HTMLResponse(text, status, {"Cache-Control": "private, no-store"})
