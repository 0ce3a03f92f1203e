"""Selling: the gate, the ledger, orders. A sale needs only terms; inventory opens and closes the offers."""

from app.sales.offers import Offer, close_offer, open_offer, pause_offer, read_offer
from app.sales.order import Order, Terms, Wish
from app.sales.pace import Pace, read_pace
from app.sales.purchase import Checkout
from app.sales.refusals import order_or_refusal
from app.sales.routes import checkout_of, router

__all__ = [
    "Checkout",
    "Offer",
    "Order",
    "Pace",
    "Terms",
    "Wish",
    "checkout_of",
    "close_offer",
    "open_offer",
    "order_or_refusal",
    "pause_offer",
    "read_offer",
    "read_pace",
    "router",
]
