"""Selling: the gate, the ledger, orders. A sale needs only terms; inventory opens and closes the offers."""

from app.sales.audit import audit_sales
from app.sales.buying import VISIBLE_ASCII, Buying
from app.sales.offers import Offer, close_offer, open_offer, pause_offer, read_offer, read_offers
from app.sales.order import Order, Terms, Wish
from app.sales.pace import Pace, read_pace
from app.sales.purchase import Checkout
from app.sales.recount import Recounted, recount_live
from app.sales.refusals import order_or_refusal
from app.sales.routes import checkout_of, router
from app.sales.till import Till

__all__ = [
    "VISIBLE_ASCII",
    "Buying",
    "Checkout",
    "Offer",
    "Order",
    "Pace",
    "Recounted",
    "Terms",
    "Till",
    "Wish",
    "audit_sales",
    "checkout_of",
    "close_offer",
    "open_offer",
    "order_or_refusal",
    "pause_offer",
    "read_offer",
    "read_offers",
    "read_pace",
    "recount_live",
    "router",
]
