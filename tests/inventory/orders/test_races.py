"""Several at the desk do the same to one order at the same moment: it is done once. Each with its negative control."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime

import pytest
from sqlalchemy import Table, func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.inventory.changes import Who
from app.inventory.orders import refunding, shipping
from app.inventory.orders.finding import OrderOf, one_order
from app.inventory.orders.parcels import Parcel
from app.inventory.orders.refunding import RefundMoved, refund_order, refund_turn
from app.inventory.orders.shipping import TURN, ship_by_file, ship_orders
from app.inventory.orders.tracking_file import read_tracking_file
from app.inventory.tables import changes
from app.notices.tables import mails
from app.platform.lease import take_turns
from app.sales.desk import NotRefundable
from app.sales.settlement.tables import refund_orders, shipments
from app.sales.tables import orders
from tests.conftest import FrozenClock
from tests.factories.desk_orders import paid_orders, settled_deal
from tests.factories.house import API, House
from tests.factories.sales import eventually

PEOPLE = 4
WAITING = text("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")


async def mia(house: House) -> Who:
    who = (await house.merchandiser.get(f"{API}/me")).json()
    return Who(who["id"], who["name"])


async def all_at_once(house: House, turn: str, do: Callable[[int], Awaitable[bool]]) -> int:
    """For how many of them it was done, where all of them stand at the same door when it opens."""
    engine: AsyncEngine = house.app.state.engine

    async def all_wait() -> bool:
        async with engine.connect() as connection:
            return bool((await connection.execute(WAITING)).scalar_one() >= PEOPLE)

    async with engine.begin() as door:
        await take_turns(door, turn)
        people = asyncio.gather(*(do(number) for number in range(PEOPLE)))
        await eventually(all_wait)
    return sum(await people)


async def shipped_by(house: House, order_id: str, who: Who, number: int, now: datetime) -> bool:
    async with house.app.state.engine.begin() as connection:
        parcel = Parcel("UPS", f"1Z{number}")
        return bool((await ship_orders(connection, [order_id], parcel, who=who, now=now)).orders)


async def refunded_by(house: House, order_id: str, amount: int | None, who: Who, now: datetime) -> bool:
    try:
        async with house.app.state.engine.begin() as connection:
            await refund_order(connection, order_id, amount, "", seen=0, who=who, now=now)
    except (RefundMoved, NotRefundable):
        return False
    return True


async def counted(house: House, table: Table, **values: object) -> int:
    """How many rows have these values."""
    wanted = [table.c[name] == value for name, value in values.items()]
    async with house.app.state.engine.connect() as connection:
        found = await connection.execute(select(func.count()).select_from(table).where(*wanted))
        return int(found.scalar_one())


async def test_an_order_that_several_mark_at_once_is_marked_once_and_mailed_once(
    house: House, clock: FrozenClock
) -> None:
    (order_id,) = await settled_deal(house.app.state.engine, ["paid"], 1)
    who = await mia(house)
    done = await all_at_once(
        house, TURN, lambda number: shipped_by(house, order_id, who, number, clock.now())
    )
    assert (done, await counted(house, changes, action="ship")) == (1, 1)

    async def is_told() -> bool:
        return await counted(house, shipments, order_id=order_id, told=True) == 1

    await eventually(is_told)
    await house.app.state.settlement.round()
    assert await counted(house, mails, rule="shipped") == 1


async def test_marking_that_looks_and_then_writes_would_be_found(
    house: House, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    (order_id,) = await settled_deal(house.app.state.engine, ["paid"], 1)
    who, all_have_looked = await mia(house), asyncio.Barrier(PEOPLE)

    async def careless(
        connection: AsyncConnection, parcels: Mapping[str, tuple[str, str]], by: int, now: datetime
    ) -> list[str]:
        is_paid = select(orders.c.id).where(orders.c.id.in_(parcels), orders.c.status == "paid")
        found = list((await connection.execute(is_paid)).scalars())
        await all_have_looked.wait()
        row = {"carrier": "UPS", "tracking": "", "shipped_at": now, "marked_by": by, "told": False}
        for found_id in found:
            await connection.execute(
                insert(shipments).values(order_id=found_id, **row).on_conflict_do_nothing()
            )
        return found

    async def no_turns(connection: AsyncConnection, name: str) -> None:
        """Nobody waits for anybody."""

    monkeypatch.setattr(shipping, "mark_parcels", careless)
    monkeypatch.setattr(shipping, "take_turns", no_turns)
    tries = (shipped_by(house, order_id, who, number, clock.now()) for number in range(PEOPLE))
    assert sum(await asyncio.gather(*tries)) == PEOPLE


@pytest.mark.parametrize("amount", [500, None])
async def test_money_that_several_give_back_at_once_goes_back_once(
    house: House, clock: FrozenClock, amount: int | None
) -> None:
    (order_id,) = await paid_orders(house)
    who, turn = await mia(house), refund_turn(order_id)
    done = await all_at_once(house, turn, lambda _: refunded_by(house, order_id, amount, who, clock.now()))
    assert done == 1
    assert await counted(house, refund_orders, order_id=order_id) == 1
    assert await counted(house, changes, action="refund") == 1


async def test_refunds_without_turns_would_be_found(
    house: House, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    (order_id,) = await paid_orders(house)
    who, all_have_looked = await mia(house), asyncio.Barrier(PEOPLE)

    async def looked(connection: AsyncConnection, order_id: str) -> OrderOf:
        found = await one_order(connection, order_id)
        await all_have_looked.wait()
        return found

    async def no_turns(connection: AsyncConnection, name: str) -> None:
        """Nobody waits for anybody."""

    monkeypatch.setattr(refunding, "one_order", looked)
    monkeypatch.setattr(refunding, "take_turns", no_turns)
    tries = (refunded_by(house, order_id, 500, who, clock.now()) for _ in range(PEOPLE))
    assert sum(await asyncio.gather(*tries)) == PEOPLE


async def test_two_files_that_name_the_same_orders_otherwise_do_not_wait_for_each_other_for_ever(
    house: House, clock: FrozenClock
) -> None:
    ids = await settled_deal(house.app.state.engine, ["paid"] * 20, 1)
    who = await mia(house)
    files = [
        read_tracking_file(
            ("order_id,tracking\n" + "".join(f"{i},{n}-{k}\n" for k, i in enumerate(some))).encode(), "UPS"
        )
        for n, some in enumerate((ids, ids[::-1]))
    ]
    tries = (ship_by_file(house.app.state.engine, file, who=who, now=clock.now()) for file in files)
    first, second = await asyncio.gather(*tries)
    assert len(first.orders) + len(second.orders) == 20
    assert len(first.wrong) + len(second.wrong) == 20
