"""Taking what the line was offered: an order like any other, aside from the way that everybody takes at once.

The deal is over and its gate is shut, so PostgreSQL alone decides, in one transaction that holds the offer's row as a
group of admitted purchases would.
"""

from datetime import datetime

from sqlalchemy import insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as insert_or
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.platform.clock import Clock
from app.platform.failpoints import reach
from app.platform.logging import get_logger
from app.sales.ledger import UNREACHABLE, find_standing
from app.sales.line.tables import line_offers, line_places
from app.sales.offers import Offer, lock_offer
from app.sales.order import Order, Wish
from app.sales.sale import PAUSE_SECONDS, longer
from app.sales.tables import buyers, offers, orders, sold_by_second
from app.sales.under_way import Purchase, judge
from app.sales.verdict import (
    Bought,
    CouponNotUsable,
    DealOver,
    LimitReached,
    OfferNotYours,
    QuantityOutOfRange,
    SoldOut,
    Verdict,
)

log = get_logger(__name__)

SAME_KEY = "uq_orders_shopper_id_idempotency_key"
CLAIM = text("SELECT claim_coupons(:now, :orders, :shoppers, :codes)")
ATTRIBUTE = text("SELECT attribute_orders(:deal, :now, :orders, :helpers, :links)")


async def settle_by_offer(engine: AsyncEngine, clock: Clock, purchase: Purchase) -> None:
    """Settle a purchase by its offer to the line. Without an answer PostgreSQL is asked again: that is harmless."""
    pause = PAUSE_SECONDS
    while not purchase.outcome.done():  # else its time was up, and whoever asks again is told
        try:
            async with engine.begin() as connection:
                verdict = await take_offer(connection, purchase, clock)
            await reach("after-line-commit")
        except IntegrityError as error:
            if SAME_KEY not in str(error):
                raise
            pause = await longer(pause)  # the same key, at the same moment, for another deal: now it stands
        except UNREACHABLE as error:
            log.warning("an offer to the line is in doubt, asked again", error=repr(error))
            pause = await longer(pause)
        else:
            purchase.settle(verdict)


async def take_offer(connection: AsyncConnection, purchase: Purchase, clock: Clock) -> Verdict:
    """Make the order, inside the caller's transaction; the verdict is true once that has committed."""
    wish = purchase.wish
    if not await _is_theirs(connection, wish):  # a made-up offer holds up nobody
        standing = await find_standing(connection, wish.shopper_id, wish.key)
        return OfferNotYours() if standing is None else judge(purchase, standing)
    offer = await lock_offer(connection, wish.deal_id)
    assert offer is not None, "a deal that was offered to its line was on offer"
    now = clock.now()  # after the wait for the row: an offer that ran out meanwhile has run out
    standing = await find_standing(connection, wish.shopper_id, wish.key)
    if standing is not None:
        return judge(purchase, standing)
    refusal = await _refusal(connection, offer, wish, now)
    if refusal is not None:
        return refusal
    if not await _claim_coupon(connection, purchase, now):
        return CouponNotUsable()
    order = await _record(connection, offer, purchase, now)
    await _close_offer(connection, purchase, now)
    return Bought(order)


async def _is_theirs(connection: AsyncConnection, wish: Wish) -> bool:
    """Whether this offer was ever made to them, of this deal."""
    if "\0" in str(wish.line_offer):
        return False  # PostgreSQL has no text with a NUL in it, not even to look for
    query = select(line_offers.c.id).where(
        line_offers.c.id == wish.line_offer,
        line_offers.c.shopper_id == wish.shopper_id,
        line_offers.c.deal_id == wish.deal_id,
    )
    return (await connection.execute(query)).one_or_none() is not None


async def _refusal(connection: AsyncConnection, offer: Offer, wish: Wish, now: datetime) -> Verdict | None:
    """Why their offer is not to be taken, if it is not."""
    query = select(line_offers.c.state, line_offers.c.expires_at).where(line_offers.c.id == wish.line_offer)
    row = (await connection.execute(query)).one()
    if row.state == "withdrawn":
        return DealOver()
    if row.state != "open" or row.expires_at <= now:
        return SoldOut(wish.deal_id)
    if wish.quantity != 1:
        return QuantityOutOfRange(1)
    held = select(buyers.c.units).where(
        buyers.c.deal_id == wish.deal_id, buyers.c.shopper_id == wish.shopper_id
    )
    units, limit = int(await connection.scalar(held) or 0), offer.terms.limit
    return LimitReached(limit, units) if units >= limit else None


async def _claim_coupon(connection: AsyncConnection, purchase: Purchase, now: datetime) -> bool:
    wish = purchase.wish
    if wish.coupon is None:
        return True
    asked = {
        "now": now,
        "orders": [purchase.order_id],
        "shoppers": [wish.shopper_id],
        "codes": [wish.coupon],
    }
    return bool(await connection.scalar(CLAIM, asked))


async def _record(connection: AsyncConnection, offer: Offer, purchase: Purchase, now: datetime) -> Order:
    """What `record_orders` does for a group, for one order of one unit."""
    wish, terms = purchase.wish, offer.terms
    order = Order(
        id=purchase.order_id,
        deal_id=terms.deal_id,
        place=offer.orders + 1,
        title=terms.title,
        quantity=1,
        currency=terms.currency,
        unit_price=terms.unit_price,
        discount=purchase.discount,
        shipping=terms.shipping,
        total=terms.unit_price - purchase.discount + terms.shipping,
        status="placed",
        placed_at=now,
    )
    row = {name: getattr(order, name) for name in order.__struct_fields__}
    asked = {"shopper_id": wish.shopper_id, "idempotency_key": wish.key, "body_hash": wish.body_hash}
    await connection.execute(insert(orders).values(**row, **asked))
    holding = insert_or(buyers).values(
        deal_id=terms.deal_id, shopper_id=wish.shopper_id, units=1, unit_limit=terms.limit
    )
    await connection.execute(
        holding.on_conflict_do_update(
            index_elements=["deal_id", "shopper_id"], set_={"units": buyers.c.units + 1}
        )
    )
    counted = update(offers).where(offers.c.deal_id == terms.deal_id)
    await connection.execute(
        counted.values(sold=offers.c.sold + 1, orders=offers.c.orders + 1, revision=offers.c.revision + 1)
    )
    second = insert_or(sold_by_second).values(
        deal_id=terms.deal_id, second=now.replace(microsecond=0), units=1
    )
    await connection.execute(
        second.on_conflict_do_update(
            index_elements=["deal_id", "second"], set_={"units": sold_by_second.c.units + 1}
        )
    )
    if wish.referral is not None:
        helped = {"helpers": [wish.referral.helper_id], "links": [wish.referral.written]}
        await connection.execute(
            ATTRIBUTE, {"deal": terms.deal_id, "now": now, "orders": [order.id], **helped}
        )
    return order


async def _close_offer(connection: AsyncConnection, purchase: Purchase, now: datetime) -> None:
    taken = update(line_offers).where(line_offers.c.id == purchase.wish.line_offer)
    place_id = await connection.scalar(
        taken.values(state="taken", ended_at=now, order_id=purchase.order_id).returning(
            line_offers.c.place_id
        )
    )
    served = update(line_places).where(line_places.c.id == place_id)
    await connection.execute(served.values(state="served", ended_at=now, told=False))
