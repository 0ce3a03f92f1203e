"""Selling: the gate, the ledger, orders. A sale needs only terms; inventory opens and closes the offers."""

from app.sales.audit import audit_sales
from app.sales.buying import VISIBLE_ASCII, Buying
from app.sales.curve import Curve
from app.sales.documents import MoneyDocument
from app.sales.gate import GateLostError
from app.sales.offers import (
    Offer,
    close_offer,
    open_offer,
    pause_offer,
    read_offer,
    read_offers,
    read_sold,
)
from app.sales.order import Order, Terms, Wish
from app.sales.pace import Pace, read_pace
from app.sales.purchase import Checkout
from app.sales.record import (
    FIRST_MINUTES,
    SaleRecord,
    count_closed_offers,
    read_curves,
    read_refused_totals,
    read_sale_records,
)
from app.sales.recount import Recounted, recount_live
from app.sales.refusals import order_or_refusal
from app.sales.refused import RefusedAttempts, read_refusals
from app.sales.routes import checkout_of, router
from app.sales.till import Till
from app.sales.velocity import PastDeals, ended_at, read_curve, read_last_sale, read_seconds_to_go

__all__ = [
    "FIRST_MINUTES",
    "VISIBLE_ASCII",
    "Buying",
    "Checkout",
    "Curve",
    "GateLostError",
    "MoneyDocument",
    "Offer",
    "Order",
    "Pace",
    "PastDeals",
    "Recounted",
    "RefusedAttempts",
    "SaleRecord",
    "Terms",
    "Till",
    "Wish",
    "audit_sales",
    "checkout_of",
    "close_offer",
    "count_closed_offers",
    "ended_at",
    "open_offer",
    "order_or_refusal",
    "pause_offer",
    "read_curve",
    "read_curves",
    "read_last_sale",
    "read_offer",
    "read_offers",
    "read_pace",
    "read_refusals",
    "read_refused_totals",
    "read_sale_records",
    "read_seconds_to_go",
    "read_sold",
    "recount_live",
    "router",
]
