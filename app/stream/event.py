"""One event of the stream: how it is numbered, and its bytes on the wire."""

import random
from dataclasses import dataclass
from typing import NamedTuple

import msgspec

RETRY_MS = (
    1500,
    4000,
)  # a browser waits this long before it comes back; random, so that they do not all come at once

_json = msgspec.json.Encoder().encode


class EventId(NamedTuple):
    """EPOCH-SEQ. `seq` grows within an epoch, epochs grow too, and no id is given twice."""

    epoch: int
    seq: int

    def __str__(self) -> str:
        return f"{self.epoch}-{self.seq}"


@dataclass(frozen=True, slots=True)
class News:
    """An event as it was numbered: its kind, its JSON body and its id."""

    id: EventId
    kind: str
    body: bytes


class Frame(NamedTuple):
    """One event as bytes for every viewer."""

    id: EventId | None
    data: bytes


def frame(kind: str, data: object, event_id: EventId | None) -> Frame:
    """Encode an event. Without an id a browser keeps the last one that it was given."""
    head = b"" if event_id is None else b"id: %d-%d\n" % event_id
    return Frame(event_id, b"%sevent: %s\ndata: %s\n\n" % (head, kind.encode(), _json(data)))


def greeting() -> bytes:
    """What every stream begins with: how long to wait before coming back."""
    return b"retry: %d\n\n" % random.randint(*RETRY_MS)  # noqa: S311 - spreads load, guards nothing
