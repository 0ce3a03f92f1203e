"""Where shoppers want their parcels: one address each, which new orders take a copy of."""

from collections.abc import Collection

from msgspec.structs import asdict
from sqlalchemy import Row, delete, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from app.identity.address import Address
from app.identity.person import locked_person
from app.identity.tables import addresses


async def addresses_of(connection: AsyncConnection, shopper_ids: Collection[int]) -> dict[int, Address]:
    """The addresses of those among these shoppers who have given one."""
    query = select(addresses).where(addresses.c.shopper_id.in_(shopper_ids))
    return {row.shopper_id: _address(row) for row in await connection.execute(query)}


async def keep_address(connection: AsyncConnection, shopper_id: int, address: Address) -> None:
    """From now on parcels of this shopper's next orders go there.

    Raises SignInRequired where they deleted their account meanwhile.
    """
    await locked_person(connection, shopper_id)
    given = asdict(address)
    kept = insert(addresses).values(shopper_id=shopper_id, **given)
    await connection.execute(kept.on_conflict_do_update(index_elements=["shopper_id"], set_=given))


async def forget_address(connection: AsyncConnection, shopper_id: int) -> None:
    """Keep none; one that is forgotten already is fine. Orders keep the copy that they took."""
    await connection.execute(delete(addresses).where(addresses.c.shopper_id == shopper_id))


def _address(row: Row[tuple[object, ...]]) -> Address:
    lines = (row.name, row.street, row.extra, row.postal_code, row.city, row.region, row.country)
    return Address(*lines)
