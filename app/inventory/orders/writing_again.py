"""Sending an order's receipt, or word that it was shipped, once more: for whoever says that it never came."""

from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy.ext.asyncio import AsyncConnection

from app.inventory.changes import Who
from app.inventory.orders.finding import one_order
from app.inventory.orders.story import read_story_at_desk
from app.inventory.orders.trail import changes_of_order, note_orders
from app.notices import Addressee, Letter, post
from app.platform.errors import Problem
from app.platform.lease import take_turns
from app.sales import SiteWords
from app.sales.desk import receipt_letter, shipping_letter

Again = Literal["receipt", "shipped"]
BREAK = timedelta(minutes=1)


class NothingToSend(Problem):
    """There is no such mail of this order: a receipt is of an order that was paid, and word that it was shipped is of
    one that was. Or its shopper's account is gone, and with it the address."""

    status = 409
    title = "There is nothing to send"


class JustSent(Problem):
    """Somebody at the desk has sent this mail again within the last minute. It may take that long to arrive."""

    status = 409
    title = "It was sent just now"


async def send_again(
    connection: AsyncConnection, order_id: str, mail: Again, site: SiteWords, *, who: Who, now: datetime
) -> Addressee:
    """Put the mail into the outbox once more, in this transaction; answers to whom it goes.

    Raises NotFound, NothingToSend, and JustSent where two people press at once.
    """
    await take_turns(connection, f"mails of {order_id!r}")
    one = await one_order(connection, order_id)
    order = one.found.order
    if one.shopper is None:
        raise NothingToSend("The shopper's account is gone.")
    letter = await _letter(connection, order_id, mail, site, now)
    for change in await changes_of_order(connection, order):
        if change.action == "resend" and change.after.get("mail") == mail and now - change.at < BREAK:
            raise JustSent(f"{change.person_name} has sent it again within the last minute.")
    await post(connection, letter, one.shopper, now)
    await note_orders(connection, "resend", [order], {"mail": mail}, who=who, now=now)
    return one.shopper


async def _letter(
    connection: AsyncConnection, order_id: str, mail: Again, site: SiteWords, now: datetime
) -> Letter:
    """Raises NothingToSend."""
    told = await read_story_at_desk(connection, order_id, now)
    order = told.order.found.order
    if mail == "receipt":
        if order.status not in ("paid", "shipped"):
            raise NothingToSend("The order is not paid.")
        return receipt_letter(order, site)
    if told.story.shipped_at is None:
        raise NothingToSend("The order is not shipped.")
    return shipping_letter(order, told.story.carrier, told.story.tracking, site)
