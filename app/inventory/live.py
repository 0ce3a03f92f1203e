"""The snapshot: everything that the public may know of the live deal, and nothing of any other."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import Struct
from sqlalchemy import Select, select
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from app.inventory.cleared import Cleared
from app.inventory.deadline import Deadline, right_end
from app.inventory.photos.keeping import photo_document
from app.inventory.queue import show_row
from app.inventory.rotation import OnStage, Phase, Show, phase
from app.inventory.stall import StallCase, can_be_won, seconds_to_go
from app.inventory.stall_clock import StallClock
from app.inventory.stalling import read_stall
from app.inventory.story import story_html
from app.inventory.tables import deals, photos, pictures
from app.payments import Money
from app.platform.clock import rfc3339
from app.sales import Pace, count_team, read_pace
from app.sharing import NO_HELP, Help, count_help

Snapshot = dict[str, Any]


class Present(Struct, frozen=True):
    """How things stand at a moment, read in one transaction: the show's row, the live deal's, how it sells, who helps.

    `team` counts those who took one of the live deal for the team. `cleared` is the stall before it, where that is
    known.
    """

    show: Row[Any]
    deal: Row[Any] | None
    pace: Pace | None
    stall: StallCase | None
    at: datetime
    help: Help = NO_HELP
    team: int = 0
    cleared: Cleared | None = None

    @property
    def phase(self) -> Phase:
        """What the public is told of the show."""
        return phase(as_set(self.show), None if self.pace is None else self.pace.offer.left)


def as_set(row: Row[Any]) -> Show:
    """How the show is set, by its row."""
    return Show(row.mode, row.started, row.paused, row.stopping)


def deadline_of(deal: Row[Any]) -> Deadline:
    """When this deal has to end."""
    return Deadline(deal.ends_at, deal.time_left)


def stall_clock(deal: Row[Any]) -> StallClock:
    """The times of this deal's stall."""
    return StallClock(deal.selling_since, deal.still_since, deal.stalled_since, deal.pot_until)


def longest(deal: Row[Any]) -> timedelta | None:
    """How long this deal may stay in a Woot-Off."""
    return None if deal.max_minutes is None else timedelta(minutes=deal.max_minutes)


def on_stage(present: Present, show: Show, zone: ZoneInfo) -> OnStage | None:
    """The live deal as the rotation sees it."""
    deal, pace = present.deal, present.pace
    if deal is None or pace is None:
        return None
    ought = right_end(show, deadline_of(deal), longest(deal), present.at, zone)
    return OnStage(deal.id, pace.offer.left, deal.ends_at, ought, deal.told_sold_out, present.stall)


async def read_present(connection: AsyncConnection, now: datetime) -> Present:
    """How things stand. Give it a REPEATABLE READ transaction where the parts must fit together."""
    show = await show_row(connection)
    deal = (await connection.execute(with_photos().where(deals.c.state == "live"))).one_or_none()
    pace = None if deal is None else await read_pace(connection, deal.id, now)
    stall = None if deal is None or pace is None else await read_stall(connection, deal, pace, now)
    if deal is None:
        return Present(show, None, None, None, now)
    help_ = await count_help(connection, deal.id)
    return Present(show, deal, pace, stall, now, help_, await count_team(connection, deal.id))


def with_photos() -> Select[Any]:
    """A query for deals and what is known of their photos, to be narrowed."""
    query = select(deals, photos.c.alt, pictures.c.largest).outerjoin(photos, photos.c.token == deals.c.photo)
    return query.outerjoin(pictures, pictures.c.digest == photos.c.digest)


def snapshot(present: Present, *, watching: int) -> Snapshot:
    """The public contract's snapshot, without its id."""
    show, deal, pace = present.show, present.deal, present.pace
    next_at = None
    if deal is None or pace is None:
        shown: Snapshot = {"deal": None, "stock": None, "pace": None}
    else:
        # A pause puts off the end, or has the deal end with it: nobody can be told when.
        ends_at = None if show.paused else deal.ends_at
        waits_for_midnight = present.phase == "sold-out" and show.mode == "daily"
        next_at = ends_at if waits_for_midnight else None
        shown = {"deal": public_deal(deal, ends_at), "stock": stock(deal, pace), "pace": _pace(pace)}
    return {
        "show": {"mode": show.mode, "phase": present.phase, "next_at": next_at and rfc3339(next_at)},
        **shown,
        "crowd": crowd(present, watching),
        "stall": stall(present),
        "cleared": present.cleared and present.cleared.document(),
    }


def stock_update(present: Present, *, watching: int) -> Snapshot | None:
    """The `stock` event: what moves while a deal is live."""
    if present.deal is None or present.pace is None:
        return None
    return {
        "deal_id": present.deal.id,
        "stock": stock(present.deal, present.pace),
        "pace": _pace(present.pace),
        "crowd": crowd(present, watching),
        "stall": stall(present),
    }


def live_version(present: Present) -> str:
    """Grows with every change of what is live, of the phase, and of when the deal ends."""
    return f"{present.show.revision:016d}"


def stock_version(present: Present, now: datetime) -> str:
    """Grows with every sale, and between sales with the time of reading."""
    revision = present.pace.offer.revision if present.pace else 0
    return f"{present.show.revision:016d}.{revision:016d}.{int(now.timestamp() * 1000):016d}"


def stock(deal: Row[Any], pace: Pace) -> Snapshot:
    """What is left: whole percent, rounded up so that 0 means none; units only where the merchandiser shows them."""
    left, quantity = pace.offer.left, pace.offer.terms.quantity
    return {
        "left_percent": -(-left * 100 // quantity),
        "left": left if deal.stock_display == "exact" else None,
    }


def stall(present: Present) -> Snapshot | None:
    """The deal that holds up the show: exactly how many to go, since when, what help brings for each unit, and the pot
    as long as it can be won, with its deadline: none during a pause, which puts it off. The last is at the pace of a
    longer while than the minute that `pace` is about.
    """
    deal, case = present.deal, present.stall
    if deal is None or case is None or case.stalled_since is None or case.left == 0:
        return None
    at_stake = deal.pot is not None and can_be_won(case.pot_until, deal.still_since or present.at)
    deadline = case.pot_until if at_stake and not present.show.paused else None
    return {
        "to_go": case.left,
        "since": rfc3339(case.stalled_since),
        "reward": Money(case.reward, deal.currency).document() if case.reward else None,
        "pot": Money(deal.pot, deal.currency).document() if at_stake else None,
        "pot_until": deadline and rfc3339(deadline),
        "sells_out_in_seconds": seconds_to_go(case),
    }


def crowd(present: Present, watching: int) -> Snapshot:
    """Who is here, and what links have sold of the live deal; `team` counts who took one only to move on."""
    helped = {"helpers": present.help.helpers, "helped_units": present.help.units}
    return {"watching": watching, **helped, "team": present.team}


def _pace(pace: Pace) -> Snapshot:
    return {
        "per_minute": pace.per_minute,
        "quickest_seconds": pace.quickest_seconds,
        "sells_out_in_seconds": pace.sells_out_in_seconds,
    }


def public_deal(deal: Row[Any], ends_at: datetime | None) -> Snapshot:
    """A deal that is, or was, on stage, by its row of `with_photos`."""

    def money(amount: int | None) -> dict[str, object] | None:
        return None if amount is None else Money(amount, deal.currency).document()

    return {
        "id": deal.id,
        "title": deal.title,
        "tagline": deal.tagline,
        "story_html": story_html(deal.story),
        "condition": deal.condition,
        "photo": photo_document(deal.photo, deal.largest, deal.alt),
        "price": money(deal.price),
        "list_price": money(deal.list_price),
        "shipping": money(deal.shipping),
        "limit": deal.unit_limit,
        "started_at": rfc3339(deal.started_at),
        "ends_at": ends_at and rfc3339(ends_at),
    }
