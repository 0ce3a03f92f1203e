"""The queue's page in plain values. Pure."""

import re
from typing import Literal, get_args
from zoneinfo import ZoneInfo

from msgspec import Struct

from app.admin.shop_time import moment_words
from app.inventory.desk import Board, Step, Target, Waiting
from app.payments import Money

PAGE = 100  # deals a page
MOST = 1_000_000  # a place beyond it is nonsense
_WISH = re.compile(
    r"([1-9]\d{0,17}):(?:(top|up|down|bottom)|(before|behind|place):([1-9]\d{0,17}))", re.ASCII
)


class RowView(Struct, frozen=True):
    """A deal that waits."""

    deal_id: int
    place: int
    title: str
    price: str
    units: str
    held_until: str
    longest: str
    thumbnail: str
    has_photo: bool
    alt: str
    is_first: bool
    is_last: bool


class PageLink(Struct, frozen=True):
    """A page of the queue: the place that it begins with."""

    first: int
    last: int
    is_here: bool


class QueueView(Struct, frozen=True):
    """The queue's page. `live` is the title on stage; empty where nothing is."""

    live: str
    live_id: int | None
    left_percent: int | None
    phase: str
    rows: list[RowView]
    first: int
    total: int
    version: int
    pages: list[PageLink]


class Wish(Struct, frozen=True):
    """A move that somebody wants: the deal, where to, and the text that says so in a form."""

    deal_id: int
    to: Target
    text: str


class MissedView(Struct, frozen=True):
    """A move that was not made because the queue had moved; `again` asks for it anew, where it still can be."""

    words: str
    what: str
    again: str


def queue_view(board: Board, zone: ZoneInfo) -> QueueView:
    """`board` in plain values; times in the shop's `zone`."""
    return QueueView(
        live="" if board.live is None else board.live.title,
        live_id=None if board.live is None else board.live.deal_id,
        left_percent=None if board.live is None else board.live.left_percent,
        phase=_PHASES[board.phase],
        rows=[_row(row, board.total, zone) for row in board.rows],
        first=board.first,
        total=board.total,
        version=board.version,
        pages=_pages(board),
    )


_PHASES = {"live": "Now", "sold-out": "Sold out", "paused": "Paused", "closed": "Closed"}


def _row(row: Waiting, total: int, zone: ZoneInfo) -> RowView:
    return RowView(
        deal_id=row.deal_id,
        place=row.place,
        title=row.title,
        price=str(Money(row.price, row.currency)),
        units=f"{row.quantity:,} unit{'' if row.quantity == 1 else 's'}",
        held_until="" if row.not_before is None else moment_words(row.not_before, zone),
        longest="" if row.max_minutes is None else f"{row.max_minutes:,} min at most",
        thumbnail=row.thumbnail,
        has_photo=row.has_photo,
        alt=row.alt,
        is_first=row.place == 1,
        is_last=row.place == total,
    )


def _pages(board: Board) -> list[PageLink]:
    if board.total <= PAGE:
        return []
    return [
        PageLink(first, min(first + PAGE - 1, board.total), first == board.first)
        for first in range(1, board.total + 1, PAGE)
    ]


def page_of(place: int) -> int:
    """The place with which the page begins that shows `place`."""
    return (min(max(place, 1), MOST) - 1) // PAGE * PAGE + 1


def read_wish(text: str) -> Wish | None:
    """A move as the page's buttons write it, such as `38:up` or `38:behind:41`; None where it is none."""
    found = _WISH.fullmatch(text)
    if found is None:
        return None
    deal_id, step, beside, other = found.groups()
    if step is not None:
        return Wish(int(deal_id), Target(step=_step(step)), text)
    match beside:
        case "before":
            to = Target(ahead_of=int(other))
        case "behind":
            to = Target(behind=int(other))
        case _:
            to = Target(place=int(other))
    return Wish(int(deal_id), to, text)


def _step(text: str) -> Step:
    return next(step for step in get_args(Step) if step == text)


def wish_words(wish: Wish, title: str, beside: str) -> str:
    """What somebody wanted, to be read after "You wanted to": "move Umbrellas up"."""
    match wish.to:
        case Target(step=str(step)):
            return f"move {title} {_STEPS[step]}"
        case Target(place=int(place)):
            return f"move {title} to {place}"
        case Target(ahead_of=int()):
            return f"move {title} ahead of {beside}"
    return f"move {title} behind {beside}"


_STEPS: dict[Literal["top", "up", "down", "bottom"], str] = {
    "top": "to the top",
    "up": "up",
    "down": "down",
    "bottom": "to the end",
}
