"""Getting in line, leaving it, and where somebody stands."""

from datetime import datetime, timedelta
from typing import Any, ClassVar, Literal

from msgspec import Struct
from sqlalchemy import Row, and_, delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import distinct_on, insert
from sqlalchemy.ext.asyncio import AsyncConnection

from app.payments import Money
from app.platform.clock import Clock, rfc3339
from app.platform.errors import Problem
from app.sales.line.coming_back import has_sold_out, read_line_state
from app.sales.line.step import can_come, may_join
from app.sales.line.tables import STANDS, line_offers, line_places
from app.sales.offers import Offer, lock_offer, read_offer
from app.sales.refusals import LimitReached, NoSuchDeal
from app.sales.tables import buyers, offers

State = Literal["waiting", "offered", "missed", "over"]
STANDING = ("waiting", "offered")
MOST_OFFERS = 5  # of a deal to one person: each is five minutes for everybody behind, a mail, and a row
REMEMBERED = timedelta(minutes=30)  # how long somebody is shown that they missed it, or that the line is over


class NotSoldOut(Problem):
    """There is no line for this deal: it is on sale and can be bought, or it ended before it was sold out."""

    status = 409
    title = "There is no line"


class LineOver(Problem):
    """Nothing of this deal can come back any more, so nobody can stand in line for it."""

    status = 409
    title = "The line is over"
    example: ClassVar[dict[str, object]] = {"deal_id": 37}


class OffersLetGo(Problem):
    """Several units of this deal were kept for the shopper, who let each go by: the places are for others now."""

    status = 409
    title = "Too many offers were let go"
    example: ClassVar[dict[str, object]] = {"deal_id": 37}


class OpenLineOffer(Struct, frozen=True):
    """A unit that is kept for somebody until `expires_at`."""

    id: str
    expires_at: datetime


class PlaceInLine(Struct, frozen=True):
    """Where somebody stands in a deal's line. `place` counts from 1, and only for who waits.

    `missed`: their offer has run out or was given up. `over`: nothing could come back any more.
    """

    deal_id: int
    title: str
    price: Money
    shipping: Money
    state: State
    place: int | None
    joined_at: datetime
    offer: OpenLineOffer | None

    def document(self) -> dict[str, object]:
        """As the API writes it."""
        offer = self.offer
        return {
            "deal_id": self.deal_id,
            "title": self.title,
            "price": self.price.document(),
            "shipping": self.shipping.document(),
            "state": self.state,
            "place": self.place,
            "joined_at": rfc3339(self.joined_at),
            "offer": offer and {"id": offer.id, "expires_at": rfc3339(offer.expires_at)},
        }


class Stood(Struct, frozen=True):
    """Somebody got into a deal's line, and what came of it: the state is served or left, or one of State."""

    deal_id: int
    joined_at: datetime
    state: str
    ended_at: datetime | None


async def join_line(connection: AsyncConnection, deal_id: int, shopper_id: int, now: datetime) -> bool:
    """Get in line at its end. False where they stand in it already.

    Raises NoSuchDeal, NotSoldOut, LineOver, LimitReached where they may not have another unit, and OffersLetGo.
    """
    offer = await _joinable(connection, deal_id, shopper_id, now)
    if offer is None:
        return False
    place = insert(line_places).values(deal_id=deal_id, shopper_id=shopper_id, joined_at=now)
    stood_already = place.on_conflict_do_nothing(index_elements=["deal_id", "shopper_id"], index_where=STANDS)
    joined = await connection.execute(stood_already.returning(line_places.c.id))
    return joined.one_or_none() is not None


async def title_if_open(connection: AsyncConnection, deal_id: int, now: datetime) -> str | None:
    """The title of a deal whose line somebody could get into now; None of any other."""
    try:
        offer = await _joinable(connection, deal_id, None, now)
    except (NoSuchDeal, NotSoldOut, LineOver):
        return None
    return None if offer is None else offer.terms.title


async def leave_line(connection: AsyncConnection, deal_id: int, shopper_id: int, clock: Clock) -> bool:
    """Leave the line; an open offer is given up, for the next. False where they do not stand in it."""
    if not await _stands(connection, deal_id, shopper_id):
        return False  # and holds up nobody: for the row of a deal that is live all its sales wait
    await lock_offer(connection, deal_id)
    now = clock.now()  # after the wait for the row
    mine = line_places.c.deal_id == deal_id, line_places.c.shopper_id == shopper_id
    # Nothing is left of who was offered nothing, however often they come and go.
    gone = await connection.execute(delete(line_places).where(*mine, line_places.c.state == "waiting"))
    left = update(line_places).where(*mine, line_places.c.state == "offered")
    let_go = await connection.execute(left.values(state="left", ended_at=now, told=True))
    given_up = update(line_offers).where(
        line_offers.c.deal_id == deal_id,
        line_offers.c.shopper_id == shopper_id,
        line_offers.c.state == "open",
    )
    await connection.execute(given_up.values(state="given-up", ended_at=now))
    return gone.rowcount + let_go.rowcount > 0


async def places_of(connection: AsyncConnection, shopper_id: int, now: datetime) -> list[PlaceInLine]:
    """Where somebody stands, offers first; and for half an hour what they missed, and which lines are over."""
    newest = (
        select(line_places)
        .where(line_places.c.shopper_id == shopper_id)
        .ext(distinct_on(line_places.c.deal_id))
        .order_by(line_places.c.deal_id, line_places.c.id.desc())
        .subquery("mine")
    )
    before = line_places.alias("before")
    ahead = (
        select(func.count())
        .where(before.c.deal_id == newest.c.deal_id, before.c.state == "waiting", before.c.id < newest.c.id)
        .scalar_subquery()
    )
    told_lately = and_(newest.c.state.in_(("missed", "over")), newest.c.ended_at > now - REMEMBERED)
    query = (
        select(
            newest,
            offers.c.title,
            offers.c.currency,
            offers.c.unit_price,
            offers.c.shipping,
            line_offers.c.id.label("offer_id"),
            line_offers.c.expires_at,
            ahead.label("ahead"),
        )
        .join(offers, offers.c.deal_id == newest.c.deal_id)
        .outerjoin(line_offers, and_(line_offers.c.place_id == newest.c.id, line_offers.c.state == "open"))
        .where(or_(newest.c.state.in_(STANDING), told_lately))
    )
    found = [_place(row) for row in await connection.execute(query)]
    return sorted(found, key=lambda place: (_ORDER.index(place.state), -place.deal_id))


_ORDER = ("offered", "waiting", "missed", "over")


def _place(row: Row[Any]) -> PlaceInLine:
    offer = None if row.offer_id is None else OpenLineOffer(row.offer_id, row.expires_at)
    place = row.ahead + 1 if row.state == "waiting" else None
    price, shipping = Money(row.unit_price, row.currency), Money(row.shipping, row.currency)
    return PlaceInLine(row.deal_id, row.title, price, shipping, row.state, place, row.joined_at, offer)


async def stood_in(connection: AsyncConnection, shopper_id: int) -> list[Stood]:
    """Every line that somebody ever got into, in that order."""
    mine = select(line_places).where(line_places.c.shopper_id == shopper_id).order_by(line_places.c.id)
    return [
        Stood(row.deal_id, row.joined_at, row.state, row.ended_at) for row in await connection.execute(mine)
    ]


async def _joinable(
    connection: AsyncConnection, deal_id: int, shopper_id: int | None, now: datetime
) -> Offer | None:
    """The offer of a deal whose line they can get into; None where they stand in it. Raises as `join_line` does."""
    offer = await read_offer(connection, deal_id)
    if offer is None:
        raise NoSuchDeal
    if shopper_id is not None:
        if await _stands(connection, deal_id, shopper_id):
            return None
        await _refuse_at_the_limit(connection, offer, shopper_id)
        await _refuse_who_let_many_go(connection, deal_id, shopper_id)
    line = await read_line_state(connection, offer, now)
    if not can_come(line):
        raise LineOver("Every one has found a home, and none can come back.", deal_id=deal_id)
    if not may_join(line, has_sold_out=await has_sold_out(connection, offer)):
        raise NotSoldOut("It is on sale." if line.on_sale else "It ended before it was sold out.")
    return offer


async def _stands(connection: AsyncConnection, deal_id: int, shopper_id: int) -> bool:
    mine = line_places.c.deal_id == deal_id, line_places.c.shopper_id == shopper_id
    query = select(line_places.c.id).where(*mine, line_places.c.state.in_(STANDING))
    return (await connection.execute(query)).first() is not None


async def _refuse_at_the_limit(connection: AsyncConnection, offer: Offer, shopper_id: int) -> None:
    held = select(buyers.c.units).where(
        buyers.c.deal_id == offer.terms.deal_id, buyers.c.shopper_id == shopper_id
    )
    units, limit = int(await connection.scalar(held) or 0), offer.terms.limit
    if units >= limit:
        raise LimitReached(f"You have {units}; {limit} is the most.", limit=limit, bought=units)


async def _refuse_who_let_many_go(connection: AsyncConnection, deal_id: int, shopper_id: int) -> None:
    theirs = line_places.c.deal_id == deal_id, line_places.c.shopper_id == shopper_id
    let_go = select(func.count()).where(*theirs, line_places.c.state.in_(("missed", "left")))
    if int(await connection.scalar(let_go) or 0) >= MOST_OFFERS:
        raise OffersLetGo("Each was kept for five minutes.", deal_id=deal_id)


class LineCounts(Struct, frozen=True):
    """A deal's line for the desk: how many stand in it and wait, hold an open offer, took one, and let one go by."""

    waiting: int
    offered: int
    taken: int
    missed: int


async def count_line(connection: AsyncConnection, deal_id: int) -> LineCounts:
    """How the line of a deal has gone."""
    waiting = select(func.count()).where(line_places.c.deal_id == deal_id, line_places.c.state == "waiting")
    by_state = select(line_offers.c.state, func.count()).where(line_offers.c.deal_id == deal_id)
    found = {row[0]: row[1] for row in await connection.execute(by_state.group_by(line_offers.c.state))}
    return LineCounts(
        waiting=int(await connection.scalar(waiting) or 0),
        offered=found.get("open", 0),
        taken=found.get("taken", 0),
        missed=found.get("expired", 0) + found.get("given-up", 0),
    )
