"""What is written when an order moves on: with it in one transaction its letter, and what the money ledger has to say.

Each is called with the order's file open, which holds its lock. The offer's row, for which every sale waits, is taken
last. `offers.revision` moves on where an order stands from now on, or stands no more.
"""

import secrets
from datetime import datetime

from msgspec.structs import asdict
from sqlalchemy import insert, update
from sqlalchemy.dialects.postgresql import insert as insert_new
from sqlalchemy.ext.asyncio import AsyncConnection

from app.identity import addressees_of, addresses_of
from app.notices import Letter, post
from app.payments import (
    Means,
    Money,
    Paid,
    Payment,
    Refunded,
    sums_by_order,
    write_charge,
    write_refund,
)
from app.platform.logging import get_logger
from app.sales.settlement import words
from app.sales.settlement.case import Change, Why, end_of_mending
from app.sales.settlement.docket import File, change
from app.sales.settlement.tables import (
    charge_attempts,
    order_addresses,
    refund_orders,
    shipments,
)
from app.sales.settlement.words import SiteWords
from app.sales.tables import offers, orders
from app.sales.units_back import Freed, free_units
from app.sharing import order_is_over, order_is_paid

log = get_logger(__name__)

STANDS = ("placed", "paid", "shipped")  # as records of sales count
MENDED = {"mend_until": None, "again": False, "words": "", "step_address": ""}


async def write_letter(connection: AsyncConnection, file: File, letter: Letter, now: datetime) -> None:
    """Put a letter to the order's shopper into the outbox; nobody gets one who has deleted their account."""
    known = await addressees_of(connection, [file.shopper_id])
    if file.shopper_id in known:
        await post(connection, letter, known[file.shopper_id], now)


async def copy_address(connection: AsyncConnection, file: File, site: SiteWords, now: datetime) -> None:
    """An order that is begun takes its shopper's address; where there is none, the shopper is asked for it."""
    if file.case.has_address:
        return
    given = (await addresses_of(connection, [file.shopper_id])).get(file.shopper_id)
    if given is None:
        asked = words.address_missing(file.order, file.case.grace_until, site)
        await write_letter(connection, file, asked, now)
        return
    copy = insert_new(order_addresses).values(order_id=file.order.id, **asdict(given))
    await connection.execute(copy.on_conflict_do_nothing())


async def write_attempt(
    connection: AsyncConnection, file: File, provider: str, means: Means, now: datetime
) -> None:
    """The next attempt, before the provider hears of it. The table refuses it while another may pay."""
    number = file.attempts + 1
    made = {"number": number, "provider": provider, "customer": means.customer, "card": means.card}
    row = {"order_id": file.order.id, "state": "open", "made_at": now, **made}
    await connection.execute(insert(charge_attempts).values(**row))
    await change(connection, file.order.id, state="asked", attempt=number, again=False, tries=0)


async def write_cardless(connection: AsyncConnection, file: File, site: SiteWords, now: datetime) -> None:
    """There is no card to charge."""
    until = end_of_mending(file.case, now)
    await change(connection, file.order.id, state="cardless", mend_until=until, again=False)
    await write_letter(connection, file, words.card_missing(file.order, until, site), now)


async def write_free_of_charge(
    connection: AsyncConnection, file: File, site: SiteWords, now: datetime
) -> None:
    """Nothing is to be paid, so it is paid."""
    await _become_paid(connection, file, site, now)


async def write_paid(
    connection: AsyncConnection, file: File, paid: Paid, site: SiteWords, now: datetime
) -> None:
    """The attempt was paid. An order that waited for a card, or was given up for want of one, stays."""
    attempt = file.case.attempt
    assert attempt is not None, "only what was written down is asked for"
    if paid.amount != Money(file.order.total, file.order.currency):
        log.error("another amount was paid than was asked for", order_id=file.order.id, paid=str(paid.amount))
    payment = Payment(attempt.provider, file.order.id, paid.reference)
    await write_charge(connection, payment, paid.amount, now)
    await _write_attempt_state(connection, file, "paid", paid.reference)
    await _become_paid(connection, file, site, now)


async def _become_paid(connection: AsyncConnection, file: File, site: SiteWords, now: datetime) -> None:
    stays = file.why in ("", "card", "step")
    ended = {"ending": "", "why": ""} if stays else {"ending": "refunding"}
    await change(connection, file.order.id, state="paid", **MENDED, **ended)
    await write_letter(connection, file, words.receipt(file.order, site), now)
    await order_is_paid(connection, file.order.id, now)
    await write_status(connection, file, "paid")


async def write_change(
    connection: AsyncConnection,
    file: File,
    changed: Change,
    reference: str | None,
    site: SiteWords,
    now: datetime,
) -> None:
    """A decline, or a step that the bank wants. Said once: asked again, the provider says the same again."""
    case = file.case
    await _write_attempt_state(
        connection, file, "cancelled" if changed.attempt_is_over else "open", reference
    )
    if (case.state, case.status) == (changed.state, changed.status):
        return
    until = end_of_mending(case, now)
    how = {"state": changed.state, "words": changed.words, "step_address": changed.step_address}
    await change(connection, file.order.id, **how, mend_until=until, tries=0)
    if not case.ending and not case.again:
        if changed.state == "step":
            letter: Letter = words.step_wanted(file.order, until, site)
        else:
            letter = words.card_declined(file.order, changed.words, until, site)
        await write_letter(connection, file, letter, now)
    await write_status(connection, file, changed.status)


async def write_withdrawn(connection: AsyncConnection, file: File, reference: str | None) -> None:
    """The attempt will never be paid: the way is free for another, or for giving up the unit."""
    await _write_attempt_state(connection, file, "cancelled", reference)


async def write_reference(connection: AsyncConnection, file: File, reference: str | None) -> None:
    """What the provider calls the attempt, though nothing else is known of it."""
    await _write_attempt_state(connection, file, "open", reference)


async def write_ending(connection: AsyncConnection, file: File, why: Why) -> None:
    """From now on the order is being cancelled."""
    await change(connection, file.order.id, **ending_of(file, why))


def ending_of(file: File, why: Why) -> dict[str, str]:
    """How the row says that an order is being cancelled."""
    return {
        "ending": "refunding" if file.case.state == "paid" and file.order.total else "cancelling",
        "why": why,
    }


async def write_refund_order(connection: AsyncConnection, file: File, amount: int, now: datetime) -> None:
    """All that is kept goes back, under a key that is the same whenever it is sent."""
    key = f"{file.order.id}.back.{secrets.token_urlsafe(9)}"
    row = {"id": key, "order_id": file.order.id, "amount": amount, "why": ""}
    await connection.execute(insert(refund_orders).values(**row, state="due", asked_at=now))
    await change(connection, file.order.id, ending="refunding")


async def write_refunded(
    connection: AsyncConnection, file: File, made: Refunded, site: SiteWords, now: datetime
) -> None:
    """The provider gave money back."""
    case = file.case
    assert case.attempt is not None, "nothing is given back that was not paid"
    assert case.attempt.reference is not None, "what is paid has a name"
    assert case.refund is not None, "it was asked for"
    payment = Payment(case.attempt.provider, file.order.id, case.attempt.reference)
    await write_refund(connection, payment, made.reference, made.amount, now)
    mine = refund_orders.c.id == case.refund.id
    done = {"state": "made", "name": made.reference, "done_at": now}
    await connection.execute(update(refund_orders).where(mine).values(**done))
    await change(connection, file.order.id, tries=0)
    if case.refund.asked_by is None:
        return  # the letter comes when the order is cancelled
    await write_letter(connection, file, words.refund_sent(file.order, made.amount, site), now)
    # Not by what is left to be asked for: of two parts that are due, only the second leaves nothing. And an order that
    # is being cancelled ends as that, or its unit would never be free.
    if not case.ending and case.status in ("paid", "shipped") and await _all_is_back(connection, file):
        await order_is_over(connection, file.order.id, now)
        await write_status(connection, file, "refunded")


async def _all_is_back(connection: AsyncConnection, file: File) -> bool:
    sums = (await sums_by_order(connection, [file.order.id])).get(file.order.id, [])
    return all(one.net.amount == 0 for one in sums)


async def write_refund_refused(connection: AsyncConnection, file: File, now: datetime) -> None:
    """The provider will not, so somebody of the staff has to look. An order that was to be cancelled stays."""
    assert file.case.refund is not None, "it was asked for"
    mine = refund_orders.c.id == file.case.refund.id
    await connection.execute(update(refund_orders).where(mine).values(state="refused", done_at=now))
    await change(connection, file.order.id, ending="", why="", tries=0)


async def write_shipped(connection: AsyncConnection, file: File, site: SiteWords, now: datetime) -> None:
    """Its letter."""
    told = update(shipments).where(shipments.c.order_id == file.order.id).values(told=True)
    row = (await connection.execute(told.returning(shipments))).one()
    await write_letter(connection, file, words.shipped(file.order, row.carrier, row.tracking, site), now)


async def write_cancelled(
    connection: AsyncConnection, file: File, site: SiteWords, now: datetime
) -> Freed | None:
    """The end: nothing can be paid any more, what was paid has gone back, and the units are free."""
    await change(connection, file.order.id, state="cancelled", ending="", **MENDED)
    given_back = file.order.total if file.case.attempt is not None else 0
    await write_letter(connection, file, words.cancelled(file.order, file.why, given_back, site), now)
    await order_is_over(connection, file.order.id, now)
    return await free_units(connection, file.order, file.shopper_id)


async def write_status(connection: AsyncConnection, file: File, status: str) -> None:
    """The order's own status, where it changes. Call it last."""
    if status == file.order.status:
        return
    await connection.execute(update(orders).where(orders.c.id == file.order.id).values(status=status))
    if (status in STANDS) != (file.order.status in STANDS):
        moved_on = {"revision": offers.c.revision + 1}
        await connection.execute(
            update(offers).where(offers.c.deal_id == file.order.deal_id).values(**moved_on)
        )


async def _write_attempt_state(
    connection: AsyncConnection, file: File, state: str, reference: str | None
) -> None:
    attempt = file.case.attempt
    assert attempt is not None, "only what was written down is asked for"
    name = reference or attempt.reference
    if (state, name) == ("open", attempt.reference):
        return
    mine = (charge_attempts.c.order_id == file.order.id, charge_attempts.c.number == attempt.number)
    await connection.execute(update(charge_attempts).where(*mine).values(state=state, reference=name))
