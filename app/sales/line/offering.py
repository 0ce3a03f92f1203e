"""One step of a deal's line: offers that ran out, units that are free, and whether anything can still come."""

import secrets
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Row, insert, select, update
from sqlalchemy.dialects.postgresql import insert as insert_or
from sqlalchemy.ext.asyncio import AsyncConnection

from app.identity import addressees_of
from app.notices import LineOffer, post
from app.platform.clock import Clock
from app.sales.line.coming_back import read_line_state
from app.sales.line.step import OFFER_LASTS, OfferTo, Step, TellOver, next_step
from app.sales.line.tables import closed_lines, line_offers, line_places
from app.sales.offers import Offer, lock_offer
from app.sales.settlement.words import SiteWords
from app.sales.tables import buyers


async def busy_lines(connection: AsyncConnection) -> list[int]:
    """The deals in whose line somebody stands, or is offered something."""
    stands = line_places.c.state.in_(("waiting", "offered"))
    return list((await connection.execute(select(line_places.c.deal_id).where(stands).distinct())).scalars())


async def step_line(connection: AsyncConnection, deal_id: int, clock: Clock, words: SiteWords) -> Step:
    """Bring the line of a deal up to date, as far as one transaction goes. Repeating it is harmless."""
    offer = await lock_offer(connection, deal_id)
    now = clock.now()  # after the wait for the row
    assert offer is not None, "a deal that somebody stands in line for was on offer"
    await _end_offers(connection, deal_id, now)
    step = next_step(await read_line_state(connection, offer, now))
    match step:
        case OfferTo(first):
            await _offer_to(connection, offer, first, now, words)
        case TellOver():
            await _tell_over(connection, deal_id, now)
    return step


async def close_line(connection: AsyncConnection, deal_id: int, now: datetime) -> None:
    """The deal is withdrawn: its line is over at once, and open offers end. Repeating it is harmless."""
    await lock_offer(connection, deal_id)
    closed = insert_or(closed_lines).values(deal_id=deal_id, closed_at=now).on_conflict_do_nothing()
    await connection.execute(closed)
    kept = update(line_offers).where(line_offers.c.deal_id == deal_id, line_offers.c.state == "open")
    await connection.execute(kept.values(state="withdrawn", ended_at=now))
    await _tell_over(connection, deal_id, now, states=("waiting", "offered"))


async def _end_offers(connection: AsyncConnection, deal_id: int, now: datetime) -> None:
    """Offers whose time is up are nobody's any more. Whoever did not take one can get in line again, at its end."""
    over = update(line_offers).where(
        line_offers.c.deal_id == deal_id, line_offers.c.state == "open", line_offers.c.expires_at <= now
    )
    ended = await connection.execute(
        over.values(state="expired", ended_at=now).returning(line_offers.c.place_id)
    )
    missed = update(line_places).where(line_places.c.id.in_(list(ended.scalars())))
    await connection.execute(missed.values(state="missed", ended_at=now, told=False))


async def _offer_to(
    connection: AsyncConnection, offer: Offer, first: int, now: datetime, words: SiteWords
) -> None:
    """Offers to the first so many who wait. Whoever can have none leaves; the next step sees to the next."""
    deal_id, limit = offer.terms.deal_id, offer.terms.limit
    waiting = line_places.c.deal_id == deal_id, line_places.c.state == "waiting"
    query = select(line_places).where(*waiting).order_by(line_places.c.id).limit(first).with_for_update()
    places = (await connection.execute(query)).all()
    shoppers = [place.shopper_id for place in places]
    known = await addressees_of(connection, shoppers)
    full = await _at_the_limit(connection, deal_id, limit, shoppers)
    served = [p for p in places if p.shopper_id in known and p.shopper_id not in full]
    gone = [p.id for p in places if p not in served]
    left = update(line_places).where(line_places.c.id.in_(gone))
    await connection.execute(left.values(state="left", ended_at=now))
    await _make_offers(connection, offer, served, now)
    letter = LineOffer(offer.terms.title, words.time(now + OFFER_LASTS), f"{words.address}/line")
    for place in served:
        await post(connection, letter, known[place.shopper_id], now)


async def _make_offers(
    connection: AsyncConnection, offer: Offer, places: Sequence[Row[Any]], now: datetime
) -> None:
    if not places:
        return
    made = [
        {
            "id": secrets.token_urlsafe(12),
            "place_id": place.id,
            "deal_id": offer.terms.deal_id,
            "shopper_id": place.shopper_id,
            "made_at": now,
            "expires_at": now + OFFER_LASTS,
        }
        for place in places
    ]
    await connection.execute(insert(line_offers), made)
    offered = update(line_places).where(line_places.c.id.in_([place.id for place in places]))
    await connection.execute(offered.values(state="offered", told=False))


async def _at_the_limit(
    connection: AsyncConnection, deal_id: int, limit: int, shoppers: Collection[int]
) -> set[int]:
    query = select(buyers.c.shopper_id).where(
        buyers.c.deal_id == deal_id, buyers.c.shopper_id.in_(shoppers), buyers.c.units >= limit
    )
    return set((await connection.execute(query)).scalars())


async def _tell_over(
    connection: AsyncConnection, deal_id: int, now: datetime, states: Sequence[str] = ("waiting",)
) -> None:
    waiting = update(line_places).where(line_places.c.deal_id == deal_id, line_places.c.state.in_(states))
    await connection.execute(waiting.values(state="over", ended_at=now, told=False))
