"""A viewer on a socket of its own: written to without a task, a queue or a buffer that grows."""

import asyncio

from app.stream.admission import Guest
from app.stream.hub import Hub


class Viewer(asyncio.Protocol):
    """Takes a connection over from whoever read its request. Tells the hub when it can take no more, and again more."""

    __slots__ = ("_guest", "_hub", "_transport", "address", "seen", "shopper")

    def __init__(self, hub: Hub, guest: Guest, transport: asyncio.Transport) -> None:
        self.seen = 0
        self.shopper, self.address = guest.shopper, guest.address
        self._guest = guest.asker
        self._hub, self._transport = hub, transport

    def begin(self, head: bytes, guest: Guest) -> None:
        """Send the response's head and the present, and watch from now on."""
        transport = self._transport
        transport.set_write_buffer_limits(
            0
        )  # `pause_writing` comes with the first byte that the kernel refuses
        transport.set_protocol(self)
        transport.write(head + self._hub.join(self, guest.last))

    def send(self, data: bytes) -> None:
        """Pass on these bytes at once."""
        transport = self._transport
        if not transport.is_closing():
            transport.write(data)

    def is_still(self, shopper: int) -> bool:
        """Whether the session that it came with is still that shopper's."""
        return self._guest is not None and self._guest() == shopper

    def end(self) -> None:
        """End the stream cleanly."""
        self._hub.leave(self)
        self._transport.close()

    def drop(self) -> None:
        """End it without waiting for a reader that does not read."""
        self._hub.leave(self)
        self._transport.abort()

    def data_received(self, data: bytes) -> None:
        """Whatever else a viewer says is nothing to us."""

    def eof_received(self) -> bool:
        """It will not say anything more: close."""
        return False

    def pause_writing(self) -> None:
        """The kernel refused some of it."""
        self._hub.lag(self)

    def resume_writing(self) -> None:
        """All that was refused is sent."""
        self._hub.recover(self)

    def connection_lost(self, _: Exception | None) -> None:
        """It is gone."""
        self._hub.leave(self)
