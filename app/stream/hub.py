"""The hub: what this process's viewers see. Each event is encoded once, and the same bytes go to everybody.

There is no task and no queue for a viewer. Whoever can take more is `ready`, and is written to in passes over all of
them; whoever can not is `lagging`, and is sent what it is behind by when it can.
"""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Callable

import msgspec

from app.stream.event import EventId, News, shopper_of
from app.stream.pacing import StockPace
from app.stream.timeline import Snapshot, Timeline, with_stock
from app.stream.watcher import Watcher

SLICE = 64  # viewers that are written to before other work of the process has its turn: under a millisecond
STUCK_SECONDS = 60.0  # a viewer that has taken nothing for so long is dropped


class Hub:
    """The viewers of this process, and the newest that they should see."""

    def __init__(self, topic: str = "", on_gap: Callable[[], None] = lambda: None) -> None:
        self.topic = topic  # of what is for this process alone
        self.present: Snapshot | None = None
        self.id = EventId(0, 0)  # of the newest event that is part of `present`
        self.heard = EventId(0, 0)  # of the newest event of any kind: everything up to it is taken in
        self.pinged = EventId(0, 0)
        self.closed = False
        self.ready: set[Watcher] = set()
        self.lagging: dict[Watcher, float] = {}  # since when, by the event loop's clock
        self.of_shopper: dict[int, set[Watcher]] = {}
        self.of_address: Counter[str] = Counter()
        self.counted: defaultdict[str, int] = defaultdict(int)
        self._on_gap = on_gap
        self._line = Timeline()
        self._kept: tuple[bytes, bytes | None] = (b"", None)
        self._waiting: list[
            Callable[[], None]
        ] = []  # what follows a `stock` that waits for its time, and that itself
        self._stock: tuple[EventId, Snapshot] | None = None  # the one that waits
        self._pace = StockPace()
        self._timer: asyncio.TimerHandle | None = None
        self._told: set[int] = set()
        self._pass: tuple[Watcher, ...] = ()
        self._at = self._begun = 0

    @property
    def viewers(self) -> set[Watcher]:
        """All of them. Made anew each time; to count them ask `size`."""
        return self.ready | self.lagging.keys()

    @property
    def size(self) -> int:
        """How many viewers there are."""
        return len(self.ready) + len(self.lagging)

    def join(self, viewer: Watcher, last: EventId | None) -> bytes:
        """Take a viewer in. Answers what it is to be sent first: the present, and what it missed since `last`."""
        viewer.seen = self._line.position
        self.ready.add(viewer)
        if viewer.shopper is not None:
            self.of_shopper.setdefault(viewer.shopper, set()).add(viewer)
        if viewer.address is not None:
            self.of_address[viewer.address] += 1
        self.counted["joined"] += 1
        return self._line.welcome(viewer.shopper, last)

    def leave(self, viewer: Watcher) -> None:
        """Forget a viewer. Safe to repeat."""
        if viewer not in self.ready and viewer not in self.lagging:
            return
        self.ready.discard(viewer)
        self.lagging.pop(viewer, None)
        if viewer.shopper is not None:
            of_shopper = self.of_shopper[viewer.shopper]
            of_shopper.discard(viewer)
            if not of_shopper:
                del self.of_shopper[viewer.shopper]
        if viewer.address is not None:
            self.of_address[viewer.address] -= 1
            if not self.of_address[viewer.address]:
                del self.of_address[viewer.address]

    def lag(self, viewer: Watcher) -> None:
        """It can take no more for now."""
        if viewer in self.ready:
            self.ready.discard(viewer)
            self.lagging[viewer] = asyncio.get_running_loop().time()

    def recover(self, viewer: Watcher) -> None:
        """It can take more: it gets what it is behind by, the newest state and no older one."""
        if self.lagging.pop(viewer, None) is not None:
            self.ready.add(viewer)
            self._catch_up(viewer)

    def drop_stuck(self, now: float) -> None:
        """Drop those who have taken nothing for a minute. `now` is the event loop's."""
        for viewer, since in tuple(self.lagging.items()):
            if now - since > STUCK_SECONDS:
                self.counted["dropped"] += 1
                viewer.drop()

    def close(self) -> None:
        """End every stream cleanly; browsers come back to whoever serves next."""
        self.closed = True
        for viewer in tuple(self.ready):
            viewer.end()
        for viewer in tuple(self.lagging):
            viewer.drop()

    def apply(self, news: News) -> None:
        """Take in one event, from Redis or from this very process. One that is known already changes nothing.

        Where something went before it that was not heard, that is read first: an id stands for all that happened up to
        it.
        """
        if news.id <= self.heard:
            return
        if news.id != (self.heard.epoch, self.heard.seq + 1):
            self._on_gap()
            return
        self.heard = news.id
        if news.kind == "live":
            self._kept = news.body, None
            self._show(news.id, msgspec.json.decode(news.body))
        elif news.kind == "stock":
            self._kept = self._kept[0], news.body
            self._restock(news.id, msgspec.json.decode(news.body))
        else:
            self._say(news)
        self._flush_soon()

    def correct(
        self, heard: EventId, shown: EventId, kept: tuple[bytes, bytes | None], said: list[News]
    ) -> None:
        """Take in all up to `heard` as Redis keeps it: the newest state, numbered `shown`, and what was said."""
        if heard < self.heard:
            return  # we heard of something newer while it was read
        missed = [news for news in said if news.id > self.heard]
        self.heard = heard
        if not self.size:  # as when this process has just begun: kept only for those who come back
            self._line.remember(missed)
            missed = []
        for news in (one for one in missed if one.id < shown):
            self._say(news)
        self._correct_state(shown, kept)
        for news in (one for one in missed if one.id > shown):
            self._say(news)
        self._flush_soon()
        self._line.newest = max(self._line.newest, heard)

    def ping(self, event_id: EventId | None, body: bytes) -> None:
        """Let every viewer hear that the line is alive."""
        self._waiting.append(lambda: self._line.ping(event_id, body))
        self._flush_soon()

    def _correct_state(self, shown: EventId, kept: tuple[bytes, bytes | None]) -> None:
        if kept == self._kept:
            self.id = max(self.id, shown)
            return
        if not kept[0]:
            return  # a new numbering began with something else: what we show stays until the show is told anew
        only_stock, self._kept = kept[0] == self._kept[0], kept
        stock = None if kept[1] is None else msgspec.json.decode(kept[1])
        if only_stock and stock is not None:
            self._restock(shown, stock)
            return
        whole: Snapshot = msgspec.json.decode(kept[0])
        self._show(shown, with_stock(whole, stock) if stock is not None and _belongs(stock, whole) else whole)

    def _show(self, event_id: EventId, whole: Snapshot) -> None:
        self.present, self.id, self._stock = whole, event_id, None
        self._waiting.append(lambda: self._line.show(event_id, whole))
        self._flush()

    def _restock(self, event_id: EventId, stock: Snapshot) -> None:
        if self.present is None or not _belongs(stock, self.present):
            return
        self.present, self.id, self._stock = with_stock(self.present, stock), event_id, (event_id, stock)
        self._waiting.append(lambda: self._restock_if_newest(event_id, stock))

    def _restock_if_newest(self, event_id: EventId, stock: Snapshot) -> None:
        if self._stock is not None and self._stock[0] == event_id:
            self._line.restock(event_id, stock)

    def _say(self, news: News) -> None:
        if news.kind == "ping":
            if news.topic == self.topic:
                self.pinged = news.id
                self._waiting.append(lambda: self._line.ping(news.id, news.body))
            return
        shopper = shopper_of(news.topic)
        if shopper is not None:
            self._told.add(shopper)
        self._waiting.append(lambda: self._line.say(news))

    def _flush_soon(self) -> None:
        """At once, unless a `stock` must wait for its time: all that came after it waits too, so that ids grow."""
        if self._stock is None:
            self._flush()
            return
        loop = asyncio.get_running_loop()
        urgent = self._stock[1]["stock"]["left_percent"] == 0  # an empty shelf is shown at once
        due = self._pace.next_at(loop.time(), urgent=urgent)
        if due <= loop.time():
            self._flush()
        elif self._timer is None or due < self._timer.when():
            self._stop_timer()
            self._timer = loop.call_at(due, self._flush)

    def _flush(self) -> None:
        """Put everything that waits into the timeline, in order, and send it."""
        self._stop_timer()
        waiting, self._waiting = self._waiting, []
        for put in waiting:
            put()
        if self._stock is not None:
            self._pace.sent(asyncio.get_running_loop().time())
            self._stock = None
        told, self._told = self._told, set()
        for shopper in told:
            for viewer in tuple(self.of_shopper.get(shopper, ())):
                self._tell(viewer, shopper)
        self._cast()

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _tell(self, viewer: Watcher, shopper: int) -> None:
        if viewer in self.ready:
            self._catch_up(viewer)
        elif not viewer.is_still(shopper):
            viewer.end()  # signed out meanwhile: it comes back as whoever it is now

    def _catch_up(self, viewer: Watcher) -> None:
        if viewer.shopper is not None and not viewer.is_still(viewer.shopper):
            viewer.end()  # what is owed may be private
            return
        data = self._line.owed_to(viewer.shopper, viewer.seen)
        viewer.seen = self._line.position
        if data:
            self.counted["sent"] += 1
            viewer.send(data)

    def _cast(self) -> None:
        """Begin a pass over all who are ready, unless one is under way: that one takes what is new along."""
        if not self._pass and self.ready and self._line.public != self._begun:
            self._begun, self._at = self._line.public, 0
            self._pass = tuple(self.ready)
            self._cast_slice()

    def _cast_slice(self) -> None:
        part = self._pass[self._at : self._at + SLICE]
        self._at += SLICE
        try:
            self._send_to(part)
        finally:
            if self._at < len(self._pass):
                asyncio.get_running_loop().call_soon(self._cast_slice)
            else:
                self._pass = ()
                self._cast()  # once more for those whom something newer came too late for

    def _send_to(self, part: tuple[Watcher, ...]) -> None:
        """The hot path: a slice of viewers, nearly all of whom lack the same."""
        ready, public, position = self.ready, self._line.public, self._line.position
        lacked, data, sent = -1, b"", 0
        for viewer in part:
            seen = viewer.seen
            if seen < public and viewer in ready:  # else it has it, is behind or is gone
                if seen != lacked:
                    lacked, data = seen, self._line.owed(seen)
                viewer.seen = position
                viewer.send(data)
                sent += 1
        self.counted["sent"] += sent


def _belongs(stock: Snapshot, whole: Snapshot) -> bool:
    deal: Snapshot | None = whole.get("deal")
    return deal is not None and deal["id"] == stock["deal_id"]
