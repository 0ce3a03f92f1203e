"""When the next `stock` may go out: at most five a second."""

from collections import deque

USUAL_SECONDS = 0.25  # four a second, so that there is a fifth for a shelf that is empty now
MOST = 5
WINDOW_SECONDS = 1.05  # a little more than the second, since what is sent evenly does not arrive evenly


class StockPace:
    """Remembers when `stock` was sent. Moments are the event loop's, in seconds."""

    def __init__(self) -> None:
        self._sent: deque[float] = deque(maxlen=MOST)

    def next_at(self, now: float, *, urgent: bool) -> float:
        """The earliest moment for the next one. An urgent one need not keep the usual distance, only the limit."""
        if not self._sent:
            return now
        soonest = now if urgent else max(now, self._sent[-1] + USUAL_SECONDS)
        return max(soonest, self._sent[0] + WINDOW_SECONDS) if len(self._sent) == MOST else soonest

    def sent(self, now: float) -> None:
        """One went out."""
        self._sent.append(now)
