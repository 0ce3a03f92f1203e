"""The sandbox's bank: what a real one would know, so that it survives restarts and every process sees the same."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Identity,
    Index,
    Table,
    Text,
    UniqueConstraint,
)

from app.platform.database import metadata

bank_cards = Table(
    "sandbox_cards",
    metadata,
    Column("form", Text, primary_key=True),
    Column("customer", Text, nullable=False),
    Column("return_address", Text, nullable=False),
    Column("token", Text, unique=True),  # none until the form is filled in
    Column("number", Text),  # of a test card; no other is taken
    Column("dropped", Boolean, nullable=False),
    Column("made_at", DateTime(timezone=True), nullable=False),
    CheckConstraint("(token IS NULL) = (number IS NULL)", name="filled_in"),
)

bank_payments = Table(
    "sandbox_payments",
    metadata,
    Column("attempt", Text, primary_key=True),
    Column("reference", Text, nullable=False),
    Column("order_id", Text, nullable=False),
    Column("customer", Text, nullable=False),
    Column("card", Text, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("currency", Text, nullable=False),
    Column("return_address", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("code", Text, nullable=False),  # why it is declined; empty else
    Column("refunded", BigInteger, nullable=False),
    Column("ripe_at", DateTime(timezone=True)),  # when a late one is paid
    Column("made_at", DateTime(timezone=True), nullable=False, index=True),
    UniqueConstraint("reference"),
    CheckConstraint("state IN ('new', 'processing', 'step', 'paid', 'declined', 'cancelled')", name="state"),
    CheckConstraint("amount > 0 AND refunded >= 0 AND refunded <= amount", name="never_over"),
    CheckConstraint("refunded = 0 OR state = 'paid'", name="only_paid_is_refunded"),
)
Index(
    "ix_sandbox_payments_late",
    bank_payments.c.ripe_at,
    postgresql_where=bank_payments.c.state == "processing",
)

bank_refunds = Table(
    "sandbox_refunds",
    metadata,
    Column("key", Text, primary_key=True),
    Column("id", Text, nullable=False, unique=True),
    Column("reference", Text, nullable=False),
    Column("amount", BigInteger, nullable=False),
    Column("currency", Text, nullable=False),
)

bank_letters = Table(
    "sandbox_webhooks",
    metadata,
    Column("number", BigInteger, Identity(always=True), primary_key=True),
    Column("body", Text, nullable=False),
    Column("sent_at", DateTime(timezone=True)),
)
Index("ix_sandbox_webhooks_waiting", bank_letters.c.number, postgresql_where=bank_letters.c.sent_at.is_(None))
