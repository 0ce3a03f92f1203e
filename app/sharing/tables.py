"""What the crowd has earned, and for which orders."""

from sqlalchemy import BigInteger, CheckConstraint, Column, DateTime, ForeignKey, Index, Integer, Table, Text

from app.platform.database import metadata

COUPON_STATES = ("pending", "ready", "used", "void")

# Bound to a person, used once: `order_id` is the order that took it, written in that order's own transaction.
coupons = Table(
    "coupons",
    metadata,
    Column("code", Text, primary_key=True),
    Column("shopper_id", BigInteger, ForeignKey("shoppers.id"), nullable=False),
    Column("currency", Text, nullable=False),
    Column("amount", Integer, nullable=False),
    Column("state", Text, nullable=False),
    Column("why", Text, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Column("order_id", Text, unique=True),
    CheckConstraint("amount > 0", name="worth_something"),
    CheckConstraint(f"state IN {COUPON_STATES}", name="known_state"),
    CheckConstraint("(state = 'used') = (order_id IS NOT NULL)", name="used_by_an_order"),
    Index(None, "shopper_id", "created_at"),
)

# One row for an order that somebody helped to sell.
attributions = Table(
    "attributions",
    metadata,
    Column("order_id", Text, primary_key=True),
    Column("deal_id", BigInteger, nullable=False),
    Column("helper_id", BigInteger, ForeignKey("shoppers.id"), nullable=False),
    Column("link", Text, nullable=False),
    Column("units", Integer, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    CheckConstraint("units > 0", name="some"),
    Index(None, "helper_id", "deal_id"),
    Index(None, "deal_id"),
)
