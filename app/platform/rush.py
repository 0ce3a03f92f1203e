"""Whether everybody has to work before they may buy or sign up: because the operator says so, or the demand does."""

from typing import Literal

Mode = Literal["off", "suspicion", "rush", "always"]

RUSH_PER_SECOND = 500  # purchases asked for in one process; what makes a rush of a queue
LASTS_SECONDS = 10.0  # after the last second that was one


class Rush:
    """The setting PROOF_OF_WORK, and the demand of one process. Times are seconds of a clock that never goes back."""

    def __init__(self, mode: Mode = "suspicion") -> None:
        self.mode = mode
        self._second, self._asked = 0, 0
        self._until = 0.0

    def count(self, now: float) -> None:
        """One more asks to buy."""
        second = int(now)
        if second != self._second:
            self._second, self._asked = second, 0
        self._asked += 1
        if self._asked >= RUSH_PER_SECOND:
            self._until = now + LASTS_SECONDS

    def is_on(self, now: float) -> bool:
        """Whether everybody has to."""
        return self.mode == "always" or (self.mode == "rush" and now < self._until)
