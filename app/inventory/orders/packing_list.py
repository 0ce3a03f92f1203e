"""What is to be packed, as a spreadsheet: a line an order. With the numbers filled in, it is a tracking file.

An order number looks like a date to some spreadsheets, so the order's id stands beside it.
"""

from collections.abc import Iterable, Iterator

from app.platform.clock import rfc3339
from app.platform.csv_export import csv_lines
from app.sales.desk import OrderAtDesk

HEADER = (
    "order_id",
    "number",
    "quantity",
    "title",
    "name",
    "street",
    "extra",
    "postal_code",
    "city",
    "region",
    "country",
    "placed_at",
    "carrier",
    "tracking",
)


def packing_list_csv(orders: Iterable[OrderAtDesk]) -> Iterator[str]:
    """The whole file, a line at a time. Orders without an address, or whose money goes back, are left out."""
    return csv_lines(HEADER, (_row(found) for found in orders if found.can_be_shipped))


def _row(found: OrderAtDesk) -> tuple[object, ...]:
    order, to = found.order, found.address
    assert to is not None
    where = (to.name, to.street, to.extra, to.postal_code, to.city, to.region, to.country)
    parcel = (found.carrier, found.tracking)
    return (order.id, order.number, order.quantity, order.title, *where, rfc3339(order.placed_at), *parcel)
