"""One browser that watches: what it is behind by, never a queue of what it missed."""

import asyncio
from collections.abc import AsyncIterator
from typing import Protocol

from app.stream.event import EventId, Frame, greeting


class Present(Protocol):
    """What there is to be seen: the hub, as a viewer sees it."""

    viewers: "set[Viewer]"
    closed: bool
    id: EventId

    def live_frame(self) -> Frame | None:
        """The whole present as a `live` event; None while there is none."""
        ...

    def stock_frame(self) -> Frame:
        """The newest `stock` event."""
        ...


class Viewer:
    """A slow reader is handed the newest state when it is ready again, so its memory stays bounded."""

    __slots__ = ("_awake", "_given", "_hub", "_live", "_ping", "_stock")

    def __init__(self, hub: Present) -> None:
        self._hub = hub
        self._awake = asyncio.Event()
        self._live, self._stock = True, False
        self._ping: Frame | None = None
        self._given = EventId(0, 0)  # of the newest state that it was sent

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

    def show_ping(self, beat: Frame) -> None:
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
        """What there is to send, its ids growing; a ping that was overtaken has nothing more to say."""
        ping, self._ping = self._ping, None
        before = self._given
        shown = self._newest()
        frames = [] if shown is None else [shown]
        if ping is not None and (ping.id is None or ping.id > before):
            frames.insert(0 if ping.id is not None and ping.id < self._given else len(frames), ping)
            self._given = max(self._given, ping.id or self._given)
        return b"".join(frame.data for frame in frames)

    def _newest(self) -> Frame | None:
        shown = None
        if self._live:
            shown = self._hub.live_frame()
            self._live = shown is None  # nothing to show yet: it comes with the first news
        elif self._stock and self._hub.id > self._given:
            shown = self._hub.stock_frame()
        self._stock = False
        if shown is not None:
            self._given = self._hub.id
        return shown
