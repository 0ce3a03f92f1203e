"""One event of the stream: how it is numbered, for whom it is, and its bytes on the wire."""

import random
import re
from typing import NamedTuple

import msgspec
from msgspec import Struct

SHOW = "show"  # the topic of everything that is for everybody
RETRY_MS = (
    1500,
    4000,
)  # a browser waits this long before it comes back; random, so that they do not all come at once

encode = msgspec.json.Encoder().encode
_ID = re.compile(rb"([0-9]{1,18})-([0-9]{1,18})")


class EventId(NamedTuple):
    """EPOCH-SEQ. `seq` grows within an epoch, epochs grow too, and no id is given twice."""

    epoch: int
    seq: int

    def __str__(self) -> str:
        return f"{self.epoch}-{self.seq}"


class News(Struct, frozen=True):
    """An event as it was numbered: its id, whom it is for, its kind and its JSON body."""

    id: EventId
    topic: str
    kind: str
    body: bytes


def shopper_topic(shopper_id: int) -> str:
    """The topic of what is for one shopper only."""
    return f"shopper:{shopper_id}"


def shopper_of(topic: str) -> int | None:
    """Whom a topic is for; None where it is for no single shopper."""
    name, _, number = topic.partition(":")
    return int(number) if name == "shopper" and number.isdigit() else None


def read_news(line: bytes) -> News:
    """An event as Redis carries and keeps it: `EPOCH SEQ TOPIC KIND BODY`."""
    epoch, seq, topic, kind, body = line.split(b" ", 4)
    return News(EventId(int(epoch), int(seq)), topic.decode(), kind.decode(), body)


def frame(kind: str, body: bytes, event_id: EventId | None) -> bytes:
    """An event's bytes; `body` is JSON on one line. Without an id a browser keeps the last one that it was given."""
    head = b"" if event_id is None else b"id: %d-%d\n" % event_id
    return b"%sevent: %s\ndata: %s\n\n" % (head, kind.encode(), body)


def greeting() -> bytes:
    """What every stream begins with: how long to wait before coming back."""
    return b"retry: %d\n\n" % random.randint(*RETRY_MS)  # noqa: S311 - spreads load, guards nothing


def last_seen(field: bytes | None) -> EventId | None:
    """The id in a Last-Event-ID field; None for anything that is none of ours, however long it is."""
    found = _ID.fullmatch(field) if field is not None else None
    return None if found is None else EventId(int(found[1]), int(found[2]))
