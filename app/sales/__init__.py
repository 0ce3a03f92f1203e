"""Selling: the gate, the ledger, orders. A sale needs only terms; inventory opens and closes the offers.

What merchandisers look up and do: desk.py.
"""

from app.sales.audit import audit_sales
from app.sales.buying import VISIBLE_ASCII, Buying
from app.sales.documents import MoneyDocument
from app.sales.forgetting import Forgetting
from app.sales.friends_price import among_friends, friendship_counts
from app.sales.gate import GateLostError
from app.sales.line.offering import close_line
from app.sales.line.room import Line
from app.sales.line.routes import line_of
from app.sales.line.routes import router as line_router
from app.sales.line.standing import LineOver, NotSoldOut, OffersLetGo, PlaceInLine, stood_in
from app.sales.offers import (
    Offer,
    close_offer,
    open_offer,
    pause_offer,
    read_offer,
    read_offers,
    read_sold,
    read_terms,
)
from app.sales.order import Order, Terms, Wish, discount_for
from app.sales.pace import Pace, read_last_order_at, read_pace, read_units_since
from app.sales.purchase import Checkout
from app.sales.record import count_closed_offers
from app.sales.recount import recount_live
from app.sales.refusals import LimitReached, NoSuchDeal, SoldOut, order_or_refusal
from app.sales.routes import checkout_of, router, turnstile_of
from app.sales.settlement.asking import cancel_order, give_address, look_again, try_again
from app.sales.settlement.room import Settlement
from app.sales.settlement.shipping import address_of
from app.sales.settlement.story import OrderStory, RefundMade, read_story
from app.sales.settlement.words import SiteWords
from app.sales.standing_units import standing_units
from app.sales.team import count_team, has_taken_one, take_one, unsay
from app.sales.till import Till
from app.sales.turnstile import Turnstile
from app.sales.turnstile_news import TurnstileNews
from app.sales.velocity import PastDeals

__all__ = [
    "VISIBLE_ASCII",
    "Buying",
    "Checkout",
    "Forgetting",
    "GateLostError",
    "LimitReached",
    "Line",
    "LineOver",
    "MoneyDocument",
    "NoSuchDeal",
    "NotSoldOut",
    "Offer",
    "OffersLetGo",
    "Order",
    "OrderStory",
    "Pace",
    "PastDeals",
    "PlaceInLine",
    "RefundMade",
    "Settlement",
    "SiteWords",
    "SoldOut",
    "Terms",
    "Till",
    "Turnstile",
    "TurnstileNews",
    "Wish",
    "address_of",
    "among_friends",
    "audit_sales",
    "cancel_order",
    "checkout_of",
    "close_line",
    "close_offer",
    "count_closed_offers",
    "count_team",
    "discount_for",
    "friendship_counts",
    "give_address",
    "has_taken_one",
    "line_of",
    "line_router",
    "look_again",
    "open_offer",
    "order_or_refusal",
    "pause_offer",
    "read_last_order_at",
    "read_offer",
    "read_offers",
    "read_pace",
    "read_sold",
    "read_story",
    "read_terms",
    "read_units_since",
    "recount_live",
    "router",
    "standing_units",
    "stood_in",
    "take_one",
    "try_again",
    "turnstile_of",
    "unsay",
]
