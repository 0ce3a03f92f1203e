"""Connections that say nothing: each holds a file, and whoever opens many of them takes the shop away from others."""

import asyncio
from collections.abc import Callable

SILENT_SECONDS = (
    20.0  # until a connection that has said nothing, or has not finished a request's head, is closed
)
LOOK_SECONDS = 5.0


class Silence:
    """One timer for all connections of a process. What waits is closed by calling what it came with."""

    def __init__(self) -> None:
        self._since: dict[object, tuple[float, Callable[[], None]]] = {}  # the longest silence first
        self._timer: asyncio.TimerHandle | None = None

    def begin(self, connection: object, close: Callable[[], None]) -> None:
        """It is silent from now on; where it is so already, it has been for longer."""
        if connection in self._since:
            return
        loop = asyncio.get_running_loop()
        self._since[connection] = loop.time(), close
        if self._timer is None:
            self._timer = loop.call_later(LOOK_SECONDS, self._look)

    def end(self, connection: object) -> None:
        """It has said what was waited for, or is gone. Safe to repeat."""
        self._since.pop(connection, None)

    def _look(self) -> None:
        loop, self._timer = asyncio.get_running_loop(), None
        for connection, (since, close) in [*self._since.items()]:
            if loop.time() - since < SILENT_SECONDS:
                break
            del self._since[connection]
            close()
        if self._since:
            self._timer = loop.call_later(LOOK_SECONDS, self._look)


def silence_of(app_state: dict[str, object]) -> Silence:
    """The one of this process, kept with what the app's lifespan has handed on."""
    found = app_state.get("silence")
    if not isinstance(found, Silence):
        found = app_state["silence"] = Silence()
    return found
