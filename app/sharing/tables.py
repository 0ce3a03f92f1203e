"""What the crowd has earned, and for which orders."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    Table,
    Text,
    false,
    text,
)

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
    Column("told_at", DateTime(timezone=True)),  # when a letter said that it is ready; none: not yet
    CheckConstraint("amount > 0", name="worth_something"),
    CheckConstraint(f"state IN {COUPON_STATES}", name="known_state"),
    CheckConstraint("(state = 'used') = (order_id IS NOT NULL)", name="used_by_an_order"),
    Index(None, "shopper_id", "created_at"),
    Index(None, "shopper_id", "told_at"),
)
UNTOLD = "state = 'ready' AND told_at IS NULL"
Index("ix_coupons_untold", coupons.c.shopper_id, postgresql_where=text(UNTOLD))

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
    Column("own_browser", Boolean, nullable=False, server_default=false()),  # the link was made in it, too
    Column("as_friend", Boolean, nullable=False, server_default=false()),  # they were friends, and paid so
    CheckConstraint("units > 0", name="some"),
    Index(None, "helper_id", "deal_id"),
    Index(None, "deal_id"),
)
