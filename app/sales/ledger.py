"""The ledger: PostgreSQL is the record and has the veto. A group of admitted purchases is one transaction."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from itertools import repeat
from operator import attrgetter
from typing import Any

import msgspec
from asyncpg import InterfaceError, InternalClientError, PostgresError
from msgspec import Struct
from sqlalchemy import func, select, text, tuple_
from sqlalchemy.engine import Row
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.sales.order import OVER, Order, Wish
from app.sales.tables import buyers, orders

RECORD_ORDERS = "SELECT * FROM record_orders($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)"
FIND_ORDERS = text(
    "SELECT orders.* FROM orders JOIN unnest(CAST(:shoppers AS bigint[]), CAST(:keys AS text[]))"
    " AS asked (shopper_id, idempotency_key) USING (shopper_id, idempotency_key)"
)
HELD_UNITS = text(
    "SELECT shopper_id, units FROM buyers"
    " WHERE deal_id = :deal AND shopper_id = ANY(CAST(:shoppers AS bigint[])) AND units > 0"
)
ANSWER_SECONDS = (
    5.0  # for a commit; a connection that is silent for longer is given up, and the group sent again
)
MOVED_ON = "BM001"  # raised by record_orders
# What it looks like when PostgreSQL is away, or went away in the middle: asyncpg then breaks in odd places, too.
UNREACHABLE = (
    SQLAlchemyError,
    PostgresError,
    InterfaceError,
    InternalClientError,
    OSError,
    asyncio.InvalidStateError,
)
VETOES = ("ck_offers_never_oversold", "ck_buyers_within_limit")
NEVER = ("22", "23")  # SQLSTATE classes that come again for the same rows: data, constraints


class FencedError(Exception):
    """The group was admitted by a gate that is no longer believed, or PostgreSQL vetoed it. Nothing was recorded."""


class PoisonedError(Exception):
    """Something in the group can never be recorded. Nothing of it was."""


class LedgerUnknownError(Exception):
    """PostgreSQL did not say what became of the group. Record the same group again: that is harmless."""


class Entry(msgspec.Struct, frozen=True):
    """One admitted purchase, under the id that its order will have. `discount` in minor units."""

    order_id: str
    wish: Wish
    discount: int = 0


class Standing(msgspec.Struct, frozen=True):
    """The order that stands under a shopper's key, and the hash of the request that it was made for."""

    order: Order
    body_hash: bytes


class Recorded(Struct, frozen=True):
    """A group that is durable: for each entry what stands under its key, None where its coupon was gone; units left."""

    standings: list[Standing | None]
    left: int


Standings = dict[tuple[int, str], Standing]  # by shopper and key


class Ledger:
    """Writes orders and reads them."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._kept: list[AsyncConnection] = []  # one at most

    async def close(self) -> None:
        """Let go of what is kept."""
        while self._kept:
            await self._kept.pop().close()

    async def record(self, deal_id: int, epoch: int, now: datetime, entries: Sequence[Entry]) -> Recorded:
        """Make the group durable. An entry whose key stands already changes nothing.

        Raises FencedError, PoisonedError or LedgerUnknownError.
        """
        wishes = [entry.wish for entry in entries]
        columns = (
            [entry.order_id for entry in entries],
            [wish.shopper_id for wish in wishes],
            [wish.key for wish in wishes],
            [wish.body_hash for wish in wishes],
            [wish.quantity for wish in wishes],
            *_rarities(entries),
        )
        try:
            row = await self._fetch(RECORD_ORDERS, deal_id, epoch, now, *columns)
        except UNREACHABLE as error:
            raise _meaning(error) from error
        return await self._recorded(deal_id, now, entries, row)

    async def _fetch(self, statement: str, *parameters: object) -> Any:
        """One row, straight from the driver: one statement is its own transaction, and is answered after its commit.

        The connection is kept for the next group, which is not to wait until the pool has tried it.
        """
        connection = self._kept.pop() if self._kept else await self._engine.connect()
        try:
            driver = (await connection.get_raw_connection()).driver_connection
            assert driver is not None
            row = await driver.fetchrow(statement, *parameters, timeout=ANSWER_SECONDS)
        except BaseException:
            await connection.invalidate()
            await connection.close()
            raise
        if self._kept:
            await connection.close()
        else:
            self._kept.append(connection)
        return row

    async def _recorded(self, deal_id: int, now: datetime, entries: Sequence[Entry], row: Any) -> Recorded:
        """The answer in full; only what stands under an entry's key but is not its own order is looked up."""
        title, currency, unit_price, shipping, ids, places, times, left = row
        times = times or repeat(now, len(ids))
        standings: list[Standing | None] = []
        others: list[int] = []
        for entry, order_id, place, placed_at in zip(entries, ids, places, times, strict=True):
            wish, discount = entry.wish, entry.discount
            if order_id == entry.order_id:
                units = wish.quantity
                total = unit_price * units - discount + shipping
                price = (currency, unit_price, discount, shipping, total)
                order = Order(order_id, deal_id, place, title, units, *price, "placed", placed_at)
                standings.append(Standing(order, wish.body_hash))
            else:
                if order_id is not None:
                    others.append(len(standings))
                standings.append(None)
        if others:
            try:
                found = await self.find_all([entries[n].wish for n in others])
            except UNREACHABLE as error:
                raise LedgerUnknownError(repr(error)) from error
            for n in others:
                standings[n] = found[entries[n].wish.shopper_id, entries[n].wish.key]
        return Recorded(standings, left)

    async def find(self, shopper_id: int, key: str) -> Standing | None:
        """The order that stands under this shopper's key."""
        async with self._engine.connect() as connection:
            return await find_standing(connection, shopper_id, key)

    async def find_all(self, wishes: Sequence[Wish]) -> Standings:
        """The orders that stand under these wishes' keys."""
        async with self._engine.connect() as connection:
            return await _find(connection, [w.shopper_id for w in wishes], [w.key for w in wishes])

    async def look_up(self, deal_id: int, wishes: Sequence[Wish]) -> tuple[Standings, dict[int, int]]:
        """The orders that stand under these wishes' keys, and the units of the deal that their shoppers hold."""
        shoppers = [wish.shopper_id for wish in wishes]
        async with self._engine.connect() as connection:
            standings = await _find(connection, shoppers, [wish.key for wish in wishes])
            held = await connection.execute(HELD_UNITS, {"deal": deal_id, "shoppers": shoppers})
            return standings, {row.shopper_id: row.units for row in held}

    async def holders(self, deal_id: int) -> frozenset[int]:
        """The shoppers who ever bought of the deal."""
        query = select(func.array_agg(buyers.c.shopper_id)).where(buyers.c.deal_id == deal_id)
        async with self._engine.connect() as connection:
            return frozenset(await connection.scalar(query) or ())

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

    async def units_of(self, shopper_id: int) -> int:
        """How many units a shopper has bought, of all deals together; without orders that are over."""
        stands = orders.c.status.not_in(OVER)
        query = select(func.sum(orders.c.quantity)).where(orders.c.shopper_id == shopper_id, stands)
        async with self._engine.connect() as connection:
            return int(await connection.scalar(query) or 0)


async def find_standing(connection: AsyncConnection, shopper_id: int, key: str) -> Standing | None:
    """The order that stands under this shopper's key, as this transaction sees it."""
    return (await _find(connection, [shopper_id], [key])).get((shopper_id, key))


async def _find(connection: AsyncConnection, shoppers: Sequence[int], keys: Sequence[str]) -> Standings:
    # PostgreSQL has no text with a NUL in it, not even to look for.
    asked = [(shopper, key) for shopper, key in zip(shoppers, keys, strict=True) if "\0" not in key]
    parameters = {"shoppers": [shopper for shopper, _ in asked], "keys": [key for _, key in asked]}
    rows = await connection.execute(FIND_ORDERS, parameters)
    return {(row.shopper_id, row.idempotency_key): _standing(row) for row in rows}


def _rarities(entries: Sequence[Entry]) -> tuple[list[Any] | None, ...]:
    """Discounts, coupons, helpers and links; None for a column that nobody in the group needs."""
    wishes = [entry.wish for entry in entries]
    coupons = [wish.coupon for wish in wishes]
    referrals = [wish.referral for wish in wishes]
    has_coupons = coupons.count(None) < len(coupons)
    has_help = referrals.count(None) < len(referrals)
    if not has_coupons and not has_help:
        return None, None, None, None
    discounts = [entry.discount for entry in entries]
    helpers = [referral and referral.helper_id for referral in referrals]
    links = [referral and referral.written for referral in referrals]
    return discounts, coupons if has_coupons else None, *((helpers, links) if has_help else (None, None))


def _meaning(error: BaseException) -> Exception:
    """What a failed group means. Only an error that is sure to come again for the same rows is poison."""
    state = getattr(error, "sqlstate", None) or ""
    if state == MOVED_ON or any(veto in str(error) for veto in VETOES):
        return FencedError(str(error))
    if state.startswith(NEVER):
        return PoisonedError(str(error))
    return LedgerUnknownError(repr(error))


_ORDER_FIELDS = attrgetter(*Order.__struct_fields__)


def _standing(row: Row[tuple[object, ...]]) -> Standing:
    return Standing(Order(*_ORDER_FIELDS(row)), row.body_hash)
