"""Past deals: as values for rules, and in the books for those who read them."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from msgspec.structs import replace
from sqlalchemy import insert, update
from sqlalchemy.ext.asyncio import AsyncEngine

from app.inventory.queue import add_deals
from app.inventory.records.record import Record
from app.inventory.tables import deals
from app.sales.desk import SaleRecord
from app.sales.tables import offers, orders, refusals, sold_by_second
from app.sharing.tables import attributions
from tests.factories.inventory import new_deal

EVENING = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)  # 20:00 on Thursday the 19th in Chicago
_numbers = count(1)


def a_record(*, sold_out_after: float | None = 10.0, first_minutes_units: int = 50, **chosen: Any) -> Record:
    """A deal of a hundred units at $49.99 that was sold out within ten minutes; minutes, or None where it was not."""
    number = next(_numbers)
    units = chosen.pop("units", 100 if sold_out_after is not None else 60)
    opened_at = chosen.get("opened_at", EVENING)
    gone_at = None if sold_out_after is None else opened_at + timedelta(minutes=sold_out_after)
    sold = SaleRecord(
        deal_id=number,
        orders=units,
        units=units,
        given_back=0,
        orders_of_one=units,
        orders_of_two=0,
        orders_of_more=0,
        revenue=units * 4999,
        discounts=0,
        shipping=0,
        helped_units=units // 4,
        first_minutes_units=first_minutes_units,
        quickest_seconds=0.8,
        seconds_to_sell_out=None if sold_out_after is None else sold_out_after * 60,
        first_order_at=opened_at + timedelta(seconds=0.8),
        last_order_at=gone_at or opened_at + timedelta(minutes=30),
        sold_out_at=gone_at,
        first_shopper_id=number,
    )
    record = Record(
        deal_id=number,
        turn=number,
        title=f"Loaf {number}",
        category="Kitchen",
        condition="New",
        mode="woot-off",
        reason="time-up" if sold_out_after is None else "sold-out",
        currency="USD",
        price=4999,
        list_price=9999,
        quantity=100,
        limit=3,
        opened_at=opened_at,
        ended_at=gone_at or opened_at + timedelta(hours=1),
        sold=sold,
        refused=3,
        first_buyer="a shopper",
    )
    return replace(record, **chosen)


async def past_deal(
    engine: AsyncEngine,
    bought: Sequence[tuple[float, int, int]],
    *,
    opened_at: datetime = EVENING,
    minutes: float = 60,
    mode: str = "woot-off",
    reason: str = "sold-out",
    discount: int = 0,
    status: str = "placed",
    helpers: Sequence[int | None] = (),
    refused: int = 0,
    **chosen: Any,
) -> int:
    """A deal that is over, with an order for each `(seconds of age, shopper, units)`; answers its id."""
    deal = new_deal(**{"quantity": 10, "shipping": 500} | chosen)
    ended_at = opened_at + timedelta(minutes=minutes)
    async with engine.begin() as connection:
        (deal_id,) = await add_deals(connection, [(deal, None)], currency="USD", now=opened_at)
        ended = {
            "state": "ended",
            "turn": deal_id,
            "mode": mode,
            "started_at": opened_at,
            "ended_at": ended_at,
            "end_reason": reason,
        }
        await connection.execute(update(deals).where(deals.c.id == deal_id).values(ended))
        times = [opened_at + timedelta(seconds=age) for age, _, _ in bought]
        offer = {
            "deal_id": deal_id,
            "title": deal.title,
            "currency": "USD",
            "unit_price": deal.price,
            "shipping": deal.shipping,
            "quantity": deal.quantity,
            "unit_limit": deal.limit,
            "sold": sum(units for _, _, units in bought),
            "orders": len(bought),
            "opened_at": opened_at,
            "first_order_at": min(times, default=None),
            "closed_at": ended_at,
        }
        await connection.execute(insert(offers).values(offer))
        for place, ((_, shopper, units), at) in enumerate(zip(bought, times, strict=True), start=1):
            order = {
                "id": f"{deal_id}-{place}",
                "deal_id": deal_id,
                "shopper_id": shopper,
                "idempotency_key": f"key-{deal_id}-{place}",
                "body_hash": b"",
                "place": place,
                "title": deal.title,
                "quantity": units,
                "currency": "USD",
                "unit_price": deal.price,
                "discount": discount,
                "shipping": deal.shipping,
                "total": deal.price * units - discount + deal.shipping,
                "status": status,
                "placed_at": at,
            }
            await connection.execute(insert(orders).values(order))
            helper = helpers[place - 1] if len(helpers) >= place else None
            if helper is not None:
                helped = {
                    "order_id": order["id"],
                    "deal_id": deal_id,
                    "helper_id": helper,
                    "link": "link",
                    "units": units,
                    "created_at": at,
                }
                await connection.execute(insert(attributions).values(helped))
        by_second: dict[datetime, int] = {}
        for (_, _, units), at in zip(bought, times, strict=True):
            second = at.replace(microsecond=0)
            by_second[second] = by_second.get(second, 0) + units
        for second, units in by_second.items():
            await connection.execute(
                insert(sold_by_second).values(deal_id=deal_id, second=second, units=units)
            )
        if refused:
            await connection.execute(
                insert(refusals).values(deal_id=deal_id, kind="sold-out", attempts=refused)
            )
    return deal_id
