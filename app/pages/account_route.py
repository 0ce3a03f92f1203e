"""Pages of one's own: whoever is not signed in is asked to, and comes back to the account."""

from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request
from fastapi.routing import APIRoute
from starlette.responses import Response

from app.identity import SignInAgain, SignInRequired
from app.pages.onward import sign_in_first


class AccountRoute(APIRoute):
    """A page that asks for a sign-in, or for a fresh one, instead of refusing."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """As FastAPI has it, but for SignInRequired and SignInAgain."""
        handle = super().get_route_handler()

        async def handle_or_ask(request: Request) -> Response:
            back = _way_back(request)
            try:
                return await handle(request)
            except SignInRequired:
                return sign_in_first(back)
            except SignInAgain:
                return sign_in_first(back, again=True)

        return handle_or_ask


def _way_back(request: Request) -> str:
    """Where to go on after the sign-in: the page that was asked for, or the one that a form stood on."""
    path, query = request.url.path, request.url.query
    if request.method == "GET":
        return f"{path}?{query}" if query else path
    parts = path.split("/")
    if parts[1] == "orders":
        return "/".join(parts[:3])
    return "/friends" if parts[1] == "friends" else "/account"
