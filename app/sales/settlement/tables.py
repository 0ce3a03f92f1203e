"""What is kept of settling orders: how far each is, its attempts to be charged, its refunds, and where it goes."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Index,
    Integer,
    Table,
    Text,
    text,
)

from app.platform.database import metadata

# Up to which place of a deal every order has a row in `settlements`. Places have no gap and are committed in order, so
# that the hot path writes nothing for whoever settles.
settlement_marks = Table(
    "settlement_marks",
    metadata,
    Column("deal_id", BigInteger, primary_key=True, autoincrement=False),
    Column("place", Integer, nullable=False),
)

STATES = ("new", "asked", "step", "declined", "cardless", "paid", "cancelled")
ENDINGS = ("", "cancelling", "refunding")
REASONS = ("", "shopper", "card", "step", "address")

# How far an order is. `due_at` is when somebody has to look at it next; none: nothing will happen by itself any more.
# `lease` is counted up by whoever takes it up, `news` by whoever has something to say meanwhile.
settlements = Table(
    "settlements",
    metadata,
    Column("order_id", Text, primary_key=True),
    Column("deal_id", BigInteger, nullable=False),
    Column("shopper_id", BigInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("attempt", Integer, nullable=False, server_default=text("0")),  # the number of the last one
    Column("words", Text, nullable=False, server_default=text("''")),  # why the card was declined
    Column("step_address", Text, nullable=False, server_default=text("''")),
    Column("mend_until", DateTime(timezone=True)),  # for another card, or the step
    Column("grace_until", DateTime(timezone=True), nullable=False),  # for cancelling, and for an address
    Column("again", Boolean, nullable=False, server_default=text("false")),  # there is a new card to try
    Column("ending", Text, nullable=False, server_default=text("''")),
    Column("why", Text, nullable=False, server_default=text("''")),  # it is, or was, cancelled
    Column(
        "tries", Integer, nullable=False, server_default=text("0")
    ),  # without an answer, one after the other
    Column("due_at", DateTime(timezone=True)),
    Column("leased_until", DateTime(timezone=True)),
    Column("lease", BigInteger, nullable=False, server_default=text("0")),
    Column("news", BigInteger, nullable=False, server_default=text("0")),
    CheckConstraint(f"state IN {STATES}", name="known_state"),
    CheckConstraint(f"ending IN {ENDINGS}", name="known_ending"),
    CheckConstraint(f"why IN {REASONS}", name="known_reason"),
    CheckConstraint("ending = '' OR why <> ''", name="ends_for_a_reason"),
)
# Every process looks here about once a second, and at nothing else.
Index("ix_settlements_due", settlements.c.due_at, postgresql_where=settlements.c.due_at.is_not(None))
# Whose new card may mend what; and whether a deal's units may come back yet.
Index(
    "ix_settlements_to_mend",
    settlements.c.shopper_id,
    postgresql_where=settlements.c.mend_until.is_not(None),
)
Index(
    "ix_settlements_open",
    settlements.c.deal_id,
    postgresql_where=settlements.c.due_at.is_not(None),
)

# Every attempt to be paid, written down before the provider hears of it, with what makes it the same when it is sent
# again. Of an order's attempts one at most can be paid.
charge_attempts = Table(
    "charge_attempts",
    metadata,
    Column("order_id", Text, primary_key=True),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("provider", Text, nullable=False),
    Column("customer", Text, nullable=False),
    Column("card", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("reference", Text),  # the provider's
    Column("made_at", DateTime(timezone=True), nullable=False),
    CheckConstraint("state IN ('open', 'paid', 'cancelled')", name="state"),
    CheckConstraint("state <> 'paid' OR reference IS NOT NULL", name="paid_by_name"),
)
Index(
    "one_attempt_that_pays",
    charge_attempts.c.order_id,
    unique=True,
    postgresql_where=charge_attempts.c.state != "cancelled",
)

# Where an order goes: a copy of its shopper's address.
order_addresses = Table(
    "order_addresses",
    metadata,
    Column("order_id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("street", Text, nullable=False),
    Column("extra", Text, nullable=False),
    Column("postal_code", Text, nullable=False),
    Column("city", Text, nullable=False),
    Column("region", Text, nullable=False),
    Column("country", Text, nullable=False),
)

REFUND_STATES = ("due", "made", "refused", "failed")

# Money to be given back; `id` is the key under which the provider is asked. `refused`: the provider will not;
# `failed`: it came back from the bank. Without `asked_by` it belongs to an order that is being cancelled.
refund_orders = Table(
    "refund_orders",
    metadata,
    Column("id", Text, primary_key=True),
    Column("order_id", Text, nullable=False, index=True),
    Column("amount", BigInteger, nullable=False),  # in minor units of the order's currency
    Column("why", Text, nullable=False),
    Column("asked_by", BigInteger),
    Column("state", Text, nullable=False),
    Column("name", Text),  # the provider's
    Column("asked_at", DateTime(timezone=True), nullable=False),
    Column("done_at", DateTime(timezone=True)),
    CheckConstraint("amount > 0", name="some"),
    CheckConstraint(f"state IN {REFUND_STATES}", name="known_state"),
    CheckConstraint("(state IN ('made', 'failed')) = (name IS NOT NULL)", name="made_by_name"),
)

shipments = Table(
    "shipments",
    metadata,
    Column("order_id", Text, primary_key=True),
    Column("carrier", Text, nullable=False),
    Column("tracking", Text, nullable=False),
    Column("shipped_at", DateTime(timezone=True), nullable=False),
    Column("marked_by", BigInteger, nullable=False),
    Column("told", Boolean, nullable=False),  # the letter is in the outbox
)
