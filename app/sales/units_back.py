"""Units of an order that is cancelled: out of the books, and back to the gate while the deal is on offer.

First the books, then the gate: so the gate never gives out what is not there. Whoever dies between the two leaves
units that are neither sold nor given out, and a recount finds those.
"""

from msgspec import Struct
from sqlalchemy import func, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.platform.logging import get_logger
from app.sales.gate import Gate, GateLostError
from app.sales.order import Order
from app.sales.tables import buyers, offers, orders

log = get_logger(__name__)


class Freed(Struct, frozen=True):
    """Units that nobody has any more. `epoch` is the gate's, where the deal is on offer; else they are the line's."""

    order_id: str
    deal_id: int
    shopper_id: int
    quantity: int
    epoch: int | None


async def free_units(connection: AsyncConnection, order: Order, shopper_id: int) -> Freed | None:
    """Cancel an order that holds units; None where it is cancelled already. `give_to_gate` follows the commit.

    Call it last: it holds the offer's row, for which every sale waits. Money that was paid has gone back before.
    """
    mine = (orders.c.id == order.id, orders.c.status != "cancelled")
    cancelled = await connection.execute(update(orders).where(*mine).values(status="cancelled"))
    if not cancelled.rowcount:
        return None
    back = {"sold": offers.c.sold - order.quantity, "revision": offers.c.revision + 1}
    fewer = update(offers).where(offers.c.deal_id == order.deal_id).values(**back)
    sells = func.coalesce(offers.c.closed_at.is_(None) & offers.c.paused.is_(False), False).label("sells")
    offer = (await connection.execute(fewer.returning(offers.c.epoch, sells))).one()
    held = (buyers.c.deal_id == order.deal_id, buyers.c.shopper_id == shopper_id)
    await connection.execute(update(buyers).where(*held).values(units=buyers.c.units - order.quantity))
    return Freed(order.id, order.deal_id, shopper_id, order.quantity, offer.epoch if offer.sells else None)


async def give_to_gate(gate: Gate, freed: Freed) -> None:
    """Let the gate give those units out again. Where it can not be told, a recount sees to it."""
    if freed.epoch is None:
        return
    try:
        await gate.free(freed.deal_id, freed.epoch, freed.order_id, freed.shopper_id, freed.quantity)
    except GateLostError as error:
        log.warning("units wait for a recount", deal_id=freed.deal_id, error=str(error))
