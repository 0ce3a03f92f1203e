"""What the live dashboard shows, read from the books."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.identity import names_of
from app.inventory.dashboard.documents import (
    CurveDocument,
    DashboardDocument,
    HelpDocument,
    HelperDocument,
    NextDealDocument,
    StageDocument,
)
from app.inventory.dashboard.past_deals import comparable_deals
from app.inventory.live import Present, read_present
from app.inventory.queue import list_deals
from app.inventory.show import queued
from app.inventory.standing import show_facts
from app.payments import Money
from app.platform.errors import NotFound
from app.sales import MoneyDocument, Pace, PastDeals, read_offer
from app.sales.desk import count_line, ended_at, read_curve, read_last_sale, read_refusals, read_seconds_to_go
from app.sharing import read_help

MOST_NEXT = 5
MOST_HELPERS = 5


async def read_dashboard(engine: AsyncEngine, *, watching: int, now: datetime) -> DashboardDocument:
    """How the show stands, all as of one moment."""
    async with engine.connect() as plain:
        connection = await plain.execution_options(isolation_level="REPEATABLE READ")
        return await _dashboard(connection, await read_present(connection, now), watching, now)


async def read_dashboard_and_show(
    engine: AsyncEngine, *, watching: int, now: datetime
) -> tuple[DashboardDocument, dict[str, Any]]:
    """The dashboard, and the show as its controls take it (show_document), as of the same moment."""
    async with engine.connect() as plain:
        connection = await plain.execution_options(isolation_level="REPEATABLE READ")
        present = await read_present(connection, now)
        show = await show_facts(connection, present, now)
        return await _dashboard(connection, present, watching, now), show


async def read_deal_curve(
    engine: AsyncEngine, deal_id: int, past: PastDeals, *, now: datetime
) -> CurveDocument:
    """How a deal that is or was on stage sold. Raises NotFound."""
    async with engine.connect() as plain:
        connection = await plain.execution_options(isolation_level="REPEATABLE READ")
        offer = await read_offer(connection, deal_id)
        if offer is None:
            raise NotFound("There is no such deal, or it was not on stage yet.")
        past_ids = await comparable_deals(connection, deal_id)
        curve = await read_curve(connection, offer, past_ids, past, now)
        to_go = await read_seconds_to_go(connection, offer, now) if offer.left else None
    return CurveDocument(
        deal_id=deal_id,
        bucket_seconds=curve.bucket_seconds,
        age=list(curve.ages),
        velocity=list(curve.velocity),
        median_velocity=list(curve.median_velocity),
        sell_through=list(curve.sell_through),
        median_sell_through=list(curve.median_sell_through),
        of_deals=len(past_ids),
        predicted_sold_out_at=_from(now, to_go),
    )


async def _dashboard(
    connection: AsyncConnection, present: Present, watching: int, now: datetime
) -> DashboardDocument:
    page = await list_deals(connection, "queued", None, MOST_NEXT)
    waits = present.phase == "sold-out" and present.show.mode == "daily"
    return DashboardDocument(
        at=now,
        mode=present.show.mode,
        phase=present.phase,
        started=present.show.started,
        paused=present.show.paused,
        next_at=_ends_at(present) if waits else None,
        watching=watching,
        deal=await _stage(connection, present, now),
        help=await _help(connection, present),
        next=[_waiting(row) for row in page.rows],
        queued=await queued(connection),
    )


async def _stage(connection: AsyncConnection, present: Present, now: datetime) -> StageDocument | None:
    deal, pace = present.deal, present.pace
    if deal is None or pace is None:
        return None
    offer = pace.offer
    selling = present.phase == "live" and offer.left > 0
    to_go = await read_seconds_to_go(connection, offer, now) if selling else None
    return StageDocument(
        id=deal.id,
        title=deal.title,
        price=_money(deal),
        started_at=deal.started_at,
        ends_at=_ends_at(present),
        sold=offer.sold,
        loaded=offer.terms.quantity,
        orders=offer.orders,
        per_minute=pace.per_minute,
        quickest_seconds=pace.quickest_seconds,
        sells_out_in_seconds=to_go,
        predicted_sold_out_at=_from(now, to_go),
        sold_out_at=await _sold_out_at(connection, pace),
        in_line=0 if offer.left else (await count_line(connection, deal.id)).waiting,
        refused=await read_refusals(connection, deal.id),
    )


def _ends_at(present: Present) -> datetime | None:
    """A pause puts off the end, or has the deal end with it: nobody can say when."""
    return None if present.deal is None or present.show.paused else present.deal.ends_at


async def _sold_out_at(connection: AsyncConnection, pace: Pace) -> datetime | None:
    if pace.offer.left:
        return None
    return ended_at(pace.offer, await read_last_sale(connection, pace.offer.terms.deal_id))


async def _help(connection: AsyncConnection, present: Present) -> HelpDocument:
    if present.deal is None:
        return HelpDocument(helpers=0, units=0, most=[])
    found = await read_help(connection, present.deal.id, most=MOST_HELPERS)
    names = await names_of(connection, [helper.shopper_id for helper in found.most])
    most = [
        HelperDocument(name=names[helper.shopper_id], orders=helper.orders, units=helper.units)
        for helper in found.most
    ]
    return HelpDocument(helpers=found.helpers, units=found.units, most=most)


def _waiting(row: Row[Any]) -> NextDealDocument:
    return NextDealDocument(
        id=row.id, title=row.title, price=_money(row), loaded=row.quantity, not_before=row.not_before
    )


def _money(row: Row[Any]) -> MoneyDocument:
    return MoneyDocument(amount=row.price, currency=row.currency, text=str(Money(row.price, row.currency)))


def _from(now: datetime, seconds: int | None) -> datetime | None:
    """A prediction that lies beyond all calendars is none."""
    if seconds is None or seconds > timedelta(days=3650).total_seconds():
        return None
    return now + timedelta(seconds=seconds)
