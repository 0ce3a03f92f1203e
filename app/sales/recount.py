"""The one recovery for everything: close the gate, count again, open it.

Whatever went wrong (Redis lost, emptied or restored from an old file, a process dead with units in hand, a lost reply)
the answer is the same. Moving the epoch on waits for the groups that hold the offer's row and fails all later ones;
what was admitted and never recorded was promised to nobody, so it simply counts as unsold.
"""

import asyncio
from contextlib import suppress
from dataclasses import dataclass

from sqlalchemy import case, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from app.platform.logging import get_logger
from app.sales.gate import Gate, GateLostError, Holding
from app.sales.offers import Offer, read_offer
from app.sales.tables import offers, orders

log = get_logger(__name__)

OTHERS_TURN_SECONDS = 3.0  # how long another process's recount is waited for before it is taken over
LOOK_AGAIN_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class Opened:
    """The gate is open under this epoch."""

    epoch: int


@dataclass(frozen=True, slots=True)
class NotOnOffer:
    """The deal is closed or paused: its gate stays shut."""

    offer: Offer


async def recount(engine: AsyncEngine, gate: Gate, deal_id: int, seen_epoch: int) -> Opened | NotOnOffer:
    """Replace the gate of `seen_epoch`, or adopt the one that another process is opening instead of it.

    Raises what PostgreSQL raises, and GateLostError: then nothing is open, and it can be called again.
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
            epoch = await _count_again(engine, gate, deal_id, seen_epoch)
            if epoch is not None:
                return Opened(epoch)
        elif await _is_opened_by_another(gate, deal_id, offer.epoch):
            return Opened(offer.epoch)
        else:
            seen_epoch = offer.epoch  # whoever began this epoch did not finish in time: our turn


async def _count_again(engine: AsyncEngine, gate: Gate, deal_id: int, seen_epoch: int) -> int | None:
    move_on = (
        update(offers)
        .where(offers.c.deal_id == deal_id, offers.c.epoch == seen_epoch, offers.c.closed_at.is_(None))
        .where(offers.c.paused.is_(False))
        .values(epoch=offers.c.epoch + 1, revision=offers.c.revision + 1)
        .returning(offers.c.epoch, (offers.c.quantity - offers.c.sold).label("left"))
    )
    units = case((orders.c.status == "cancelled", 0), else_=orders.c.quantity)  # its key stays known
    held = select(orders.c.shopper_id, orders.c.idempotency_key, units).where(orders.c.deal_id == deal_id)
    async with engine.begin() as connection:
        row = (await connection.execute(move_on)).one_or_none()
        if row is None:
            return None
        holdings = [Holding(*order) for order in await connection.execute(held)]
    await gate.open(deal_id, row.epoch, row.left, holdings)
    log.info("recounted", deal_id=deal_id, epoch=row.epoch, left=row.left, orders=len(holdings))
    return int(row.epoch)


async def _is_opened_by_another(gate: Gate, deal_id: int, epoch: int) -> bool:
    for _ in range(int(OTHERS_TURN_SECONDS / LOOK_AGAIN_SECONDS)):
        if await gate.left(deal_id, epoch) is not None:
            return True
        await asyncio.sleep(LOOK_AGAIN_SECONDS)
    return False
