"""What the hub asks of a viewer, whichever way it came in."""

from typing import Protocol


class Watcher(Protocol):
    """A viewer, as the hub knows it. `seen` is the position in the timeline up to which it has everything."""

    seen: int
    shopper: int | None
    address: str | None

    def send(self, data: bytes) -> None:
        """Pass on these bytes at once; calls `Hub.lag` where the viewer can not take them all."""
        ...

    def is_still(self, shopper: int) -> bool:
        """Whether the session that it came with is still that shopper's."""
        ...

    def end(self) -> None:
        """End the stream cleanly."""
        ...

    def drop(self) -> None:
        """End it without waiting for a reader that does not read."""
        ...
