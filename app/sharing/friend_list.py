"""Who is on whose friends list. It is mutual: who leaves a list is taken off, and takes the other off their own."""

from datetime import datetime

from msgspec import Struct
from sqlalchemy import text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.sharing.friend_rules import in_order
from app.sharing.friend_tables import friendships

# Whoever has deleted their account is on no list, from that moment on.
OF = text(
    """
    SELECT f.id, s.id AS shopper_id, s.name, f.since,
        CASE WHEN f.one_id = :me THEN f.muted_by_one ELSE f.muted_by_other END AS muted
    FROM friendships f JOIN shoppers s ON s.id = CASE WHEN f.one_id = :me THEN f.other_id ELSE f.one_id END
    WHERE (f.one_id = :me OR f.other_id = :me) AND s.email IS NOT NULL ORDER BY s.name, f.id
    """
)
ARE = text(
    """
    SELECT EXISTS (
        SELECT FROM friendships f JOIN shoppers o ON o.id = f.one_id JOIN shoppers t ON t.id = f.other_id
        WHERE f.one_id = :one AND f.other_id = :other AND o.email IS NOT NULL AND t.email IS NOT NULL
    )
    """
)


class Friend(Struct, frozen=True):
    """Somebody on a list. `muted`: whose list it is does not hear what they recommend. They are not told."""

    id: str  # the friendship's
    shopper_id: int
    name: str
    since: datetime
    muted: bool


async def friends_of(connection: AsyncConnection, shopper_id: int) -> list[Friend]:
    """Everybody on this shopper's list, by name. At most a hundred."""
    rows = await connection.execute(OF, {"me": shopper_id})
    return [Friend(row.id, row.shopper_id, row.name, row.since, row.muted) for row in rows]


async def are_friends(connection: AsyncConnection, one_id: int, other_id: int) -> bool:
    """Whether these two are on each other's lists, and both have an account."""
    one, other = in_order(one_id, other_id)
    return bool(await connection.scalar(ARE, {"one": one, "other": other}))


async def mute_friend(connection: AsyncConnection, friendship_id: str, shopper_id: int, muted: bool) -> bool:
    """Not hear what a friend recommends, or hear it again; False where there is no such friend."""
    changed = 0
    for mine, column in (
        (friendships.c.one_id, friendships.c.muted_by_one),
        (friendships.c.other_id, friendships.c.muted_by_other),
    ):
        row = update(friendships).where(friendships.c.id == friendship_id, mine == shopper_id)
        changed += (await connection.execute(row.values({column: muted}))).rowcount
    return bool(changed)
