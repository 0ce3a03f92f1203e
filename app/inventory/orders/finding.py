"""Looking for orders at the desk: by deal and status, and by what somebody reads out on the telephone."""

from collections.abc import Sequence

from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncConnection

from app.identity import addressees_of, clean_email, id_by_email
from app.inventory.orders.parcels import NotAParcel
from app.inventory.orders.tracking_file import read_number
from app.notices import Addressee
from app.platform.errors import NotFound
from app.sales.desk import (
    OrderAtDesk,
    OrderKey,
    OrderStatus,
    SoughtOrders,
    find_orders,
    ids_by_number,
    orders_by_id,
)

MAX_ID = 2**63 - 1


class OrderOf(Struct, frozen=True):
    """An order, and whose it is; None where that account is gone."""

    found: OrderAtDesk
    shopper: Addressee | None


class OrdersFound(Struct, frozen=True):
    """A page of orders. `next` is the number to ask for more after; "" at the end."""

    items: list[OrderOf]
    next: str


async def look_for_orders(
    connection: AsyncConnection,
    *,
    deal_id: int | None,
    status: OrderStatus | None,
    text: str,
    after: OrderKey | None,
    limit: int,
) -> OrdersFound:
    """Orders of a deal, in a status, and by `text`: an order's number or id, or its shopper's e-mail address."""
    text = text.strip()
    if text and "@" not in text:
        found = await _by_name(connection, text)
        return OrdersFound(await with_shoppers(connection, found), "")
    shopper_id = await _shopper(connection, text) if text else None
    if text and shopper_id is None:
        return OrdersFound([], "")
    sought = SoughtOrders(deal_id, status, shopper_id)
    page = await find_orders(connection, sought, after, limit)
    following = "" if page.next is None else write_number(page.next)
    return OrdersFound(await with_shoppers(connection, page.items), following)


async def _by_name(connection: AsyncConnection, text: str) -> list[OrderAtDesk]:
    key = order_key(text)
    ids = [text] if key is None else list((await ids_by_number(connection, [key])).values())
    return list((await orders_by_id(connection, ids)).values())


async def _shopper(connection: AsyncConnection, typed: str) -> int | None:
    try:
        return await id_by_email(connection, clean_email(typed))
    except ValueError:
        return None


async def one_order(connection: AsyncConnection, order_id: str) -> OrderOf:
    """One order. Raises NotFound."""
    found = await orders_by_id(connection, [order_id])
    if order_id not in found:
        raise NotFound("There is no such order.")
    (one,) = await with_shoppers(connection, [found[order_id]])
    return one


async def with_shoppers(connection: AsyncConnection, found: Sequence[OrderAtDesk]) -> list[OrderOf]:
    """These orders, each with whose it is."""
    shoppers = await addressees_of(connection, {order.shopper_id for order in found})
    return [OrderOf(order, shoppers.get(order.shopper_id)) for order in found]


def order_key(text: str) -> OrderKey | None:
    """The deal and the place that an order's number names; None where it is none."""
    try:
        deal, _, place = read_number(text).partition("-")
    except NotAParcel:
        return None
    return (int(deal), int(place)) if int(deal) <= MAX_ID else None


def write_number(key: OrderKey) -> str:
    """An order's number, for people."""
    return f"{key[0]}-{key[1]}"
