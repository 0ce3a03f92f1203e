"""The ledger: PostgreSQL is the record and has the veto. A group of admitted purchases is one transaction."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from operator import attrgetter

from sqlalchemy import select, text, tuple_
from sqlalchemy.engine import Row
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from app.sales.order import Order, Wish
from app.sales.tables import orders

RECORD_ORDERS = text(
    "SELECT * FROM record_orders(CAST(:deal AS bigint), CAST(:epoch AS integer), CAST(:now AS timestamptz),"
    " CAST(:ids AS text[]), CAST(:shoppers AS bigint[]), CAST(:keys AS text[]), CAST(:hashes AS bytea[]),"
    " CAST(:quantities AS integer[]), CAST(:discounts AS integer[]))"
)
FIND_ORDERS = text(
    "SELECT orders.* FROM orders JOIN unnest(CAST(:shoppers AS bigint[]), CAST(:keys AS text[]))"
    " AS asked (shopper_id, idempotency_key) USING (shopper_id, idempotency_key)"
)
MOVED_ON = "BM001"  # raised by record_orders
# What it looks like when PostgreSQL is away, or went away in the middle: asyncpg then breaks in odd places, too.
UNREACHABLE = (SQLAlchemyError, OSError, asyncio.InvalidStateError)
VETOES = ("ck_offers_never_oversold", "ck_buyers_within_limit")


class FencedError(Exception):
    """The group was admitted by a gate that is no longer believed, or PostgreSQL vetoed it. Nothing was recorded."""


class PoisonedError(Exception):
    """Something in the group can never be recorded. Nothing of it was."""


class LedgerUnknownError(Exception):
    """PostgreSQL did not say what became of the group. Record the same group again: that is harmless."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One admitted purchase, under the id that its order will have. `discount` in minor units."""

    order_id: str
    wish: Wish
    discount: int = 0


@dataclass(frozen=True, slots=True)
class Standing:
    """The order that stands under a shopper's key, and the hash of the request that it was made for."""

    order: Order
    body_hash: bytes


@dataclass(frozen=True, slots=True)
class Recorded:
    """A group that is durable: for each entry what stands under its key, and the deal's units left after it."""

    standings: list[Standing]
    left: int


class Ledger:
    """Writes orders and reads them."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def record(self, deal_id: int, epoch: int, now: datetime, entries: Sequence[Entry]) -> Recorded:
        """Make the group durable. An entry whose key stands already changes nothing.

        Raises FencedError, PoisonedError or LedgerUnknownError.
        """
        parameters = {
            "deal": deal_id,
            "epoch": epoch,
            "now": now,
            "ids": [entry.order_id for entry in entries],
            "shoppers": [entry.wish.shopper_id for entry in entries],
            "keys": [entry.wish.key for entry in entries],
            "hashes": [entry.wish.body_hash for entry in entries],
            "quantities": [entry.wish.quantity for entry in entries],
            "discounts": [entry.discount for entry in entries],
        }
        try:
            async with self._engine.begin() as connection:
                rows = (await connection.execute(RECORD_ORDERS, parameters)).all()
        except UNREACHABLE as error:
            raise _meaning(error) from error
        return Recorded([_standing(row) for row in rows], rows[0].units_left)

    async def find(self, shopper_id: int, key: str) -> Standing | None:
        """The order that stands under this shopper's key."""
        query = select(orders).where(orders.c.shopper_id == shopper_id, orders.c.idempotency_key == key)
        async with self._engine.connect() as connection:
            row = (await connection.execute(query)).one_or_none()
        return None if row is None else _standing(row)

    async def find_all(self, wishes: Sequence[Wish]) -> dict[tuple[int, str], Standing]:
        """The orders that stand under these wishes' keys, by shopper and key."""
        parameters = {"shoppers": [wish.shopper_id for wish in wishes], "keys": [wish.key for wish in wishes]}
        async with self._engine.connect() as connection:
            rows = await connection.execute(FIND_ORDERS, parameters)
            return {(row.shopper_id, row.idempotency_key): _standing(row) for row in rows}

    async def order(self, shopper_id: int, order_id: str) -> Order | None:
        """This shopper's order; None where there is none or it is another's."""
        if "\0" in order_id:
            return None  # PostgreSQL has no text with a NUL in it, not even to look for
        query = select(orders).where(orders.c.id == order_id, orders.c.shopper_id == shopper_id)
        async with self._engine.connect() as connection:
            row = (await connection.execute(query)).one_or_none()
        return None if row is None else _standing(row).order

    async def orders_of(self, shopper_id: int, *, after: str | None, limit: int) -> list[Order]:
        """At most `limit` of the shopper's orders, newest first, those that come behind the order `after`."""
        newest_first = tuple_(orders.c.placed_at, orders.c.id)
        if after is not None and "\0" in after:
            return []
        mine = select(orders).where(orders.c.shopper_id == shopper_id)
        if after is not None:
            mark = select(orders.c.placed_at, orders.c.id).where(
                orders.c.id == after, orders.c.shopper_id == shopper_id
            )
            mine = mine.where(newest_first < mark.scalar_subquery())
        query = mine.order_by(orders.c.placed_at.desc(), orders.c.id.desc()).limit(limit)
        async with self._engine.connect() as connection:
            return [_standing(row).order for row in await connection.execute(query)]


def _meaning(error: BaseException) -> Exception:
    """What a failed group means. Only an error that will come again for the same rows is poison."""
    original = error.orig if isinstance(error, DBAPIError) else None
    state = getattr(original, "sqlstate", None) or ""
    if state == MOVED_ON or any(veto in str(original) for veto in VETOES):
        return FencedError(str(original))
    if state[:2] in ("22", "23"):  # data exceptions and broken constraints
        return PoisonedError(str(original))
    return LedgerUnknownError(repr(error))


_ORDER_FIELDS = attrgetter(*(field.name for field in fields(Order)))


def _standing(row: Row[tuple[object, ...]]) -> Standing:
    return Standing(Order(*_ORDER_FIELDS(row)), row.body_hash)
