"""How fast a deal sells, from the books."""

from datetime import datetime, timedelta

from msgspec import Struct
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.sales.offers import Offer, read_offer
from app.sales.tables import orders, sold_by_second

WINDOW = timedelta(seconds=60)


class Pace(Struct, frozen=True):
    """An offer and how it moves: units in the last minute, and seconds from opening to the first order."""

    offer: Offer
    per_minute: float
    quickest_seconds: float | None

    @property
    def sells_out_in_seconds(self) -> int | None:
        """Seconds until nothing is left at this pace; None while nothing sells."""
        return round(self.offer.left / self.per_minute * 60) if self.per_minute else None


async def read_pace(connection: AsyncConnection, deal_id: int, now: datetime) -> Pace | None:
    """The pace of a deal that is or was on offer."""
    offer = await read_offer(connection, deal_id)
    if offer is None:
        return None
    units = await read_units_since(connection, deal_id, now - WINDOW)
    return Pace(offer, float(units), _quickest(offer))


async def read_units_since(connection: AsyncConnection, deal_id: int, since: datetime) -> int:
    """How many units of a deal were sold after that moment, to the second; also those that came back since."""
    units = select(func.coalesce(func.sum(sold_by_second.c.units), 0))
    query = units.where(sold_by_second.c.deal_id == deal_id, sold_by_second.c.second > since)
    return int((await connection.execute(query)).scalar_one())


async def read_last_order_at(connection: AsyncConnection, deal_id: int) -> datetime | None:
    """When the last order of a deal was placed that was not cancelled since."""
    stands = select(orders.c.placed_at).where(orders.c.deal_id == deal_id, orders.c.status != "cancelled")
    found: datetime | None = (
        await connection.execute(stands.order_by(orders.c.place.desc()).limit(1))
    ).scalar()
    return found


def _quickest(offer: Offer) -> float | None:
    if offer.first_order_at is None:
        return None
    return round(max(0.0, (offer.first_order_at - offer.opened_at).total_seconds()), 1)
