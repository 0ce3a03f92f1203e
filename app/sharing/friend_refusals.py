"""Mailboxes that want no invitations: kept as a digest that only the shop's secret can make, never as an address."""

from datetime import datetime

from sqlalchemy import delete, exists, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from app.platform.signing import Signer
from app.sharing.friend_tables import friend_refusals
from app.sharing.self_dealing import mailbox


def digest_of(signer: Signer, email: str) -> str:
    """What a mailbox is known by: the same for all spellings of one address."""
    return signer.sign("friend-mailbox", mailbox(email)).rpartition(".")[2]


async def is_refused(connection: AsyncConnection, digest: str) -> bool:
    """Whether no invitation is to go to the mailbox with this digest."""
    found = exists().where(friend_refusals.c.mailbox == digest)
    return bool(await connection.scalar(select(found)))


async def refuse(connection: AsyncConnection, digest: str, now: datetime) -> None:
    """Have none go there from now on. Safe to repeat."""
    row = insert(friend_refusals).values(mailbox=digest, since=now)
    await connection.execute(row.on_conflict_do_nothing())


async def allow_again(connection: AsyncConnection, digest: str) -> None:
    """Let them through again. Safe to repeat."""
    await connection.execute(delete(friend_refusals).where(friend_refusals.c.mailbox == digest))
