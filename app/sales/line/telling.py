"""Telling shoppers what became of their place in line: on their open pages, after it is in the books.

At least once: a process that dies between the two leaves a place untold, and the next round tells it.
"""

from typing import Any

from sqlalchemy import Row, and_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.platform.clock import rfc3339
from app.sales.line.tables import line_offers, line_places
from app.sales.tables import offers
from app.stream import Stream, shopper_topic

AT_ONCE = 100


async def tell_untold(connection: AsyncConnection, stream: Stream) -> int:
    """Tell some of what is untold, and answer how much that was. Two processes that do it share the work.

    Raises what Redis and PostgreSQL raise; what was told then may be told again.
    """
    query = (
        select(line_places, offers.c.title, line_offers.c.id.label("offer_id"), line_offers.c.expires_at)
        .join(offers, offers.c.deal_id == line_places.c.deal_id)
        .outerjoin(
            line_offers, and_(line_offers.c.place_id == line_places.c.id, line_offers.c.state == "open")
        )
        .where(line_places.c.told.is_(False))
        .order_by(line_places.c.id)
        .limit(AT_ONCE)
        .with_for_update(of=line_places, skip_locked=True)
    )
    untold = (await connection.execute(query)).all()
    for place in untold:
        await stream.tell(shopper_topic(place.shopper_id), "you", _news(place))
    if not untold:
        return 0
    told = update(line_places).where(line_places.c.id.in_([place.id for place in untold]))
    await connection.execute(told.values(told=True))
    return len(untold)


def _news(place: Row[Any]) -> dict[str, object]:
    news = {"kind": "line", "deal_id": place.deal_id, "title": place.title, "state": place.state}
    if place.offer_id is None:
        return news
    return news | {"offer": place.offer_id, "expires_at": rfc3339(place.expires_at)}
