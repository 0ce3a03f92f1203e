"""Who helped to sell a deal, from the attributions that stand beside its orders."""

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.sharing.tables import attributions


@dataclass(frozen=True, slots=True)
class Helper:
    """A shopper whose link sold something, and how much."""

    shopper_id: int
    orders: int
    units: int


@dataclass(frozen=True, slots=True)
class Help:
    """How much of a deal was sold with help: by how many, how many units, and the first of them by units."""

    helpers: int
    units: int
    most: tuple[Helper, ...]


async def read_help(connection: AsyncConnection, deal_id: int, *, most: int) -> Help:
    """The help that a deal had, with at most `most` helpers one by one."""
    units = func.sum(attributions.c.units)
    query = (
        select(
            attributions.c.helper_id,
            func.count().label("orders"),
            units.label("units"),
            func.count().over().label("helpers"),
            func.sum(units).over().label("all_units"),
        )
        .where(attributions.c.deal_id == deal_id)
        .group_by(attributions.c.helper_id)
        .order_by(units.desc(), attributions.c.helper_id)
        .limit(most)
    )
    rows = (await connection.execute(query)).all()
    if not rows:
        return Help(0, 0, ())
    helpers = tuple(Helper(row.helper_id, row.orders, int(row.units)) for row in rows)
    return Help(rows[0].helpers, int(rows[0].all_units), helpers)
