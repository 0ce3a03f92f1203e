"""What a shopper can ask of an order that is not shipped. It is written down here, and done by whoever settles."""

from datetime import datetime

from msgspec.structs import asdict
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from app.identity import Address
from app.sales.settlement.case import MOST_ATTEMPTS, TO_MEND, may_cancel_until, may_take_address
from app.sales.settlement.docket import File, lock_file, say_news
from app.sales.settlement.new_orders import begin_with
from app.sales.settlement.records import ending_of
from app.sales.settlement.tables import order_addresses, settlements


async def cancel_order(connection: AsyncConnection, order_id: str, shopper_id: int, now: datetime) -> bool:
    """Have one's order cancelled; whether that can still be asked."""
    file = await _own_file(connection, order_id, shopper_id, now)
    if file is None:
        return False
    until = may_cancel_until(file.case)
    if until is None or now >= until:
        return False
    await say_news(connection, order_id, now, **ending_of(file, "shopper"))
    return True


async def give_address(
    connection: AsyncConnection, order_id: str, shopper_id: int, address: Address, now: datetime
) -> bool:
    """Say where one's order goes; whether it can still be said."""
    file = await _own_file(connection, order_id, shopper_id, now)
    if file is None or not may_take_address(file.case, now):
        return False
    given = asdict(address)
    kept = insert(order_addresses).values(order_id=order_id, **given)
    await connection.execute(kept.on_conflict_do_update(index_elements=["order_id"], set_=given))
    await say_news(connection, order_id, now)
    return True


async def try_again(connection: AsyncConnection, shopper_id: int, now: datetime) -> int:
    """There is a card that may pay: every order that waits for one is due again. How many those are."""
    waits = (
        settlements.c.shopper_id == shopper_id,
        settlements.c.mend_until > now,
        settlements.c.state.in_(("asked", *TO_MEND)),
        settlements.c.ending == "",
        settlements.c.attempt < MOST_ATTEMPTS,
    )
    locked = select(settlements.c.order_id).where(*waits).order_by(settlements.c.order_id).with_for_update()
    found = list((await connection.execute(locked)).scalars())
    for order_id in found:
        await say_news(connection, order_id, now, again=True)
    return len(found)


async def look_again(connection: AsyncConnection, order_id: str, shopper_id: int, now: datetime) -> None:
    """The shopper is back from the bank: have the provider asked now."""
    file = await _own_file(connection, order_id, shopper_id, now)
    if file is not None and file.case.state in ("asked", *TO_MEND):
        await say_news(connection, order_id, now)


async def _own_file(
    connection: AsyncConnection, order_id: str, shopper_id: int, now: datetime
) -> File | None:
    """The file of this shopper's order, locked; another's is as good as none."""
    if "\0" in order_id:
        return None  # PostgreSQL has no text with a NUL in it, not even to look for
    file = await lock_file(connection, order_id)
    if file is None:
        await begin_with(connection, order_id, now)
        file = await lock_file(connection, order_id)
    return file if file is not None and file.shopper_id == shopper_id else None
