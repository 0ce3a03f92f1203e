"""The money ledger: what came in and what went back, written in the transaction of whoever tells of it.

Double entry: every row takes from one account what it puts into another, in whole minor units. Rows are added, and
never changed; a refund that failed is a row of its own. Writing the same move again changes nothing.
"""

from collections.abc import Iterable
from datetime import date, datetime

from msgspec import Struct
from sqlalchemy import ColumnElement, Date, Row, and_, case, cast, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from app.payments.money import Money
from app.payments.tables import money_moves

ACCOUNTS = {
    "charged": ("provider", "sales"),  # into, out of
    "refunded": ("refunds", "provider"),
    "refund-failed": ("provider", "refunds"),
}


class BooksDisagree(Exception):
    """What is to be written contradicts what is written. Nothing was written."""


class Sum(Struct, frozen=True):
    """What was charged and what was given back, of one currency."""

    charged: Money
    refunded: Money

    @property
    def net(self) -> Money:
        """What is left."""
        return Money(self.charged.amount - self.refunded.amount, self.charged.currency)


class Payment(Struct, frozen=True):
    """A payment of the provider's, for an order."""

    provider: str
    order_id: str
    reference: str


async def write_charge(connection: AsyncConnection, payment: Payment, amount: Money, now: datetime) -> bool:
    """A payment has come in; whether that is new to the books. Raises BooksDisagree."""
    return await _write(connection, "charged", payment, payment.reference, amount, now)


async def write_refund(
    connection: AsyncConnection, payment: Payment, refund: str, amount: Money, now: datetime
) -> bool:
    """A part of a payment has gone back, under the provider's name `refund`; whether that is new to the books.

    Raises BooksDisagree, also where more would go back than came in.
    """
    charge = await _charge(connection, payment)
    if await _is_written(connection, "refunded", payment, refund, amount):
        return False
    if charge is None or charge.currency != amount.currency:
        raise BooksDisagree(f"{payment.reference} was not charged in {amount.currency}")
    if await _refunded(connection, payment) + amount.amount > charge.amount:
        raise BooksDisagree(f"more would be given back of {payment.reference} than came in")
    return await _write(connection, "refunded", payment, refund, amount, now)


async def write_failed_refund(
    connection: AsyncConnection, payment: Payment, refund: str, amount: Money, now: datetime
) -> bool:
    """A refund that is in the books came back from the bank; whether that is new to them. Raises BooksDisagree."""
    await _charge(connection, payment)
    written = (money_moves.c.provider == payment.provider, money_moves.c.name == refund)
    known = select(money_moves.c.amount).where(*written, money_moves.c.kind == "refunded")
    if (await connection.execute(known)).scalar() != amount.amount:
        raise BooksDisagree(f"the refund {refund} is not in the books with {amount}")
    return await _write(connection, "refund-failed", payment, refund, amount, now)


async def order_paid_by(connection: AsyncConnection, provider: str, reference: str) -> str | None:
    """The order that a payment was made for; None where it is in no book."""
    paid = (money_moves.c.provider == provider, money_moves.c.reference == reference)
    query = select(money_moves.c.order_id).where(*paid, money_moves.c.kind == "charged")
    return (await connection.execute(query)).scalar()


async def sums_by_order(connection: AsyncConnection, order_ids: Iterable[str]) -> dict[str, list[Sum]]:
    """What is in the books for these orders, a sum for each currency; orders without any are left out."""
    mine = money_moves.c.order_id.in_(list(order_ids))
    moves = select(money_moves.c.order_id, *_SUMS).where(mine)
    found: dict[str, list[Sum]] = {}
    for row in await connection.execute(moves.group_by(money_moves.c.order_id, money_moves.c.currency)):
        found.setdefault(row.order_id, []).append(_sum(row))
    return found


async def sums_by_reference(connection: AsyncConnection, provider: str, since: datetime) -> dict[str, Sum]:
    """What is in the books for each of a provider's payments that came in since then."""
    theirs = money_moves.c.provider == provider
    came_in = (theirs, money_moves.c.kind == "charged", money_moves.c.at >= since)
    recent = select(money_moves.c.reference).where(*came_in)
    moves = select(money_moves.c.reference, *_SUMS).where(theirs, money_moves.c.reference.in_(recent))
    rows = await connection.execute(moves.group_by(money_moves.c.reference, money_moves.c.currency))
    return {row.reference: _sum(row) for row in rows}


async def sums_by_day(
    connection: AsyncConnection, first: date, last: date, zone: str
) -> dict[date, list[Sum]]:
    """What came in and went back on each day of `zone` (such as America/Chicago), from `first` to `last`."""
    day = cast(func.timezone(zone, money_moves.c.at), Date).label("day")
    moves = select(day, *_SUMS).where(and_(day >= first, day <= last))
    found: dict[date, list[Sum]] = {}
    for row in await connection.execute(moves.group_by(day, money_moves.c.currency).order_by(day)):
        found.setdefault(row.day, []).append(_sum(row))
    return found


def _total(*weights: tuple[str, int]) -> ColumnElement[int]:
    """The sum of moves, each kind with its sign."""
    cases = [(money_moves.c.kind == kind, money_moves.c.amount * sign) for kind, sign in weights]
    return func.coalesce(func.sum(case(*cases, else_=0)), 0)


_CHARGED = _total(("charged", 1)).label("charged")
_REFUNDED = _total(("refunded", 1), ("refund-failed", -1)).label("refunded")
_SUMS = (money_moves.c.currency, _CHARGED, _REFUNDED)


def _sum(row: Row[tuple[object, ...]]) -> Sum:
    return Sum(Money(int(row.charged), row.currency), Money(int(row.refunded), row.currency))


async def _charge(connection: AsyncConnection, payment: Payment) -> Row[tuple[object, ...]] | None:
    """The row of what came in, locked: two refunds of a payment are written one after the other."""
    mine = _of(payment, "charged")
    return (await connection.execute(select(money_moves).where(*mine).with_for_update())).one_or_none()


async def _refunded(connection: AsyncConnection, payment: Payment) -> int:
    mine = (money_moves.c.provider == payment.provider, money_moves.c.reference == payment.reference)
    return int((await connection.execute(select(_REFUNDED).where(*mine))).scalar_one())


async def _write(
    connection: AsyncConnection, kind: str, payment: Payment, name: str, amount: Money, now: datetime
) -> bool:
    debit, credit = ACCOUNTS[kind]
    row = {"kind": kind, "provider": payment.provider, "name": name, "debit": debit, "credit": credit}
    move = insert(money_moves).values(**row, **_move(payment, amount), at=now).on_conflict_do_nothing()
    if (await connection.execute(move)).rowcount:
        return True
    return not await _is_written(connection, kind, payment, name, amount)


async def _is_written(
    connection: AsyncConnection, kind: str, payment: Payment, name: str, amount: Money
) -> bool:
    """Whether the move is in the books. Raises BooksDisagree where it is there in another way."""
    found = (
        money_moves.c.provider == payment.provider,
        money_moves.c.kind == kind,
        money_moves.c.name == name,
    )
    row = (await connection.execute(select(money_moves).where(*found))).one_or_none()
    if row is not None and any(row._mapping[k] != v for k, v in _move(payment, amount).items()):
        raise BooksDisagree(f"{kind} {name} is in the books otherwise")
    return row is not None


def _move(payment: Payment, amount: Money) -> dict[str, object]:
    whose = {"order_id": payment.order_id, "reference": payment.reference}
    return whose | {"amount": amount.amount, "currency": amount.currency}


def _of(payment: Payment, kind: str) -> tuple[ColumnElement[bool], ...]:
    return (
        money_moves.c.provider == payment.provider,
        money_moves.c.reference == payment.reference,
        money_moves.c.kind == kind,
    )
