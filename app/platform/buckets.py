"""Buckets in memory: how much each key may do. A bucket lets a burst in, and empties at a steady rate.

What a key holds is one number, the moment at which its bucket will be empty (GCRA), so that a look costs a look into
a dict, and the same was spent in whatever order processes tell one another of it.
"""

from collections.abc import Hashable, Iterable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)

TOLD_FROM = 0.25  # of a burst: whoever holds less is nobody's news


class Buckets(Generic[Key]):
    """One bucket a key: `burst` units fit in, `per_second` of them drain. Times are seconds of a clock that never
    goes back, and the same one at every call."""

    def __init__(self, burst: float, per_second: float) -> None:
        self.burst, self.per_second = burst, per_second
        self._full_seconds = burst / per_second  # in which a full one drains
        self._empty_at: dict[Key, float] = {}
        self._empty_at_before: dict[Key, float] = {}  # of keys that nobody has touched since `_turned_at`
        self._turned_at = 0.0
        self._news: dict[Key, float] = {}

    def held(self, key: Key, now: float) -> float:
        """How many units are in it."""
        empty_at = self._empty_at.get(key) or self._empty_at_before.get(key, 0.0)
        return (empty_at - now) * self.per_second if empty_at > now else 0.0

    def put(self, key: Key, now: float, units: float = 1.0, held: float | None = None) -> None:
        """Put so many in, also beyond the brim: whether they fit is for the caller to ask, who may know its `held`."""
        held = (self.held(key, now) if held is None else held) + units
        self._empty_at[key] = now + held / self.per_second
        if held > self.burst * TOLD_FROM:
            self._news[key] = self._news.get(key, 0.0) + units
        if now - self._turned_at > self._full_seconds:
            self._turn(now)

    def seconds_until(self, key: Key, now: float, units: float) -> float:
        """Until it holds no more than `units`."""
        return max(0.0, (self.held(key, now) - units) / self.per_second)

    def take_news(self) -> dict[Key, float]:
        """What was put into buckets that hold much, since this was asked last."""
        news, self._news = self._news, {}
        return news

    def hear(self, news: Iterable[tuple[Key, float]], now: float) -> None:
        """Put in what another process has put into its own. It goes no further, and never far above the brim."""
        for key, units in news:
            held = min(self.held(key, now) + units, self.burst)
            self._empty_at[key] = now + held / self.per_second

    def _turn(self, now: float) -> None:
        """Forget the keys that nobody has touched for as long as a full bucket takes to drain: theirs are empty."""
        self._empty_at_before, self._empty_at = self._empty_at, {}
        self._turned_at = now
