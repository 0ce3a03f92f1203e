"""One browser that watches: what it is behind by, never a queue of what it missed."""

import asyncio
from collections.abc import AsyncIterator
from typing import Protocol

from app.stream.event import greeting


class Present(Protocol):
    """What there is to be seen: the hub, as a viewer sees it."""

    viewers: "set[Viewer]"
    closed: bool

    def live_frame(self) -> bytes | None:
        """The whole present as a `live` event; None while there is none."""
        ...

    def stock_frame(self) -> bytes:
        """The newest `stock` event."""
        ...


class Viewer:
    """A slow reader is handed the newest state when it is ready again, so its memory stays bounded."""

    __slots__ = ("_awake", "_hub", "_live", "_ping", "_stock")

    def __init__(self, hub: Present) -> None:
        self._hub = hub
        self._awake = asyncio.Event()
        self._live, self._stock = True, False
        self._ping: bytes | None = None

    def wake(self) -> None:
        """Look again whether there is anything to send, or the end has come."""
        self._awake.set()

    def show_live(self) -> None:
        """The whole snapshot is new."""
        self._live, self._stock = True, False
        self.wake()

    def show_stock(self) -> None:
        """Only the stock is new."""
        self._stock = not self._live
        self.wake()

    def show_ping(self, beat: bytes) -> None:
        """The line is alive."""
        self._ping = beat
        self.wake()

    async def frames(self) -> AsyncIterator[bytes]:
        """The bytes to send, as long as the hub is open: the present at once, then whatever changes."""
        self._hub.viewers.add(self)
        try:
            yield greeting()
            self.wake()
            while not self._hub.closed:
                await self._awake.wait()
                self._awake.clear()
                if data := self._behind():
                    yield data
        finally:
            self._hub.viewers.discard(self)

    def _behind(self) -> bytes:
        live, stock, ping = self._live, self._stock, self._ping
        shown = self._hub.live_frame() if live else None
        self._live = live and shown is None  # nothing to show yet: it comes with the first news
        self._stock, self._ping = False, None
        if shown is None:
            shown = self._hub.stock_frame() if stock else b""
        return shown + (ping or b"")
