"""What merchandisers look up and do about sales: the room's other face, for the desk.

A shop that opens does without it for a moment, see docs/decisions/0027.
"""

from app.sales.curve import Curve
from app.sales.desk_orders import (
    DealOrders,
    OrderAtDesk,
    OrderKey,
    OrderStatus,
    SoughtOrders,
    count_orders,
    deals_with_orders,
    find_orders,
    ids_by_number,
    orders_by_id,
    orders_to_pack,
)
from app.sales.helped_sales import HelpedSales, read_helped_sales
from app.sales.line.standing import LineCounts, count_line
from app.sales.record import FIRST_MINUTES, SaleRecord, read_curves, read_refused_totals, read_sale_records
from app.sales.refused import read_refusals
from app.sales.settlement.refunds import NotRefundable, RefundAsked, ask_refund
from app.sales.settlement.shipping import mark_parcels
from app.sales.settlement.words import receipt as receipt_letter
from app.sales.settlement.words import shipped as shipping_letter
from app.sales.velocity import ended_at, read_curve, read_last_sale, read_seconds_to_go

__all__ = [
    "FIRST_MINUTES",
    "Curve",
    "DealOrders",
    "HelpedSales",
    "LineCounts",
    "NotRefundable",
    "OrderAtDesk",
    "OrderKey",
    "OrderStatus",
    "RefundAsked",
    "SaleRecord",
    "SoughtOrders",
    "ask_refund",
    "count_line",
    "count_orders",
    "deals_with_orders",
    "ended_at",
    "find_orders",
    "ids_by_number",
    "mark_parcels",
    "orders_by_id",
    "orders_to_pack",
    "read_curve",
    "read_curves",
    "read_helped_sales",
    "read_last_sale",
    "read_refusals",
    "read_refused_totals",
    "read_sale_records",
    "read_seconds_to_go",
    "receipt_letter",
    "shipping_letter",
]
