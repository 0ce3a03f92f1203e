"""Who may watch: decided by one function, whichever way a request came in."""

import resource
from collections.abc import Callable
from typing import NamedTuple

from starlette.types import Scope

from app.platform.address import network_of
from app.platform.errors import Problem, SlowDown, Unavailable
from app.stream.event import EventId, last_seen
from app.stream.hub import Hub

VIEWERS = 15_000  # a process takes so many, where it may open so many files
OTHER_FILES = 300  # that it needs beside
VIEWERS_OF_ADDRESS = (
    250  # a browser needs one, however many pages it shows; an office or a campus shares an address
)

Asker = Callable[[], int | None]  # whose session it is: asked again later, since people sign out


class TooManyViewers(Problem):
    """As many people watch as this part of the shop can serve. Try again a little later; another part may have room."""

    status = 503
    title = "No room right now"
    retry_after = 5


class Guest(NamedTuple):
    """Somebody who may watch: whose session it is, from which address it counts, and what was seen already."""

    asker: Asker | None
    shopper: int | None
    address: str | None
    last: EventId | None


class Admission:
    """The rule for one process. `asker_of` tells by a request's scope who is asking."""

    def __init__(self, hub: Hub, asker_of: Callable[[Scope], Asker | None], *, by_address: bool) -> None:
        self.most = min(VIEWERS, resource.getrlimit(resource.RLIMIT_NOFILE)[0] - OTHER_FILES)
        self.of_address = VIEWERS_OF_ADDRESS if by_address else None
        self._hub, self._asker_of = hub, asker_of

    def decide(self, scope: Scope) -> Guest | Problem:
        """Who it is, or why not. `scope` is an ASGI one, its client the address that proxies have told."""
        if self._hub.closed:
            return Unavailable("This part of the shop is closing.")
        if self._hub.size >= self.most:
            return TooManyViewers()
        address = self._address(scope)
        if self.of_address is not None and address and self._hub.of_address[address] >= self.of_address:
            return SlowDown("Too many streams are open from your network.")
        asker = self._asker_of(scope)
        last = last_seen(_field(scope, b"last-event-id"))
        shopper = asker() if asker is not None else None
        return Guest(asker if shopper is not None else None, shopper, address, last)

    def _address(self, scope: Scope) -> str | None:
        client = scope.get("client")
        return None if self.of_address is None or client is None else network_of(client[0])


def _field(scope: Scope, name: bytes) -> bytes | None:
    found = [value for field, value in scope["headers"] if field == name]
    return found[0].strip() if found else None
