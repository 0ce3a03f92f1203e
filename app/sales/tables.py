"""What is on offer, the orders, and how many units each shopper has of each deal."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
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
    Column("friend_discount", Integer, nullable=False, server_default=text("0")),  # off each unit
    Column("friends_discount", Integer, nullable=False, server_default=text("0")),  # the same, among friends
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

# Only `record_orders` writes here and to `buyers`, holding the offer's row, and for shoppers whose session is signed:
# foreign keys would look up for each row what is known, and cost a third of a commit. `verify` looks instead.
orders = Table(
    "orders",
    metadata,
    Column("id", Text, primary_key=True),
    Column("deal_id", BigInteger, nullable=False),
    Column("shopper_id", BigInteger, nullable=False),
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
)

# Units of a deal that a shopper holds: PostgreSQL's veto on the limit, should the gate ever be wrong.
buyers = Table(
    "buyers",
    metadata,
    Column("deal_id", BigInteger, primary_key=True, autoincrement=False),
    Column("shopper_id", BigInteger, primary_key=True, autoincrement=False),
    Column("units", Integer, nullable=False),
    Column("unit_limit", Integer, nullable=False),
    CheckConstraint("units >= 0 AND units <= unit_limit", name="within_limit"),
)

# Who says that they bought of a deal that held up the show only so that it goes on, and by which order: see team.py.
took_one = Table(
    "took_one",
    metadata,
    Column("deal_id", BigInteger, primary_key=True, autoincrement=False),
    Column("shopper_id", BigInteger, primary_key=True, autoincrement=False),
    Column("order_id", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
)

# Attempts to buy that were refused, by the problem's slug: see refused.py.
refusals = Table(
    "refusals",
    metadata,
    Column("deal_id", BigInteger, primary_key=True, autoincrement=False),
    Column("kind", Text, primary_key=True),
    Column("attempts", BigInteger, nullable=False),
)

# How many units went in each second, so that nobody has to count orders to know how fast a deal sells.
sold_by_second = Table(
    "sold_by_second",
    metadata,
    Column("deal_id", BigInteger, primary_key=True, autoincrement=False),
    Column("second", DateTime(timezone=True), primary_key=True),
    Column("units", Integer, nullable=False),
)

# What became of an offer that is closed, counted once from its orders. `revision` is the offer's at that time: where
# it has moved on since, the row is counted anew.
sale_records = Table(
    "sale_records",
    metadata,
    Column("deal_id", BigInteger, primary_key=True, autoincrement=False),
    Column("revision", BigInteger, nullable=False),
    Column("orders", Integer, nullable=False),
    Column("units", Integer, nullable=False),
    Column("given_back", Integer, nullable=False),
    Column("orders_of_one", Integer, nullable=False),
    Column("orders_of_two", Integer, nullable=False),
    Column("orders_of_more", Integer, nullable=False),
    Column("revenue", BigInteger, nullable=False),
    Column("discounts", BigInteger, nullable=False),
    Column("shipping", BigInteger, nullable=False),
    Column("helped_units", Integer, nullable=False),
    Column("first_minutes_units", Integer, nullable=False),
    Column("first_order_at", DateTime(timezone=True)),
    Column("last_order_at", DateTime(timezone=True)),
    Column("sold_out_at", DateTime(timezone=True)),
    Column("first_shopper_id", BigInteger),
)
