"""Orders in the books as settling leaves them, for the desk to look at; nobody settles them anew."""

from collections.abc import Sequence
from datetime import timedelta
from itertools import count

from msgspec.structs import asdict
from sqlalchemy import insert, update
from sqlalchemy.ext.asyncio import AsyncEngine

from app.identity import Address
from app.payments import Money, Payment, write_charge
from app.sales.settlement.tables import (
    charge_attempts,
    order_addresses,
    settlement_marks,
    settlements,
    shipments,
)
from app.sales.tables import orders
from tests.factories.house import API, House
from tests.factories.records import EVENING, past_deal
from tests.factories.sales import eventually

MILL = Address("Ada Lovelace", "12 Mill Lane", "", "60601", "Chicago", "IL", "US")
STATES = {"placed": "asked", "declined": "declined", "cancelled": "cancelled"}
CHARGED = ("paid", "shipped", "refunded")
_keys = count(1)


async def settled_deal(
    engine: AsyncEngine,
    statuses: Sequence[str],
    shopper_id: int,
    *,
    addressed: bool = True,
    address: Address = MILL,
    title: str = "Bread",
) -> list[str]:
    """A past deal with an order of this shopper in each of these statuses; answers their ids, by place."""
    bought = [(float(place), shopper_id, 1) for place in range(len(statuses))]
    deal_id = await past_deal(
        engine, bought, quantity=len(statuses), limit=min(len(statuses), 100), title=title
    )
    ids = [f"{deal_id}-{place}" for place in range(1, len(statuses) + 1)]
    async with engine.begin() as connection:
        await connection.execute(insert(settlement_marks).values(deal_id=deal_id, place=len(ids)))
        for order_id, status in zip(ids, statuses, strict=True):
            named = orders.c.id == order_id
            changed = update(orders).where(named).values(status=status).returning(orders)
            order = (await connection.execute(changed)).one()
            settlement = {"order_id": order_id, "deal_id": deal_id, "shopper_id": shopper_id}
            state = {"state": STATES.get(status, "paid"), "grace_until": EVENING + timedelta(minutes=10)}
            await connection.execute(insert(settlements).values(settlement | state))
            if addressed:
                await connection.execute(insert(order_addresses).values(order_id=order_id, **asdict(address)))
            if status in CHARGED:
                name = f"sandbox-{order_id}"
                attempt = {
                    "number": 1,
                    "provider": "sandbox",
                    "customer": "c",
                    "card": "k",
                    "made_at": EVENING,
                }
                paid = {"order_id": order_id, "state": "paid", "reference": name}
                await connection.execute(insert(charge_attempts).values(attempt | paid))
                amount = Money(order.total, order.currency)
                await write_charge(connection, Payment("sandbox", order_id, name), amount, EVENING)
            if status == "shipped":
                parcel = {
                    "carrier": "UPS",
                    "tracking": f"1Z{order_id}",
                    "shipped_at": EVENING,
                    "marked_by": 1,
                    "told": True,
                }
                await connection.execute(insert(shipments).values(order_id=order_id, **parcel))
    return ids


async def paid_orders(house: House, number: int = 1, *, price: int = 4999) -> list[str]:
    """Orders that Ada really places and the sandbox's bank really charges; answers their ids."""
    mia, ada = house.merchandiser, house.shopper
    deal = {"title": "Crumb Baron", "price": price, "shipping": 500, "quantity": 20, "limit": 20}
    queued = await mia.post(f"{API}/staff/deals", json=deal)
    await mia.put(f"{API}/staff/show", json={"mode": "woot-off", "paused": False})
    assert (await ada.put(f"{API}/me/address", json=asdict(MILL))).status_code == 200
    ids = []
    for _ in range(number):
        key = {"Idempotency-Key": f"order-{next(_keys)}"}
        wish = {"deal_id": queued.json()["id"], "quantity": 1}
        answer = await ada.post(f"{API}/orders", json=wish, headers=key)
        assert answer.status_code == 201, answer.text
        ids.append(answer.json()["id"])
    for order_id in ids:
        await until_status(house, order_id, "paid")
    return ids


async def until_status(house: House, order_id: str, status: str) -> None:
    """Return once the order is in this status; fail where it is not in time."""

    async def is_so() -> bool:
        answer = await house.merchandiser.get(f"{API}/staff/orders/{order_id}")
        return bool(answer.json()["status"] == status)

    await eventually(is_so)
