"""Routes that nobody waits for when the shop opens: loaded a moment later, or for the first who asks for one."""

import asyncio
import threading
import warnings
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

from fastapi import APIRouter, FastAPI
from pydantic.warnings import UnsupportedFieldAttributeWarning
from starlette.routing import BaseRoute, Match
from starlette.types import Receive, Scope, Send

from app.platform.logging import get_logger

A_MOMENT = 1.0  # seconds, in which those who waited for the start get their first page undisturbed

# FastAPI hides this one, of its own making, while it makes a route. Two threads that do so undo each other's hiding,
# and what light_loading puts off is made when nobody hides anything.
warnings.filterwarnings("ignore", category=UnsupportedFieldAttributeWarning)

log = get_logger(__name__)


class LaterRoutes(BaseRoute):
    """Keeps the place of the routes below `addresses` until `load` has put them into the router that it is given.

    `load` imports what they need, which takes a while: it runs once, in the thread that comes first, and never in
    the event loop's but for the OpenAPI document.
    """

    def __init__(self, addresses: tuple[str, ...], load: Callable[[APIRouter], None]) -> None:
        self._addresses = addresses
        self._load = load
        self._loading = threading.Lock()
        self._router = APIRouter()
        self.are_there = False
        self.are_broken = False  # could not be loaded, when it was tried last

    def hold_place(self, app: FastAPI) -> None:
        """Have `app` look here, in this turn, for whatever is asked of it."""
        app.router.routes.append(self)
        app.include_router(self._router)

    def load(self) -> None:
        """Load them, unless they are there. Whoever else asks meanwhile waits until they are."""
        with self._loading:
            if not self.are_there:
                try:
                    self._load(self._router)
                except Exception:
                    self.are_broken = True
                    raise
                self.are_there, self.are_broken = True, False

    @asynccontextmanager
    async def soon(self) -> AsyncIterator[None]:
        """While this is open they are loaded in the background, after a moment."""
        closing = asyncio.Event()
        loading = asyncio.create_task(self._load_after_a_moment(closing), name="later routes")
        try:
            yield
        finally:
            closing.set()
            await loading

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Every request below `addresses`, for as long as the routes are not there themselves."""
        is_early = not self.are_there and scope["type"] == "http"
        return (Match.FULL if is_early and scope["path"].startswith(self._addresses) else Match.NONE), {}

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Load them, and look for the right one again."""
        await asyncio.to_thread(self.load)
        await scope["app"].router(scope, receive, send)

    async def _load_after_a_moment(self, closing: asyncio.Event) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(closing.wait(), A_MOMENT)
            return
        try:
            await asyncio.to_thread(self.load)
        except Exception:
            log.exception("some routes cannot be loaded; the next who asks for one tries again")
