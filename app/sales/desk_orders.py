"""Orders as the desk looks for them: by deal, by status, by whoever placed them, by number; and how many there are."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Literal

from msgspec import Struct
from sqlalchemy import ARRAY, BigInteger, Row, Select, Text, any_, func, literal, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from app.identity import Address
from app.sales.order import Order
from app.sales.settlement.tables import order_addresses, refund_orders, settlements, shipments
from app.sales.tables import offers, orders

OrderStatus = Literal["placed", "paid", "shipped", "declined", "cancelled", "refunded"]
LOOKED_AT = 20_000  # orders that one page looks through for a status; there is no index by it

OrderKey = tuple[int, int]  # a deal and a place in it: together an order's number


class OrderAtDesk(Struct, frozen=True):
    """An order with what the desk needs to act on it. `refunded` is what was given back or is about to be, in minor
    units, and `is_going_back` that some of it is on its way; `ending` says that the order is about to be cancelled."""

    order: Order
    shopper_id: int
    address: Address | None
    carrier: str
    tracking: str
    shipped_at: datetime | None
    refunded: int
    is_going_back: bool
    ending: str

    @property
    def can_be_shipped(self) -> bool:
        """It is paid, we know where to, and nobody wants it back."""
        is_wanted = self.order.status == "paid" and not self.ending and not self.is_going_back
        return is_wanted and self.address is not None


class SoughtOrders(Struct, frozen=True):
    """Which orders are wanted; None wants all."""

    deal_id: int | None = None
    status: OrderStatus | None = None
    shopper_id: int | None = None


class OrdersPage(Struct, frozen=True):
    """Some orders, of the newest deal first and in it the last first. `next` is the key to ask for more after; there
    may be more where a page has fewer than were asked for, since it looks at so many orders and no more."""

    items: list[OrderAtDesk]
    next: OrderKey | None


async def find_orders(
    connection: AsyncConnection, sought: SoughtOrders, after: OrderKey | None, limit: int
) -> OrdersPage:
    """A page of the orders that are wanted."""
    key = tuple_(orders.c.deal_id, orders.c.place)
    wanted = [] if after is None else [key < after]
    if sought.deal_id is not None:
        wanted.append(orders.c.deal_id == sought.deal_id)
    if sought.shopper_id is not None:
        wanted.append(orders.c.shopper_id == sought.shopper_id)
    newest = (orders.c.deal_id.desc(), orders.c.place.desc())
    looked_at = select(orders).where(*wanted).order_by(*newest).limit(LOOKED_AT).subquery()
    query = _whole(looked_at).order_by(looked_at.c.deal_id.desc(), looked_at.c.place.desc()).limit(limit + 1)
    if sought.status is not None:
        query = query.where(looked_at.c.status == sought.status)
    found = [_order(row) for row in await connection.execute(query)]
    if len(found) > limit:
        last = found[limit - 1].order
        return OrdersPage(found[:limit], (last.deal_id, last.place))
    edge = select(orders.c.deal_id, orders.c.place).where(*wanted).order_by(*newest)
    row = (await connection.execute(edge.offset(LOOKED_AT - 1).limit(1))).one_or_none()
    return OrdersPage(found, None if row is None else (row.deal_id, row.place))


async def orders_by_id(connection: AsyncConnection, ids: Collection[str]) -> dict[str, OrderAtDesk]:
    """Those of these orders that there are."""
    known = [order_id for order_id in ids if order_id.isascii() and order_id.isprintable()]
    wanted = select(orders).where(orders.c.id == any_(literal(known, ARRAY(Text)))).subquery()
    return {row.id: _order(row) for row in await connection.execute(_whole(wanted))}


async def ids_by_number(connection: AsyncConnection, numbers: Collection[OrderKey]) -> dict[OrderKey, str]:
    """The ids of those of these orders that there are; a number is a deal and a place."""
    deals, places = [deal for deal, _ in numbers], [place for _, place in numbers]
    asked = func.unnest(literal(deals, ARRAY(BigInteger)), literal(places, ARRAY(BigInteger)))
    named = asked.table_valued("deal_id", "place").render_derived()
    same = (orders.c.deal_id == named.c.deal_id) & (orders.c.place == named.c.place)
    query = select(orders.c.deal_id, orders.c.place, orders.c.id).join(named, same)
    return {(row.deal_id, row.place): row.id for row in await connection.execute(query)}


async def orders_to_pack(
    connection: AsyncConnection, deal_id: int, after: int, limit: int
) -> list[OrderAtDesk]:
    """Paid orders of a deal whose place is beyond `after`, the first first."""
    wanted = select(orders).where(
        orders.c.deal_id == deal_id, orders.c.place > after, orders.c.status == "paid"
    )
    paid = wanted.order_by(orders.c.place).limit(limit).subquery()
    return [_order(row) for row in await connection.execute(_whole(paid).order_by(paid.c.place))]


class DealOrders(Struct, frozen=True):
    """How many orders of a deal are in each status; one without any is left out."""

    deal_id: int
    title: str
    by_status: dict[str, int]


async def count_orders(connection: AsyncConnection, deal_ids: Sequence[int]) -> list[DealOrders]:
    """The orders of these deals, counted, in the order that was asked for; a deal never on offer is left out."""
    among = any_(literal(list(deal_ids), ARRAY(BigInteger)))
    titles = select(offers.c.deal_id, offers.c.title).where(offers.c.deal_id == among)
    named = {row.deal_id: row.title for row in await connection.execute(titles)}
    query = select(orders.c.deal_id, orders.c.status, func.count().label("number")).where(
        orders.c.deal_id == among
    )
    counts: dict[int, dict[str, int]] = {deal_id: {} for deal_id in named}
    for row in await connection.execute(query.group_by(orders.c.deal_id, orders.c.status)):
        counts.setdefault(row.deal_id, {})[row.status] = row.number
    return [DealOrders(deal_id, named[deal_id], counts[deal_id]) for deal_id in deal_ids if deal_id in named]


async def deals_with_orders(connection: AsyncConnection, limit: int) -> list[int]:
    """The deals that were put on offer last and sold something, the newest first."""
    query = (
        select(offers.c.deal_id).where(offers.c.orders > 0).order_by(offers.c.opened_at.desc()).limit(limit)
    )
    return list((await connection.execute(query)).scalars())


def _whole(some: Any) -> Select[Any]:
    """Each of `some` orders with its address, its shipment, and what staff has given back of it."""
    mine = refund_orders.c.order_id == some.c.id
    counted = (mine, refund_orders.c.state.in_(("due", "made")))
    total = select(func.coalesce(func.sum(refund_orders.c.amount), 0)).where(*counted).scalar_subquery()
    due = select(refund_orders.c.id).where(mine, refund_orders.c.state == "due").exists()
    to = [column.label(f"to_{column.name}") for column in order_addresses.c if column.name != "order_id"]
    parcel = (shipments.c.carrier, shipments.c.tracking, shipments.c.shipped_at)
    return (
        select(some, *to, *parcel, settlements.c.ending, total.label("refunded"), due.label("due"))
        .outerjoin(order_addresses, order_addresses.c.order_id == some.c.id)
        .outerjoin(shipments, shipments.c.order_id == some.c.id)
        .outerjoin(settlements, settlements.c.order_id == some.c.id)
    )


def _order(row: Row[Any]) -> OrderAtDesk:
    fields = row._mapping
    order = Order(**{name: fields[name] for name in Order.__struct_fields__})
    address = None
    if row.to_name is not None:
        address = Address(**{name: fields[f"to_{name}"] for name in Address.__struct_fields__})
    return OrderAtDesk(
        order,
        row.shopper_id,
        address,
        row.carrier or "",
        row.tracking or "",
        row.shipped_at,
        int(row.refunded),
        row.due,
        row.ending or "",
    )
