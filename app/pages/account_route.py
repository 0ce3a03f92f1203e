"""Pages of one's own: whoever is not signed in is asked to, and comes back to the account."""

from collections.abc import Callable, Coroutine
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.routing import APIRoute
from starlette.responses import Response

from app.identity import SignedIn, SignInAgain, SignInRequired, freshly_signed_in, signed_in
from app.pages.accounts import sign_in_first

Asking = Annotated[SignedIn, Depends(signed_in)]
Fresh = Annotated[SignedIn, Depends(freshly_signed_in)]


class AccountRoute(APIRoute):
    """A page that asks for a sign-in, or for a fresh one, instead of refusing."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """As FastAPI has it, but for SignInRequired and SignInAgain."""
        handle = super().get_route_handler()

        async def handle_or_ask(request: Request) -> Response:
            back = request.url.path if request.method == "GET" else "/account"
            try:
                return await handle(request)
            except SignInRequired:
                return sign_in_first(back)
            except SignInAgain:
                return sign_in_first(back, again=True)

        return handle_or_ask
