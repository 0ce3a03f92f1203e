"""A viewer of the ordinary way: an ASGI response that is asked for its next bytes."""

import asyncio
from collections.abc import AsyncIterator

from app.stream.admission import Guest
from app.stream.event import greeting
from app.stream.hub import Hub


class Reader:
    """While the server has not taken the last bytes it lags, so that nothing piles up here either.

    It watches from the moment that it is made, which is the turn of the loop in which it was admitted: the caps hold.
    Whoever makes it sees to it that it leaves the hub.
    """

    def __init__(self, hub: Hub, guest: Guest) -> None:
        self.seen = 0
        self.shopper, self.address = guest.shopper, guest.address
        self._hub, self._guest = hub, guest
        self._ended = False
        self._awake = asyncio.Event()
        self._next = greeting() + hub.join(self, guest.last)
        hub.lag(self)

    async def chunks(self) -> AsyncIterator[bytes]:
        """The bytes to send until the stream ends."""
        try:
            while not self._ended:
                yield self._next
                self._next = b""
                self._awake.clear()
                self._hub.recover(self)
                if not self._next and not self._ended:
                    await self._awake.wait()
        finally:
            self.leave()

    def leave(self) -> None:
        """It is gone."""
        self._hub.leave(self)

    def send(self, data: bytes) -> None:
        """Hand these over when the server asks; it takes no others meanwhile."""
        self._next = data
        self._hub.lag(self)
        self._awake.set()

    def is_still(self, shopper: int) -> bool:
        """Whether the session that it came with is still that shopper's."""
        asker = self._guest.asker
        return asker is not None and asker() == shopper

    def end(self) -> None:
        """End the stream cleanly."""
        self.leave()
        self._ended = True
        self._awake.set()

    def drop(self) -> None:
        """The same: that it does not read is noticed by the server, which waits for it no longer than we do."""
        self.end()
