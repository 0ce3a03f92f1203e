"""What was sent, so that it is known what a viewer is behind by.

Every event has a position, a number of this process's own that grows with each. A viewer remembers the position up to
which it has everything. Of states only the newest is kept, of what passes by the last few hundred.
"""

from collections import deque
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from app.stream.event import EventId, News, encode, frame, shopper_of

Snapshot = dict[str, Any]

KEPT = 300  # events for everybody that somebody who was away for a moment still gets
KEPT_PERSONAL = 1000  # the same, of all shoppers' own
MOST_WELCOMES = 64  # of different ids that are kept ready
MOVES = ("stock", "pace", "crowd", "stall")  # what a `stock` says of a snapshot
RESUMED = {"chat", "you"}  # the other kinds are worth nothing later


class Passed(NamedTuple):
    """Something that was said once: at which position, and whether it is one shopper's own."""

    position: int
    id: EventId
    kind: str
    data: bytes
    shopper: int | None


class Timeline:
    """What was sent by this process up to now. Nothing here waits or knows a socket."""

    def __init__(self) -> None:
        self.position = 0  # of the newest event
        self.public = 0  # of the newest that is for everybody
        self.newest = EventId(0, 0)
        self.state_id = EventId(0, 0)  # of the newest `live` or `stock`
        self._whole: Snapshot | None = None
        self._live_at = self._stock_at = self._ping_at = 0
        self._live = self._stock = self._ping = b""
        self._said: deque[Passed] = deque(maxlen=KEPT)
        self._told: deque[Passed] = deque()  # the personal ones in their order, and by whose they are:
        self._told_to: dict[int, deque[Passed]] = {}
        self._owed: dict[int, bytes] = {}
        self._welcomes: dict[
            EventId, bytes
        ] = {}  # of those who are nobody in particular: crowds come back together

    def show(self, event_id: EventId, whole: Snapshot) -> None:
        """The whole snapshot is new."""
        self._live_at = self._state_is(event_id, whole)

    def restock(self, event_id: EventId, stock: Snapshot) -> None:
        """Only the stock is new."""
        if self._whole is not None:
            self._stock_at = self._state_is(event_id, with_stock(self._whole, stock))
            self._stock = frame("stock", encode(stock), event_id)

    def say(self, news: News) -> None:
        """Something passes by, for everybody or for one shopper."""
        shopper = shopper_of(news.topic)
        position = self._next(news.id, public=shopper is None)
        self._keep(news, position, shopper)

    def ping(self, event_id: EventId | None, body: bytes) -> None:
        """The line is alive."""
        self._ping_at = self._next(event_id, public=True)
        self._ping = frame("ping", body, event_id)

    def remember(self, earlier: Iterable[News]) -> None:
        """Take in what was said before this process could send it; for those who come back."""
        for news in earlier:
            self._keep(news, 0, shopper_of(news.topic))

    def owed(self, seen: int) -> bytes:
        """What everybody who has seen everything up to `seen` lacks."""
        data = self._owed.get(seen)
        if data is None:
            data = self._owed[seen] = _joined(self._lacking(seen))
        return data

    def owed_to(self, shopper: int | None, seen: int) -> bytes:
        """The same, with what is that shopper's own."""
        own = [(one.position, one.data) for one in self._own(shopper) if one.position > seen]
        return _joined(self._lacking(seen) + own) if own else self.owed(seen)

    def welcome(self, shopper: int | None, last: EventId | None) -> bytes:
        """What a newcomer gets: the whole present, then what it missed since `last`, where that was our own id."""
        if last is None or last.epoch != self.newest.epoch or last > self.newest:
            return self._live_frame()
        if self._own(shopper):
            return self._welcome_back(shopper, last)
        data = self._welcomes.get(last)
        if data is None:
            if len(self._welcomes) >= MOST_WELCOMES:
                self._welcomes.clear()
            data = self._welcomes[last] = self._welcome_back(None, last)
        return data

    def _welcome_back(self, shopper: int | None, last: EventId) -> bytes:
        missed = self._missed(shopper, last)
        if not missed:
            return self._live_frame()
        return self._live_frame(self._resume_id(last, missed[0].id)) + b"".join(one.data for one in missed)

    def _own(self, shopper: int | None) -> Sequence[Passed]:
        return () if shopper is None else self._told_to.get(shopper, ())

    def _resume_id(self, last: EventId, first: EventId) -> EventId:
        """The present goes first, under an id that what was missed can follow: ids grow, and nothing comes twice."""
        newest = max(self.state_id, last)
        return newest if newest < first else last

    def _missed(self, shopper: int | None, last: EventId) -> list[Passed]:
        since = [one for one in self._said if one.kind in RESUMED]
        since += self._own(shopper)
        newer = [one for one in since if one.id > last and one.id.epoch == last.epoch]
        return sorted(newer, key=lambda one: one.id)

    def _lacking(self, seen: int) -> list[tuple[int, bytes]]:
        lacking = [(one.position, one.data) for one in self._said if one.position > seen]
        if self._live_at > seen:
            lacking.append((max(self._live_at, self._stock_at), self._live_frame()))
        elif self._stock_at > seen:
            lacking.append((self._stock_at, self._stock))
        if self._ping_at > seen:
            lacking.append((self._ping_at, self._ping))
        return lacking

    def _live_frame(self, event_id: EventId | None = None) -> bytes:
        """The whole present; empty while there is none. Made when somebody is there to see it."""
        if self._whole is None:
            return b""
        body = encode({"id": str(self.state_id)} | self._whole) if event_id or not self._live else b""
        if event_id is not None:
            return frame("live", body, event_id)
        self._live = self._live or frame("live", body, self.state_id)
        return self._live

    def _state_is(self, event_id: EventId, whole: Snapshot) -> int:
        self._whole, self.state_id, self._live = whole, event_id, b""
        return self._next(event_id, public=True)

    def _keep(self, news: News, position: int, shopper: int | None) -> None:
        passed = Passed(position, news.id, news.kind, frame(news.kind, news.body, news.id), shopper)
        self._welcomes.clear()
        if shopper is None:
            self._said.append(passed)
            return
        self._told.append(passed)
        self._told_to.setdefault(shopper, deque()).append(passed)
        if len(self._told) > KEPT_PERSONAL:
            self._forget(self._told.popleft().shopper)

    def _forget(self, shopper: int | None) -> None:
        assert shopper is not None
        own = self._told_to[shopper]
        own.popleft()
        if not own:
            del self._told_to[shopper]

    def _next(self, event_id: EventId | None, *, public: bool) -> int:
        self.position += 1
        if public:
            self.public = self.position
            self._owed.clear()
            self._welcomes.clear()
        if event_id is not None:
            self.newest = max(self.newest, event_id)
        return self.position


def with_stock(whole: Snapshot, stock: Snapshot) -> Snapshot:
    """A snapshot with the newest stock in it."""
    return whole | {name: stock[name] for name in MOVES if name in stock}


def _joined(lacking: list[tuple[int, bytes]]) -> bytes:
    return b"".join(data for _, data in sorted(lacking))
