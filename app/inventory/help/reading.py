"""What help costs and sold, and who brought whom, read from the books."""

import asyncio
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from msgspec import Struct
from sqlalchemy import ARRAY, BigInteger, any_, literal, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.identity import names_of
from app.inventory.help.cost import DealHelp, HelpSum
from app.inventory.help.graph import Graph, draw_graph
from app.inventory.tables import deals
from app.platform.errors import NotFound
from app.sales.desk import HelpedSales, read_helped_sales
from app.sharing.desk import HelpCost, read_brought, read_help_costs

LOOKED_BACK = timedelta(days=90)  # where no deal is named
MOST_ORDERS = 20_000  # that are drawn at once, the latest
MOST_NAMED = 50


class NamedGraph(Struct, frozen=True):
    """Who brought whom, with the names of those helpers that are named ("" where the account is gone)."""

    graph: Graph
    names: dict[int, str]


async def read_deal_helps(
    connection: AsyncConnection, now: datetime, deal_ids: Collection[int] | None = None
) -> list[DealHelp]:
    """What help with these deals cost and sold, the latest first: of those that were on stage; of None, those that
    somebody helped."""
    costs = await read_help_costs(connection, now, deal_ids)
    sold = await read_helped_sales(connection, deal_ids)
    wanted = list(costs.keys() | sold.keys()) if deal_ids is None else list(deal_ids)
    query = (
        select(deals.c.id, deals.c.turn, deals.c.title, deals.c.currency, deals.c.state)
        .where(deals.c.turn.is_not(None), deals.c.id == any_(literal(wanted, ARRAY(BigInteger))))
        .order_by(deals.c.turn.desc())
    )
    return [
        DealHelp(
            row.id,
            row.turn,
            row.title,
            row.state == "live",
            HelpSum(row.currency, costs.get(row.id, HelpCost()), sold.get(row.id, HelpedSales())),
        )
        for row in await connection.execute(query)
    ]


async def read_deal_help(connection: AsyncConnection, deal_id: int, now: datetime) -> DealHelp:
    """What help with one deal cost and sold. Raises NotFound."""
    found = await read_deal_helps(connection, now, [deal_id])
    if not found:
        raise NotFound("There is no such deal, or it was not on stage yet.")
    return found[0]


def page_of_helps(
    helps: Sequence[DealHelp], after: int | None, limit: int
) -> tuple[Sequence[DealHelp], int | None]:
    """At most `limit` that come after the deal of that id, and the `after` of the next page."""
    ids = [one.deal_id for one in helps]
    if after is not None and after not in ids:
        return [], None
    start = 0 if after is None else ids.index(after) + 1
    page = helps[start : start + limit]
    return page, page[-1].deal_id if len(helps) > start + limit else None


async def read_graph(connection: AsyncConnection, deal_id: int | None, now: datetime) -> NamedGraph:
    """Who brought whom to a deal; to any within LOOKED_BACK where none is named."""
    since = now - LOOKED_BACK if deal_id is None else None
    brought = await read_brought(connection, deal_id=deal_id, since=since, most=MOST_ORDERS)
    # In a thread: so many take a moment, and this process sells.
    graph = await asyncio.to_thread(draw_graph, brought, most=MOST_NAMED)
    return NamedGraph(graph, await names_of(connection, [one.helper_id for one in graph.named]))
