"""How many connections one address holds open: each is a file and some memory, and nobody needs a thousand."""

import resource
from collections import Counter

from app.platform.address import OURSELVES, network_of
from app.platform.callers import Callers

KEPT = "crowding"  # under which name the app's lifespan hands it on
CONNECTIONS_OF_ADDRESS = 1000  # a campus shares one; streams are counted apart
LONG_HEAD = 64 * 1024  # bytes of a request's head; from there on it is one of few
LONG_HEADS = 8  # at the same time, of up to 16 MB each
REFUSAL = (
    b"HTTP/1.1 429 Too Many Requests\r\ncontent-type: application/problem+json\r\nretry-after: 5\r\n"
    b"cache-control: no-store\r\nconnection: close\r\ncontent-length: %d\r\n\r\n%b"
)
BODY = (
    b'{"type":"/problems/slow-down","title":"Slow down","status":429,'
    b'"detail":"Too many connections are open from your network."}'
)


class Crowding:
    """The rule for one process. `by_address` is the setting LIMITS; without it everybody may have as many as fit."""

    def __init__(self, *, by_address: bool = False) -> None:
        files = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
        self.most = min(CONNECTIONS_OF_ADDRESS, max(1, files // 2)) if by_address else None
        self.open: Counter[str] = Counter()
        self.long_heads = 0

    def party(self, host: str | None, callers: Callers) -> str | None:
        """As whom a connection from there counts. None: not at all, since it is a proxy's, or this machine's own.

        A proxy that nobody has named may be among the latter; with a cap on it, all shoppers would share one.
        """
        if self.most is None or host is None or host in OURSELVES or callers.is_proxy(host):
            return None
        return network_of(host)

    def enter(self, party: str | None) -> bool:
        """Whether it may have one more. Where it may, `leave` once."""
        if party is None:
            return True
        if self.open[party] >= (self.most or 0):
            return False
        self.open[party] += 1
        return True

    def leave(self, party: str | None) -> None:
        """One that was let in is gone."""
        if party is None:
            return
        self.open[party] -= 1
        if not self.open[party]:
            del self.open[party]


def crowding_of(app_state: dict[str, object]) -> Crowding:
    """The one of this process; where the app has handed none on, one that caps nobody."""
    found = app_state.get(KEPT)
    if not isinstance(found, Crowding):
        found = app_state[KEPT] = Crowding()
    return found


def refusal() -> bytes:
    """The answer to one connection too many."""
    return REFUSAL % (len(BODY), BODY)
