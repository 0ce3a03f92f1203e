"""The crowd's pot, as far as the show decides it: won where the deal sold its last unit before the deadline."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.inventory.stall import can_be_won
from app.inventory.tables import deals
from app.payments import Money
from app.sales import read_last_order_at, read_offer
from app.sharing import issue_pot


async def win_pot(connection: AsyncConnection, deal_id: int, now: datetime) -> bool:
    """Whether the crowd has won this deal's pot just now: to be asked when it is sold out or over; repeat it freely.

    It is decided by when the last unit was sold, as the books have it, and not by when somebody looks: all processes
    may have been down in between.
    """
    deal = (await connection.execute(select(deals).where(deals.c.id == deal_id))).one()
    if deal.pot is None or deal.pot_until is None:
        return False
    offer = await read_offer(connection, deal_id)
    if offer is None or offer.left > 0:
        return False
    sold_at = await read_last_order_at(connection, deal_id)
    if sold_at is None or not can_be_won(deal.pot_until, sold_at):
        return False
    return await issue_pot(connection, deal_id, Money(deal.pot, deal.currency), now)
