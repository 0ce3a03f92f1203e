"""How long a request waits for its outcome: one timer for all that wait, since a timer for each costs as much as the
rest of handing a purchase on."""

import asyncio
from collections import deque

from app.sales.under_way import Purchase


class Patience:
    """Tells purchases when their time is up, `seconds` after they began."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._waiting: deque[tuple[float, Purchase]] = deque()  # first the one whose time is up first
        self._timer: asyncio.TimerHandle | None = None

    def watch(self, purchase: Purchase) -> None:
        """Its time begins now."""
        while self._waiting and self._waiting[0][1].outcome.done():
            self._waiting.popleft()
        loop = asyncio.get_running_loop()
        self._waiting.append((loop.time() + self.seconds, purchase))
        if self._timer is None:
            self._timer = loop.call_later(self.seconds, self._ring)

    def has_been_quiet(self, seconds: float) -> bool:
        """Whether nothing has begun for so long."""
        now = asyncio.get_running_loop().time()
        return not self._waiting or self._waiting[-1][0] - self.seconds + seconds < now

    def _ring(self) -> None:
        loop, self._timer = asyncio.get_running_loop(), None
        while self._waiting:
            deadline, purchase = self._waiting[0]
            if deadline > loop.time() and not purchase.outcome.done():
                self._timer = loop.call_at(deadline, self._ring)
                return
            self._waiting.popleft()
            purchase.time_is_up()
