"""Becoming friends: the one step that changes two lists, in one transaction that both take turns for."""

from datetime import datetime

from sqlalchemy import delete, func, insert, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.identity import SignInRequired
from app.platform.errors import Problem
from app.platform.lease import take_turns
from app.sharing.friend_invitations import InvitationOver, living, turn_of
from app.sharing.friend_list import Friend, friends_of
from app.sharing.friend_rules import MOST_FRIENDS, in_order
from app.sharing.friend_tables import friend_invitations, friendships


class FriendsListFull(Problem):
    """A friends list has room for a hundred people. One of the two lists is full: take somebody off first."""

    status = 409
    title = "That friends list is full"


async def accept(
    connection: AsyncConnection, invitation_id: str, shopper_id: int, now: datetime, *, by_link: bool
) -> Friend:
    """Accept an invitation; who is on the list now. Twice is the same as once.

    `by_link`: they have shown its link; else it must be to the address of their account. Raises InvitationOver, also
    where it is not for them or their own, FriendsListFull, and SignInRequired where their account is gone.
    """
    inviter_id = await _inviter_of(connection, invitation_id, shopper_id)
    for one in in_order(inviter_id, shopper_id):
        await take_turns(connection, turn_of(one))
    emails = await living(connection, [inviter_id, shopper_id])  # neither account is deleted meanwhile
    if shopper_id not in emails:
        raise SignInRequired
    friend = await _friend(connection, shopper_id, inviter_id)
    if friend is None or friend.id != invitation_id:
        await _check(connection, invitation_id, emails, shopper_id, now, by_link=by_link)
    if friend is None:
        await _make_room(connection, inviter_id, shopper_id)
        one_id, other_id = in_order(inviter_id, shopper_id)
        values = {"id": invitation_id, "one_id": one_id, "other_id": other_id, "since": now}
        await connection.execute(insert(friendships).values(values))
        friend = await _friend(connection, shopper_id, inviter_id)
    await _use_up(connection, invitation_id)
    assert friend is not None, "both have an account, and are friends"
    return friend


async def _inviter_of(connection: AsyncConnection, invitation_id: str, shopper_id: int) -> int:
    """Who invited; also where it was accepted already, by this very shopper."""
    if "\0" in invitation_id:
        raise InvitationOver
    asked = select(friend_invitations.c.inviter_id).where(friend_invitations.c.id == invitation_id)
    inviter_id: int | None = await connection.scalar(asked)
    if inviter_id is None:
        pair = (friendships.c.one_id, friendships.c.other_id)
        mine = or_(*(side == shopper_id for side in pair))
        row = (
            await connection.execute(select(*pair).where(friendships.c.id == invitation_id, mine))
        ).one_or_none()
        inviter_id = None if row is None else sum(row) - shopper_id
    if inviter_id is None or inviter_id == shopper_id:
        raise InvitationOver
    return inviter_id


async def _check(
    connection: AsyncConnection,
    invitation_id: str,
    emails: dict[int, str],
    shopper_id: int,
    now: datetime,
    *,
    by_link: bool,
) -> None:
    """It is there still, and for them. Raises InvitationOver."""
    holds = select(friend_invitations).where(
        friend_invitations.c.id == invitation_id,
        friend_invitations.c.declined_at.is_(None),
        friend_invitations.c.expires_at > now,
    )
    row = (await connection.execute(holds.with_for_update())).one_or_none()
    if row is None or row.inviter_id not in emails or not (by_link or row.email == emails[shopper_id]):
        raise InvitationOver


async def _make_room(connection: AsyncConnection, *both: int) -> None:
    for one in both:
        mine = or_(friendships.c.one_id == one, friendships.c.other_id == one)
        number = await connection.scalar(select(func.count()).select_from(friendships).where(mine))
        if (number or 0) >= MOST_FRIENDS:
            raise FriendsListFull


async def _friend(connection: AsyncConnection, shopper_id: int, other_id: int) -> Friend | None:
    return next((one for one in await friends_of(connection, shopper_id) if one.shopper_id == other_id), None)


async def _use_up(connection: AsyncConnection, invitation_id: str) -> None:
    """This one, and no other: were one to an address to vanish too, its maker would learn whose address that is."""
    await connection.execute(delete(friend_invitations).where(friend_invitations.c.id == invitation_id))
