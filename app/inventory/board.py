"""What the queue's page shows: who is on stage, and a stretch of what waits."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from app.inventory.live import read_present, stock
from app.inventory.photos.keeping import photo_thumbnail
from app.inventory.queue import look_at_queue
from app.inventory.rotation import Phase


class OnStageNow(Struct, frozen=True):
    """The live deal as far as the queue's page tells of it."""

    deal_id: int
    title: str
    left_percent: int


class Waiting(Struct, frozen=True):
    """A deal that waits, and its place (from 1). `price` in minor units of `currency`; the thumbnail's address."""

    deal_id: int
    place: int
    title: str
    price: int
    currency: str
    quantity: int
    max_minutes: int | None
    not_before: datetime | None
    thumbnail: str
    has_photo: bool
    alt: str


class Board(Struct, frozen=True):
    """The stage and a stretch of the queue, from place `first`; `total` deals wait in all."""

    phase: Phase
    live: OnStageNow | None
    rows: Sequence[Waiting]
    first: int
    total: int
    version: int


async def read_board(connection: AsyncConnection, first: int, limit: int, now: datetime) -> Board:
    """How things stand from place `first` on, at most `limit` deals."""
    present = await read_present(connection, now)
    live = None
    if present.deal is not None and present.pace is not None:
        left = stock(present.deal, present.pace)["left_percent"]
        live = OnStageNow(present.deal.id, present.deal.title, left)
    queue = await look_at_queue(connection, first, limit)
    rows = [_waiting(row, place) for place, row in enumerate(queue.rows, start=first)]
    return Board(present.phase, live, rows, first, queue.total, queue.version)


def _waiting(row: Row[Any], place: int) -> Waiting:
    return Waiting(
        row.id,
        place,
        row.title,
        row.price,
        row.currency,
        row.quantity,
        row.max_minutes,
        row.not_before,
        photo_thumbnail(row.photo),
        row.photo is not None,
        row.alt or "",
    )
