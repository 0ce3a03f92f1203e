"""The one recovery for everything: close the gate, count again, open it.

Whatever went wrong (Redis lost, emptied or restored from an old file, a process dead with units in hand, a lost reply)
the answer is the same. Moving the epoch on waits for the groups that hold the offer's row and fails all later ones;
what was admitted and never recorded was promised to nobody, so it simply counts as unsold. It takes as long after a
hundred thousand orders as after one: who holds what is not loaded, but asked of the ledger when somebody comes again.
"""

import asyncio
import time
from contextlib import suppress

from msgspec import Struct
from redis.asyncio import Redis
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncEngine

from app.platform.failpoints import reach
from app.platform.logging import get_logger
from app.sales import measures
from app.sales.gate import Gate, GateLostError
from app.sales.offers import Offer, open_deal_id, read_offer
from app.sales.tables import offers

log = get_logger(__name__)

OTHERS_TURN_SECONDS = 3.0  # how long another process's recount is waited for before it is taken over
LOOK_AGAIN_SECONDS = 0.02
LOOKS_BETWEEN = 10  # at the gate, before PostgreSQL is asked whether the epoch is still the one


class HalfwayError(GateLostError):
    """The new epoch has begun, but its gate could not be opened. Whoever tries again begins with `epoch`."""

    def __init__(self, epoch: int, reason: GateLostError) -> None:
        super().__init__(str(reason))
        self.epoch = epoch


class Opened(Struct, frozen=True):
    """The gate is open under this epoch, which began with so many orders, or fewer."""

    epoch: int
    orders: int = 0


class NotOnOffer(Struct, frozen=True):
    """The deal is closed or paused: its gate stays shut."""

    offer: Offer


class Recounted(Struct, frozen=True):
    """A gate that was counted again by hand: its epoch, the units it gives out, the orders it knows, the seconds."""

    deal_id: int
    epoch: int
    left: int
    orders: int
    seconds: float


async def recount_live(engine: AsyncEngine, redis: Redis, deal_id: int | None = None) -> Recounted | None:
    """Close, count and open the live deal's gate, as a fault would make it happen; None where it is not on sale.

    `deal_id` says which deal is meant. Raises what PostgreSQL raises, and GateLostError.
    """
    gate, began = Gate(redis), time.monotonic()
    async with engine.connect() as connection:
        live = await open_deal_id(connection)
        offer = None if live is None else await read_offer(connection, live)
    if offer is None or offer.paused or deal_id not in (None, offer.terms.deal_id):
        return None
    live = offer.terms.deal_id
    opened = await recount(engine, gate, live, offer.epoch)
    offer = await read_offer(engine, live)
    if offer is None or not isinstance(opened, Opened):
        return None
    return Recounted(live, opened.epoch, offer.left, offer.orders, time.monotonic() - began)


async def recount(engine: AsyncEngine, gate: Gate, deal_id: int, seen_epoch: int) -> Opened | NotOnOffer:
    """Replace the gate of `seen_epoch`, or adopt the one that another process is opening instead of it.

    Raises what PostgreSQL raises, and GateLostError: then nothing is open, and it can be called again; with the new
    epoch where that has begun (HalfwayError).
    """
    while True:
        offer = await read_offer(engine, deal_id)
        if offer is None or offer.closed_at is not None or offer.paused:
            assert offer is not None, "a deal that was on offer stays in the books"
            with suppress(GateLostError):  # it is only tidying: the new epoch keeps it from selling
                await gate.close(deal_id, seen_epoch)
            return NotOnOffer(offer)
        if offer.epoch == seen_epoch:
            # First, so that without Redis the epoch stays as it is, and nobody waits for a gate that cannot be opened.
            await gate.close(deal_id, seen_epoch)
            opened = await _count_again(engine, gate, deal_id, seen_epoch)
            if opened is not None:
                return opened
        elif await _is_opened_by_another(engine, gate, deal_id, offer.epoch):
            return Opened(offer.epoch, offer.orders)
        else:
            seen_epoch = offer.epoch  # whoever began this epoch did not finish in time: our turn


async def _count_again(engine: AsyncEngine, gate: Gate, deal_id: int, seen_epoch: int) -> Opened | None:
    began = time.monotonic()
    move_on = (
        update(offers)
        .where(offers.c.deal_id == deal_id, offers.c.epoch == seen_epoch, offers.c.closed_at.is_(None))
        .where(offers.c.paused.is_(False))
        .values(epoch=offers.c.epoch + 1, revision=offers.c.revision + 1)
        .returning(offers.c.epoch, offers.c.orders, (offers.c.quantity - offers.c.sold).label("left"))
    )
    async with engine.begin() as connection:
        row = (await connection.execute(move_on)).one_or_none()
    if row is None:
        return None
    await reach("during-recount")
    try:
        await gate.open(deal_id, row.epoch, row.left)
    except GateLostError as error:
        raise HalfwayError(row.epoch, error) from error
    measures.recounted(time.monotonic() - began)
    log.info("recounted", deal_id=deal_id, epoch=row.epoch, left=row.left, orders=row.orders)
    return Opened(row.epoch, row.orders)


async def _is_opened_by_another(engine: AsyncEngine, gate: Gate, deal_id: int, epoch: int) -> bool:
    for turn in range(int(OTHERS_TURN_SECONDS / LOOK_AGAIN_SECONDS)):
        if await gate.left(deal_id, epoch) is not None:
            return True
        if turn % LOOKS_BETWEEN == LOOKS_BETWEEN - 1:
            offer = await read_offer(engine, deal_id)
            if offer is None or offer.epoch != epoch:
                return False  # nobody will open that one any more
        await asyncio.sleep(LOOK_AGAIN_SECONDS)
    return False
