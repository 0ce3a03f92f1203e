"""Invitations to a friends list: made, listed, looked at, and taken back or declined.

Nothing here looks for an account by an address that somebody typed, so nothing can tell whether there is one. An
invitation to an address is shown to whoever has signed in with it, and mailed to it.
"""

import secrets
from datetime import datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import Row, and_, delete, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from app.identity import SignInRequired
from app.notices import take_back_mails
from app.platform.errors import Problem
from app.platform.lease import take_turns
from app.sharing.friend_rules import LASTS, MOST_OPEN
from app.sharing.friend_tables import friend_invitations

LIVING = text(
    "SELECT id, email FROM shoppers WHERE id = ANY(:ids) AND email IS NOT NULL ORDER BY id FOR SHARE"
)
TO = text(
    """
    SELECT i.*, s.name FROM friend_invitations i JOIN shoppers s ON s.id = i.inviter_id
    JOIN shoppers me ON me.email = i.email
    WHERE me.id = :me AND i.inviter_id <> :me AND s.email IS NOT NULL AND i.declined_at IS NULL
        AND i.expires_at > :now AND NOT EXISTS (
            SELECT FROM friendships f
            WHERE f.one_id = least(i.inviter_id, me.id) AND f.other_id = greatest(i.inviter_id, me.id)
        )
    ORDER BY i.made_at DESC, i.id LIMIT :most
    """
)
OPEN = text(
    """
    SELECT i.*, s.name FROM friend_invitations i JOIN shoppers s ON s.id = i.inviter_id
    WHERE i.id = :id AND s.email IS NOT NULL AND i.declined_at IS NULL AND i.expires_at > :now
    """
)
DECLINE = text(
    """
    UPDATE friend_invitations i SET declined_at = :now FROM shoppers me
    WHERE i.id = :id AND me.id = :me AND me.email = i.email AND i.inviter_id <> :me AND i.declined_at IS NULL
    """
)

LEAVE = text(
    "DELETE FROM friendships WHERE id = :id AND (one_id = :me OR other_id = :me) RETURNING one_id, other_id"
)
SETTLE = text(
    """
    UPDATE friend_invitations i SET declined_at = :now FROM shoppers to_whom
    WHERE i.inviter_id = ANY(:both) AND to_whom.id = ANY(:both) AND to_whom.id <> i.inviter_id
        AND to_whom.email = i.email AND i.declined_at IS NULL
    """
)
TAKE_BACK = text(
    "DELETE FROM friend_invitations WHERE id = :id AND inviter_id = :me AND declined_at IS NULL RETURNING mail"
)
# One that was declined is kept, unseen by anybody: else whoever takes it back could ask at once again.
HIDE = text(
    """
    UPDATE friend_invitations SET taken_back_at = :now
    WHERE id = :id AND inviter_id = :me AND declined_at IS NOT NULL AND taken_back_at IS NULL
    """
)


class TooManyInvitations(Problem):
    """As many of your invitations as there may be wait for an answer. Take one back, or wait until one has run out."""

    status = 409
    title = "Too many invitations are open"


class InvitationOver(Problem):
    """The invitation was used, taken back or declined, it has run out, or it was never ours. Ask for another one."""

    status = 410
    title = "This invitation does not hold any more"


class Invitation(Struct, frozen=True):
    """One that its maker waits for. `email` is as they typed it; None: it is for whoever has its link."""

    id: str
    inviter_id: int
    email: str | None
    made_at: datetime
    expires_at: datetime
    is_declined: bool = False  # which its maker is not told


class Invited(Struct, frozen=True):
    """An invitation as whoever is invited sees it."""

    id: str
    inviter_id: int
    inviter: str  # a name
    made_at: datetime
    expires_at: datetime


async def invite(
    connection: AsyncConnection, inviter_id: int, email: str | None, now: datetime
) -> tuple[Invitation, bool]:
    """Invite an address (a clean one), or whoever will have the link; and whether that is new.

    The same address again is the same invitation, for as long as that lasts. One that was declined and taken back is
    made anew for its maker's eyes, and stays declined: nobody is asked twice by that way. Raises TooManyInvitations,
    and SignInRequired where the inviter has deleted their account meanwhile.
    """
    await take_turns(connection, turn_of(inviter_id))
    if inviter_id not in await living(connection, [inviter_id]):
        raise SignInRequired
    mine = friend_invitations.c.inviter_id == inviter_id
    await connection.execute(delete(friend_invitations).where(mine, friend_invitations.c.expires_at <= now))
    if email is not None:
        same = select(friend_invitations).where(mine, friend_invitations.c.email == email)
        row = (await connection.execute(same)).one_or_none()
        if row is not None and row.taken_back_at is None:
            return _invitation(row), False
    shown = friend_invitations.c.taken_back_at.is_(None)
    number = await connection.scalar(select(func.count()).select_from(friend_invitations).where(mine, shown))
    if (number or 0) >= MOST_OPEN:
        raise TooManyInvitations
    return await _make(connection, inviter_id, email, now), True


async def _make(connection: AsyncConnection, inviter_id: int, email: str | None, now: datetime) -> Invitation:
    """A new one; over one to the same address that was declined and taken back, it is declined, too."""
    fresh = {"id": secrets.token_urlsafe(12), "made_at": now, "expires_at": now + LASTS}
    row = insert(friend_invitations).values(fresh | {"inviter_id": inviter_id, "email": email})
    anew = fresh | {"taken_back_at": None, "mail": None}
    made = row.on_conflict_do_update(index_elements=["inviter_id", "email"], set_=anew)
    return _invitation((await connection.execute(made.returning(friend_invitations))).one())


async def note_mail(connection: AsyncConnection, invitation_id: str, mail: str) -> None:
    """This mail tells of the invitation: it waits no longer than that holds."""
    row = friend_invitations.update().where(friend_invitations.c.id == invitation_id)
    await connection.execute(row.values(mail=mail))


async def invitations_of(connection: AsyncConnection, inviter_id: int, now: datetime) -> list[Invitation]:
    """Those that somebody waits for, the newest first. One that was declined looks like one that was not answered."""
    mine = and_(
        friend_invitations.c.inviter_id == inviter_id,
        friend_invitations.c.expires_at > now,
        friend_invitations.c.taken_back_at.is_(None),
    )
    newest = (friend_invitations.c.made_at.desc(), friend_invitations.c.id)
    return [
        _invitation(row)
        for row in await connection.execute(select(friend_invitations).where(mine).order_by(*newest))
    ]


async def invitations_to(
    connection: AsyncConnection, shopper_id: int, now: datetime, *, most: int
) -> list[Invited]:
    """Those to the address of this shopper's account, the newest first."""
    rows = await connection.execute(TO, {"me": shopper_id, "now": now, "most": most})
    return [_invited(row) for row in rows]


async def open_invitation(connection: AsyncConnection, invitation_id: str, now: datetime) -> Invited | None:
    """An invitation that can be accepted, for whoever has its link; None where it is over."""
    row = (await connection.execute(OPEN, {"id": invitation_id, "now": now})).one_or_none()
    return None if row is None else _invited(row)


async def take_off(connection: AsyncConnection, entry_id: str, shopper_id: int, now: datetime) -> bool:
    """Have an entry on one's list no more: a friend, an invitation of one's own, or one to oneself, which is declined.

    The other side is not told. False where there is no such entry.
    """
    if "\0" in entry_id:
        return False
    await take_turns(connection, turn_of(shopper_id))  # an acceptance comes before this, or after
    who = {"id": entry_id, "me": shopper_id, "now": now}
    changed = await _leave(connection, who)
    mails = (await connection.scalars(TAKE_BACK, who)).all()
    await take_back_mails(connection, [mail for mail in mails if mail])
    changed += len(mails)
    for statement in (HIDE, DECLINE):
        changed += (await connection.execute(statement, who)).rowcount
    return changed > 0


async def _leave(connection: AsyncConnection, who: dict[str, Any]) -> int:
    """End a friendship, and what they still had open for each other: nobody is asked anew by who has just left."""
    left = (await connection.execute(LEAVE, who)).all()
    for row in left:
        await connection.execute(SETTLE, {"both": list(row), "now": who["now"]})
    return len(left)


async def decline(connection: AsyncConnection, invitation_id: str, now: datetime) -> None:
    """Whoever has its link says no. Harmless to repeat, and after it was accepted."""
    row = friend_invitations.update().where(
        friend_invitations.c.id == invitation_id, friend_invitations.c.declined_at.is_(None)
    )
    await connection.execute(row.values(declined_at=now))


async def living(connection: AsyncConnection, ids: list[int]) -> dict[int, str]:
    """The addresses of those among these who have an account, and keep it until the transaction ends."""
    return {row.id: row.email for row in await connection.execute(LIVING, {"ids": ids})}


def turn_of(shopper_id: int) -> str:
    """What a change of somebody's list takes turns by."""
    return f"friends of shopper {shopper_id}"


def _invitation(row: Row[Any]) -> Invitation:
    declined = row.declined_at is not None
    return Invitation(row.id, row.inviter_id, row.email, row.made_at, row.expires_at, declined)


def _invited(row: Row[Any]) -> Invited:
    return Invited(row.id, row.inviter_id, row.name, row.made_at, row.expires_at)
