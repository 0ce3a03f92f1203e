"""The outbox: a mail is a row in the transaction of what it tells of, so neither is there without the other."""

import secrets
from collections.abc import Collection
from datetime import datetime

from msgspec import Struct
from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.notices.letter import Letter
from app.notices.rules import BY_NAME, EMAIL_TO_CONFIRM
from app.notices.tables import mails


class Addressee(Struct, frozen=True):
    """To whom. Without a `shopper_id` it is nobody's: the address is forgotten when the mail is out."""

    address: str
    name: str = ""
    shopper_id: int | None = None


class Kept(Struct, frozen=True):
    """What we know of a mail to somebody afterwards."""

    title: str
    address: str
    state: str
    created_at: datetime
    sent_at: datetime | None


async def post(
    connection: AsyncConnection, letter: Letter, to: Addressee, now: datetime, *, void: bool = False
) -> str:
    """Put `letter` into the outbox; the mail's id. A `void` one is never sent and keeps nothing: for callers whose work
    must not tell whether there is anybody to write to.
    """
    message_id = secrets.token_hex(16)
    await connection.execute(
        insert(mails).values(
            message_id=message_id,
            rule=letter.rule.name,
            shopper_id=None if void else to.shopper_id,
            name="" if void else to.name,
            address="" if void else to.address,
            subject=letter.headline,
            text="" if void else letter.text,
            way_out="" if void else letter.way_out,
            turn=letter.rule.turn,
            state="void" if void else "waiting",
            tries=0,
            created_at=now,
            due_at=now,
        )
    )
    return message_id


async def take_back(connection: AsyncConnection, shopper_id: int, *rules: str) -> None:
    """What waits for somebody under these rules is not sent any more: it is of no use, or not wanted.

    One that a mail server is being given at this moment may still arrive.
    """
    await connection.execute(
        update(mails)
        .where(mails.c.shopper_id == shopper_id, mails.c.state == "waiting", mails.c.rule.in_(rules))
        .values(state="void", text="", way_out="")
    )


async def take_back_mails(connection: AsyncConnection, message_ids: Collection[str]) -> None:
    """What waits of these mails, by the ids that `post` gave them, is not sent any more, and forgets to whom."""
    waits = mails.c.message_id.in_(message_ids), mails.c.state == "waiting"
    await connection.execute(
        update(mails).where(*waits).values(state="void", text="", way_out="", name="", address="")
    )


async def forget(connection: AsyncConnection, shopper_id: int) -> None:
    """Nothing in the outbox says any more who this was; what waits is not sent."""
    mine = mails.c.shopper_id == shopper_id
    await connection.execute(
        update(mails).where(mine, mails.c.state == "waiting").values(state="void", text="", way_out="")
    )
    await connection.execute(update(mails).where(mine).values(shopper_id=None, name="", address=""))


async def mails_to(connection: AsyncConnection, shopper_id: int) -> list[Kept]:
    """Every mail to somebody, oldest first; but those to addresses that they have yet to prove are theirs.

    Where such an address is another's there is no mail, and its absence would say so.
    """
    mine = mails.c.shopper_id == shopper_id, mails.c.rule != EMAIL_TO_CONFIRM.name
    return [
        Kept(
            BY_NAME[row.rule].title if row.rule in BY_NAME else row.rule,
            row.address,
            row.state,
            row.created_at,
            row.sent_at,
        )
        for row in await connection.execute(select(mails).where(*mine).order_by(mails.c.id))
    ]
