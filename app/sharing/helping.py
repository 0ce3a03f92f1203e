"""Who helped to sell a deal, from the attributions that stand beside its orders."""

from msgspec import Struct
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from app.identity import names_of
from app.sharing.link_tables import share_links
from app.sharing.reward_tables import help_given, rewards
from app.sharing.tables import attributions
from app.sharing.who_helped import HelperSold


class Helper(Struct, frozen=True):
    """A shopper whose link sold something, and how much."""

    shopper_id: int
    orders: int
    units: int


class Help(Struct, frozen=True):
    """How much of a deal was sold with help: by how many, how many units, and the first of them by units."""

    helpers: int
    units: int
    most: tuple[Helper, ...]


NO_HELP = Help(0, 0, ())
COUNT_HELP = text(
    "SELECT count(*) AS helpers, coalesce(sum(units), 0)::integer AS units"
    " FROM help_given WHERE deal_id = :deal AND units > 0"
)


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
        return NO_HELP
    helpers = tuple(Helper(row.helper_id, row.orders, int(row.units)) for row in rows)
    return Help(rows[0].helpers, int(rows[0].all_units), helpers)


async def count_help(connection: AsyncConnection, deal_id: int) -> Help:
    """The help that a deal had, without anybody one by one: for what is read many times a second.

    It is as far as the deal's orders have been begun to be settled, which is a moment behind. What was cancelled or
    refunded is not in it.
    """
    row = (await connection.execute(COUNT_HELP, {"deal": deal_id})).one()
    return Help(row.helpers, row.units, ())


async def sum_help(connection: AsyncConnection, deal_id: int) -> Help:
    """The same to the last order, added up from all of them."""
    stands = (attributions.c.deal_id == deal_id) & rewards.c.order_state.is_distinct_from("over")
    each = (
        select(func.sum(attributions.c.units).label("units"))
        .outerjoin(rewards, rewards.c.order_id == attributions.c.order_id)
        .where(stands)
        .group_by(attributions.c.helper_id)
        .subquery()
    )
    sums = select(func.count().label("helpers"), func.coalesce(func.sum(each.c.units), 0).label("units"))
    row = (await connection.execute(sums.select_from(each))).one()
    return Help(row.helpers, int(row.units), ())


async def read_helpers(connection: AsyncConnection, deal_id: int) -> list[HelperSold]:
    """All whose links sold something of a deal; without a name where they do not want to be named."""
    theirs = (
        (share_links.c.shopper_id == help_given.c.helper_id)
        & (share_links.c.deal_id == help_given.c.deal_id)
        & share_links.c.named
    )
    query = (
        select(help_given.c.helper_id, help_given.c.units, share_links.c.code.is_not(None).label("named"))
        .outerjoin(share_links, theirs)
        .where(help_given.c.deal_id == deal_id, help_given.c.units > 0)
    )
    rows = (await connection.execute(query)).all()
    names = await names_of(connection, [row.helper_id for row in rows if row.named])
    return [HelperSold(names.get(row.helper_id, ""), row.units) for row in rows]
