"""Which sales everybody is to hear of, and whose link it was, from the rewards that are being looked at."""

from collections.abc import Sequence

from sqlalchemy import exists, func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from app.identity import names_of
from app.sharing.cheering import HelpedSale
from app.sharing.link_tables import share_links
from app.sharing.reward_tables import rewards


async def new_sales(connection: AsyncConnection, order_ids: Sequence[str]) -> list[str]:
    """Those of these helped orders that nobody has judged yet: they have just been sold."""
    unseen = (rewards.c.verdict == "", rewards.c.granted_at.is_(None))  # it is judged again when it is paid
    new = select(rewards.c.order_id).where(rewards.c.order_id.in_(order_ids), *unseen)
    return list((await connection.execute(new)).scalars())


async def sales_to_cheer(connection: AsyncConnection, order_ids: Sequence[str]) -> list[HelpedSale]:
    """Of these helped orders those that stand, and whose help was not refused. A helper is named with the first."""
    if not order_ids:
        return []
    earlier = rewards.alias()
    they_sold_before = exists().where(
        earlier.c.deal_id == rewards.c.deal_id,
        earlier.c.helper_id == rewards.c.helper_id,
        tuple_(earlier.c.placed_at, earlier.c.order_id) < tuple_(rewards.c.placed_at, rewards.c.order_id),
    )
    is_named = func.coalesce(share_links.c.named, False) & ~they_sold_before
    query = (
        select(rewards, is_named.label("named"))
        .outerjoin(share_links, share_links.c.code == rewards.c.link)
        .where(rewards.c.order_id.in_(order_ids))
        .where(rewards.c.verdict.not_in(("", "refused")), rewards.c.order_state != "over")
        .order_by(rewards.c.placed_at, rewards.c.order_id)
    )
    rows = (await connection.execute(query)).all()
    names = await names_of(connection, {row.helper_id for row in rows if row.named})
    return [
        HelpedSale(
            row.deal_id,
            row.helper_id,
            names.get(row.helper_id, "") if row.named else "",
            row.units,
            row.placed_at,
        )
        for row in rows
    ]
