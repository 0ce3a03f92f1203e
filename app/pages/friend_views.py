"""Plain views of a friends list: who is on it, who is invited, and what friends say. Nothing here acts."""

from collections.abc import Iterable
from datetime import datetime, tzinfo

from msgspec import Struct

from app.pages.account_views import day


class InviterView(Struct, frozen=True):
    """Somebody who invites; `until` is a day."""

    id: str
    name: str
    until: str


class FriendView(Struct, frozen=True):
    id: str
    name: str
    since: str
    muted: bool


class WaitingView(Struct, frozen=True):
    """An invitation that is not answered. `email` is empty for one by link, whose address is `url`."""

    id: str
    email: str
    url: str
    until: str


class HeardView(Struct, frozen=True):
    """What a friend says of the live deal. `advice` may be empty; `path` is their link's."""

    name: str
    advice: str
    path: str


class StageView(Struct, frozen=True):
    """The live deal, as far as one may recommend it. `said` is one's advice; None: one does not recommend it."""

    deal_id: int
    title: str
    said: str | None


class FriendsView(Struct, frozen=True):
    """The page. `closed`: invitations to one's address go nowhere. `stage` is None while nothing can be bought."""

    inviters: tuple[InviterView, ...]
    friends: tuple[FriendView, ...]
    waiting: tuple[WaitingView, ...]
    heard: tuple[HeardView, ...]
    stage: StageView | None
    closed: bool


def inviters(found: Iterable[tuple[str, str, datetime]], zone: tzinfo) -> tuple[InviterView, ...]:
    """Of id, name and the moment at which it runs out."""
    return tuple(InviterView(one_id, name, day(until, zone)) for one_id, name, until in found)


def friends(found: Iterable[tuple[str, str, datetime, bool]], zone: tzinfo) -> tuple[FriendView, ...]:
    """Of id, name, since when, and whether they are muted."""
    return tuple(FriendView(one_id, name, day(since, zone), muted) for one_id, name, since, muted in found)


def waiting(found: Iterable[tuple[str, str | None, str, datetime]], zone: tzinfo) -> tuple[WaitingView, ...]:
    """Of id, address, link and the moment at which it runs out. The link is shown where there is no address alone."""
    return tuple(
        WaitingView(one_id, email or "", "" if email else url, day(until, zone))
        for one_id, email, url, until in found
    )


def heard(found: Iterable[tuple[str, str, str]]) -> tuple[HeardView, ...]:
    """Of name, advice and a link's code."""
    return tuple(HeardView(name, advice, f"/h/{code}") for name, advice, code in found)
