"""What is kept of payments: customers, cards, news, and the money ledger. The sandbox's bank has tables of its own."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Identity,
    Index,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
)

from app.platform.database import metadata

# A shopper's name at a provider. `key` is written before the provider is asked, so that two who ask get one name.
payment_customers = Table(
    "payment_customers",
    metadata,
    Column("shopper_id", BigInteger, primary_key=True, autoincrement=False),
    Column("provider", Text, primary_key=True),
    Column("key", Text, nullable=False, unique=True),
    Column("customer", Text, unique=True),
)

# Cards on file: what may be shown of them. The number never comes here; `token` is the provider's.
payment_cards = Table(
    "payment_cards",
    metadata,
    Column("id", Text, primary_key=True),
    Column("shopper_id", BigInteger, nullable=False),
    Column("provider", Text, nullable=False),
    Column("token", Text, nullable=False),
    Column("brand", Text, nullable=False),
    Column("last4", Text, nullable=False),
    Column("exp_month", SmallInteger, nullable=False),
    Column("exp_year", SmallInteger, nullable=False),
    Column("fingerprint", Text, nullable=False, index=True),
    Column("is_default", Boolean, nullable=False),
    Column("added_at", DateTime(timezone=True), nullable=False),
    UniqueConstraint("provider", "token"),
    UniqueConstraint("shopper_id", "provider", "fingerprint"),
    CheckConstraint("last4 ~ '^[0-9]{4}$'", name="no_number"),
)
Index(
    "one_default_card",
    payment_cards.c.shopper_id,
    payment_cards.c.provider,
    unique=True,
    postgresql_where=payment_cards.c.is_default,
)

EVENT_KINDS = ("paid", "declined", "step", "processing", "cancelled", "refunded", "refund-failed")

# News from the provider, each once. Whoever settles takes them; what they say is looked up, not believed.
payment_events = Table(
    "payment_events",
    metadata,
    Column("provider", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("attempt", Text),
    Column("order_id", Text),
    Column("reference", Text, nullable=False),
    Column("received_at", DateTime(timezone=True), nullable=False),
    Column("taken_at", DateTime(timezone=True)),
    CheckConstraint(f"kind IN {EVENT_KINDS}", name="known_kind"),
)
Index(
    "ix_payment_events_waiting",
    payment_events.c.received_at,
    postgresql_where=payment_events.c.taken_at.is_(None),
)

# The money ledger. Each row is one move from an account (credit) to another (debit), so it always balances, in minor
# units of its currency. `reference` is the provider's name for the payment, `name` for the move itself. Rows are added
# and never changed.
money_moves = Table(
    "money_moves",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("kind", Text, nullable=False),
    Column("provider", Text, nullable=False),
    Column("order_id", Text, nullable=False, index=True),
    Column("reference", Text, nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("debit", Text, nullable=False),
    Column("credit", Text, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("currency", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False, index=True),
    UniqueConstraint("provider", "kind", "name"),
    CheckConstraint("amount > 0", name="some"),
    CheckConstraint(
        "(kind, debit, credit) IN (('charged', 'provider', 'sales'), ('refunded', 'refunds', 'provider'),"
        " ('refund-failed', 'provider', 'refunds'))",
        name="known_move",
    ),
)
