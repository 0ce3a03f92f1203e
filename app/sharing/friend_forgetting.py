"""What is left on friends lists of those who are gone, and invitations that have run out. Each step is safe to repeat.

Nobody sees any of it meanwhile: whoever reads a list asks for an account behind every name.
"""

from datetime import datetime

from sqlalchemy import delete, text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.notices import take_back_mails
from app.sharing.friend_tables import friend_invitations

MAILS = text(
    """
    SELECT i.mail FROM friend_invitations i JOIN shoppers s ON s.id = i.inviter_id
    WHERE s.email IS NULL AND i.mail IS NOT NULL
    """
)
GONE = [
    text(f"DELETE FROM {table} t USING shoppers s WHERE s.id = t.{column} AND s.email IS NULL")  # noqa: S608 - ours
    for table, column in (
        ("friendships", "one_id"),
        ("friendships", "other_id"),
        ("friend_invitations", "inviter_id"),
        ("recommendations", "shopper_id"),
    )
]


async def forget_gone_friends(connection: AsyncConnection) -> None:
    """Drop all that those left there who have deleted their account; mails that still wait are not sent."""
    await take_back_mails(connection, (await connection.scalars(MAILS)).all())
    for statement in GONE:
        await connection.execute(statement)


async def forget_old_invitations(connection: AsyncConnection, now: datetime) -> None:
    """Drop those that have run out, and with them the addresses that were typed."""
    await connection.execute(delete(friend_invitations).where(friend_invitations.c.expires_at <= now))
