"""What is on offer, the orders, and how many units each shopper has of each deal."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from app.platform.database import metadata

# A deal's terms from the moment it goes live, and the count that has the last word. A deal that is only queued has
# no row here: for a sale it does not exist yet. Every change of the row moves `revision` on, so that news of it can be
# put in order.
offers = Table(
    "offers",
    metadata,
    Column("deal_id", BigInteger, primary_key=True, autoincrement=False),
    Column("title", Text, nullable=False),
    Column("currency", Text, nullable=False),
    Column("unit_price", Integer, nullable=False),
    Column("shipping", Integer, nullable=False),
    Column("quantity", Integer, nullable=False),
    Column("unit_limit", Integer, nullable=False),
    Column("sold", Integer, nullable=False, server_default=text("0")),
    Column("orders", Integer, nullable=False, server_default=text("0")),
    Column("epoch", Integer, nullable=False, server_default=text("1")),
    Column("revision", BigInteger, nullable=False, server_default=text("1")),
    Column("paused", Boolean, nullable=False, server_default=text("false")),
    Column("opened_at", DateTime(timezone=True), nullable=False),
    Column("first_order_at", DateTime(timezone=True)),
    Column("closed_at", DateTime(timezone=True)),
    CheckConstraint("sold >= 0 AND sold <= quantity", name="never_oversold"),
    CheckConstraint("quantity > 0 AND unit_limit > 0 AND unit_price >= 0 AND shipping >= 0", name="sane"),
    Index("one_open_offer", text("(true)"), unique=True, postgresql_where=text("closed_at IS NULL")),
)

ORDER_STATUSES = ("placed", "paid", "shipped", "declined", "cancelled", "refunded")

orders = Table(
    "orders",
    metadata,
    Column("id", Text, primary_key=True),
    Column("deal_id", BigInteger, ForeignKey("offers.deal_id"), nullable=False),
    Column("shopper_id", BigInteger, ForeignKey("shoppers.id"), nullable=False),
    Column("idempotency_key", Text, nullable=False),
    Column("body_hash", LargeBinary, nullable=False),
    Column("place", Integer, nullable=False),
    Column("title", Text, nullable=False),
    Column("quantity", Integer, nullable=False),
    Column("currency", Text, nullable=False),
    Column("unit_price", Integer, nullable=False),
    Column("discount", Integer, nullable=False),
    Column("shipping", Integer, nullable=False),
    Column("total", Integer, nullable=False),
    Column("status", Text, nullable=False, server_default=text("'placed'")),
    Column("placed_at", DateTime(timezone=True), nullable=False),
    CheckConstraint("quantity > 0", name="some"),
    CheckConstraint("total = unit_price * quantity - discount + shipping AND total >= 0", name="adds_up"),
    CheckConstraint(f"status IN {ORDER_STATUSES}", name="known_status"),
    UniqueConstraint("shopper_id", "idempotency_key"),
    UniqueConstraint("deal_id", "place"),
    Index(None, "shopper_id", "placed_at"),
    Index(None, "deal_id", "placed_at"),
)

# Units of a deal that a shopper holds: PostgreSQL's veto on the limit, should the gate ever be wrong.
buyers = Table(
    "buyers",
    metadata,
    Column("deal_id", BigInteger, ForeignKey("offers.deal_id"), primary_key=True),
    Column("shopper_id", BigInteger, ForeignKey("shoppers.id"), primary_key=True),
    Column("units", Integer, nullable=False),
    Column("unit_limit", Integer, nullable=False),
    CheckConstraint("units >= 0 AND units <= unit_limit", name="within_limit"),
)
