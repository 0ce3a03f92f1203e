"""Giving a deal its photo, describing it, and clearing away those that no deal needs any more."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct
from sqlalchemy import delete, exists, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.inventory.changes import Who, note_change
from app.inventory.editing import DealIsOver
from app.inventory.photos.keeping import Photo, keep_photo, photo_document
from app.inventory.tables import deals, photos, pictures, shows
from app.inventory.turns import PHOTOS, SHOW
from app.platform.errors import NotFound, Problem
from app.platform.lease import take_turns

KEPT_FOR = timedelta(days=7)  # after no deal needs it, so that a change can be undone


class NoPhotoYet(Problem):
    """The deal has no photo yet, so there is nothing to describe. Choose a photo as well."""

    status = 422
    title = "There is no photo yet"


class DealPhoto(Struct, frozen=True):
    """A deal with its photo as the snapshot has it; `token` is None where it has none."""

    deal_id: int
    title: str
    state: str
    token: str | None
    alt: str
    photo: dict[str, Any]

    @property
    def may_change(self) -> bool:
        """Whether it waits or is live."""
        return self.state in ("queued", "live")


async def read_deal_photo(connection: AsyncConnection, deal_id: int) -> DealPhoto:
    """A deal's photo as it is now. Raises NotFound."""
    return _deal_photo(await _row(connection, deal_id))


async def check_may_change(connection: AsyncConnection, deal_id: int) -> DealPhoto:
    """As read_deal_photo. Raises DealIsOver too, before anybody goes to the trouble of making a photo."""
    found = await read_deal_photo(connection, deal_id)
    if not found.may_change:
        raise DealIsOver(f"Deal {deal_id} is {found.state}.")
    return found


async def set_photo(
    connection: AsyncConnection, deal_id: int, photo: Photo, *, who: Who, now: datetime
) -> DealPhoto:
    """Give a queued or live deal a photo, under a new address. Raises NotFound, DealIsOver."""
    before = await _hold(connection, deal_id)
    token = await keep_photo(connection, photo, now)
    await connection.execute(update(deals).where(deals.c.id == deal_id).values(photo=token))
    return await _changed(connection, before, who, now)


async def describe_photo(
    connection: AsyncConnection, deal_id: int, alt: str, *, who: Who, now: datetime
) -> DealPhoto:
    """Say what is to be seen on a deal's photo. Raises NotFound, DealIsOver, NoPhotoYet."""
    before = await _hold(connection, deal_id)
    if before.token is None:
        raise NoPhotoYet
    if before.alt == alt:
        return before
    await connection.execute(update(photos).where(photos.c.token == before.token).values(alt=alt))
    return await _changed(connection, before, who, now)


async def put_photo_back(
    connection: AsyncConnection, deal_id: int, *, before: Mapping[str, Any], after: Mapping[str, Any]
) -> bool:
    """Take a change of a photo back, given as the trail has it; answers whether what it left is still so and what was
    before is still kept. The caller has the photos' turn. Raises NotFound, DealIsOver."""
    now_there = await _hold(connection, deal_id)
    shown = {"photo": now_there.token, "photo_alt": now_there.alt}
    if any(shown[field] != value for field, value in after.items()):
        return False
    if "photo" not in before:
        is_it = photos.c.token == now_there.token
        await connection.execute(update(photos).where(is_it).values(alt=before["photo_alt"]))
    elif before["photo"] is None or await _is_kept(connection, before["photo"]):
        is_deal = deals.c.id == deal_id
        await connection.execute(update(deals).where(is_deal).values(photo=before["photo"]))
    else:
        return False
    await _show_anew(connection, now_there.state)
    return True


async def sweep_photos(connection: AsyncConnection, now: datetime) -> int:
    """Remove the photos that no deal has needed for a week, and pictures without photos; answers how many photos.

    A deal that waits, is live or has ended needs its photo; one that was withdrawn does not.
    """
    await take_turns(connection, PHOTOS)
    is_needed = exists().where(deals.c.photo == photos.c.token, deals.c.state != "withdrawn")
    await connection.execute(
        update(photos).where(photos.c.dropped_at.is_not(None), is_needed).values(dropped_at=None)
    )
    await connection.execute(
        update(photos).where(photos.c.dropped_at.is_(None), ~is_needed).values(dropped_at=now)
    )
    old = select(photos.c.token).where(photos.c.dropped_at <= now - KEPT_FOR)
    withdrawn = update(deals).where(deals.c.state == "withdrawn", deals.c.photo.in_(old))
    await connection.execute(withdrawn.values(photo=None))
    gone = await connection.execute(delete(photos).where(photos.c.token.in_(old)))
    is_shown = exists().where(photos.c.digest == pictures.c.digest)
    await connection.execute(delete(pictures).where(~is_shown))
    return gone.rowcount


async def _hold(connection: AsyncConnection, deal_id: int) -> DealPhoto:
    """The deal, which nobody else can change or open or end before this transaction is over."""
    await take_turns(connection, PHOTOS)
    await take_turns(connection, SHOW)
    held = select(deals.c.id).where(deals.c.id == deal_id).with_for_update()
    await connection.execute(held)
    return await check_may_change(connection, deal_id)


async def _changed(connection: AsyncConnection, before: DealPhoto, who: Who, now: datetime) -> DealPhoto:
    after = await read_deal_photo(connection, before.deal_id)
    await note_change(
        connection,
        who=who,
        action="photo",
        deal_id=before.deal_id,
        before={"photo": before.token, "photo_alt": before.alt},
        after={"photo": after.token, "photo_alt": after.alt},
        now=now,
    )
    await _show_anew(connection, before.state)
    return after


async def _show_anew(connection: AsyncConnection, state: str) -> None:
    """Everyone sees a live deal's photo, so it is a change of what is live."""
    if state == "live":
        await connection.execute(update(shows).values(revision=shows.c.revision + 1))


async def _is_kept(connection: AsyncConnection, token: str) -> bool:
    known = await connection.execute(select(photos.c.token).where(photos.c.token == token))
    return known.scalar() is not None


async def _row(connection: AsyncConnection, deal_id: int) -> Any:
    query = (
        select(deals.c.id, deals.c.title, deals.c.state, deals.c.photo, photos.c.alt, pictures.c.largest)
        .outerjoin(photos, photos.c.token == deals.c.photo)
        .outerjoin(pictures, pictures.c.digest == photos.c.digest)
        .where(deals.c.id == deal_id)
    )
    if (row := (await connection.execute(query)).one_or_none()) is None:
        raise NotFound
    return row


def _deal_photo(row: Any) -> DealPhoto:
    shown = photo_document(row.photo, row.largest, row.alt)
    return DealPhoto(row.id, row.title, row.state, row.photo, row.alt or "", shown)
