"""The curves of deals, from the books: units by second."""

from collections import OrderedDict, defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import DateTime, Integer, cast, func, literal, select
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.elements import ColumnElement

from app.sales.curve import MOST_BUCKETS, Curve, PastDeal, bucket_for, draw
from app.sales.forecast import LOOK_BACK_SECONDS, seconds_to_go, steady_pace
from app.sales.offers import Offer
from app.sales.tables import offers, sold_by_second

MOST_KEPT = 1000  # past deals at one bucket's size, about a kilobyte each
SECOND = timedelta(seconds=1)


class PastDeals:
    """What this process remembers of deals that have ended: they change no more."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[int, int], PastDeal] = OrderedDict()

    async def read(self, connection: AsyncConnection, deal_ids: Sequence[int], size: int) -> list[PastDeal]:
        """Those of `deal_ids` that were on offer and have ended, in buckets of `size` seconds."""
        missing = [deal_id for deal_id in deal_ids if (deal_id, size) not in self._kept]
        if missing:
            for deal_id, deal in (await _read_past(connection, missing, size)).items():
                self._kept[deal_id, size] = deal
        found = []
        for key in ((deal_id, size) for deal_id in deal_ids):
            if key in self._kept:
                self._kept.move_to_end(key)
                found.append(self._kept[key])
        while len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)
        return found


async def read_curve(
    connection: AsyncConnection, offer: Offer, past_ids: Sequence[int], past: PastDeals, now: datetime
) -> Curve:
    """The curve of an offer up to `now`, or to its end, beside the median of the deals `past_ids`."""
    deal_id = offer.terms.deal_id
    until = ended_at(offer, await read_last_sale(connection, deal_id)) or now
    age = max(0.0, (until - offer.opened_at).total_seconds())
    size = bucket_for(age)
    of_deal = sold_by_second.c.deal_id == deal_id
    bucket = _bucket(literal(offer.opened_at, DateTime(timezone=True)), size).label("bucket")
    units = select(bucket, func.sum(sold_by_second.c.units)).where(of_deal).group_by(bucket)
    lately = select(func.coalesce(func.sum(sold_by_second.c.units), 0)).where(
        of_deal, sold_by_second.c.second >= until - timedelta(seconds=size)
    )
    found = {row[0]: int(row[1]) for row in await connection.execute(units)}
    recently = int((await connection.execute(lately)).scalar_one())
    others = await past.read(connection, past_ids, size)
    return draw(found, recently, age, offer.terms.quantity, others)


async def read_seconds_to_go(connection: AsyncConnection, offer: Offer, now: datetime) -> int | None:
    """Seconds until the offer is sold out, as it sells now; None where nothing sells, or nothing may."""
    if offer.closed_at is not None or offer.paused:
        return None
    query = select(sold_by_second.c.second, sold_by_second.c.units).where(
        sold_by_second.c.deal_id == offer.terms.deal_id,
        sold_by_second.c.second > now - timedelta(seconds=LOOK_BACK_SECONDS),
    )
    sales = [((now - row.second).total_seconds(), row.units) for row in await connection.execute(query)]
    return seconds_to_go(offer.left, steady_pace(sales, (now - offer.opened_at).total_seconds()))


async def read_last_sale(connection: AsyncConnection, deal_id: int) -> datetime | None:
    """The second in which a deal last sold anything."""
    last = select(func.max(sold_by_second.c.second)).where(sold_by_second.c.deal_id == deal_id)
    found: datetime | None = (await connection.execute(last)).scalar()
    return found


def ended_at(offer: Offer, last_sale: datetime | None) -> datetime | None:
    """When a deal could not be bought any more: with its last unit, or when it closed. None while it can be."""
    if offer.left == 0 and last_sale is not None:
        return max(offer.opened_at, last_sale + SECOND)
    return offer.closed_at


def _bucket(opened_at: ColumnElement[datetime], size: int) -> ColumnElement[int]:
    """Which bucket of a deal's age a second belongs to: a second is cut off, and a clock may be behind another."""
    age = func.extract("epoch", sold_by_second.c.second - opened_at)
    return cast(func.floor(func.greatest(age, 0) / size), Integer)


async def _read_past(connection: AsyncConnection, deal_ids: Sequence[int], size: int) -> dict[int, PastDeal]:
    """Deals that have ended, each as far as any curve in buckets of this size can reach."""
    far = timedelta(seconds=(MOST_BUCKETS + 1) * size)
    last_sale = (
        select(func.max(sold_by_second.c.second))
        .where(sold_by_second.c.deal_id == offers.c.deal_id)
        .scalar_subquery()
    )
    ended = select(offers, last_sale.label("last_sale")).where(
        offers.c.deal_id.in_(deal_ids), offers.c.closed_at.is_not(None)
    )
    rows = (await connection.execute(ended)).all()
    bucket = _bucket(offers.c.opened_at, size).label("bucket")
    query = (
        select(sold_by_second.c.deal_id, bucket, func.sum(sold_by_second.c.units).label("units"))
        .join(offers, offers.c.deal_id == sold_by_second.c.deal_id)
        .where(
            sold_by_second.c.deal_id.in_([row.deal_id for row in rows]),
            sold_by_second.c.second < offers.c.opened_at + far,
        )
        .group_by(sold_by_second.c.deal_id, bucket)
    )
    units: dict[int, dict[int, int]] = defaultdict(dict)
    for found in await connection.execute(query):
        units[found.deal_id][found.bucket] = int(found.units)
    past = {}
    for row in rows:
        gone = row.last_sale + SECOND if row.sold == row.quantity and row.last_sale else row.closed_at
        seconds = max(1.0, (gone - row.opened_at).total_seconds())
        sold = units[row.deal_id]
        past[row.deal_id] = PastDeal(
            tuple(sold.get(bucket, 0) for bucket in range(max(sold, default=-1) + 1)), seconds, row.quantity
        )
    return past
