"""payments: customers, cards on file, the provider's news, the money ledger, and the sandbox's bank"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0011"

MOMENT = sa.DateTime(timezone=True)
TABLES = (
    "sandbox_webhooks",
    "sandbox_refunds",
    "sandbox_payments",
    "sandbox_cards",
    "payment_events",
    "payment_customers",
    "payment_cards",
    "money_moves",
)


def upgrade() -> None:
    _create_ours()
    _create_the_banks()


def _create_ours() -> None:
    op.create_table(
        "money_moves",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("debit", sa.Text(), nullable=False),
        sa.Column("credit", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.CheckConstraint(
            "(kind, debit, credit) IN (('charged', 'provider', 'sales'), ('refunded', 'refunds', 'provider'),"
            " ('refund-failed', 'provider', 'refunds'))",
            name=op.f("ck_money_moves_known_move"),
        ),
        sa.CheckConstraint("amount > 0", name=op.f("ck_money_moves_some")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_money_moves")),
        sa.UniqueConstraint("provider", "kind", "name", name=op.f("uq_money_moves_provider_kind_name")),
    )
    op.create_index(op.f("ix_money_moves_at"), "money_moves", ["at"])
    op.create_index(op.f("ix_money_moves_order_id"), "money_moves", ["order_id"])
    op.create_index(op.f("ix_money_moves_reference"), "money_moves", ["reference"])
    op.create_table(
        "payment_cards",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("shopper_id", sa.BigInteger(), nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("brand", sa.Text(), nullable=False),
        sa.Column("last4", sa.Text(), nullable=False),
        sa.Column("exp_month", sa.SmallInteger(), nullable=False),
        sa.Column("exp_year", sa.SmallInteger(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        sa.Column("added_at", MOMENT, nullable=False),
        sa.CheckConstraint("last4 ~ '^[0-9]{4}$'", name=op.f("ck_payment_cards_no_number")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payment_cards")),
        sa.UniqueConstraint("provider", "token", name=op.f("uq_payment_cards_provider_token")),
        sa.UniqueConstraint(
            "shopper_id",
            "provider",
            "fingerprint",
            name=op.f("uq_payment_cards_shopper_id_provider_fingerprint"),
        ),
    )
    op.create_index(op.f("ix_payment_cards_fingerprint"), "payment_cards", ["fingerprint"])
    op.create_index(
        "one_default_card",
        "payment_cards",
        ["shopper_id", "provider"],
        unique=True,
        postgresql_where=sa.text("is_default"),
    )
    op.create_table(
        "payment_customers",
        sa.Column("shopper_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("customer", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("shopper_id", "provider", name=op.f("pk_payment_customers")),
        sa.UniqueConstraint("customer", name=op.f("uq_payment_customers_customer")),
        sa.UniqueConstraint("key", name=op.f("uq_payment_customers_key")),
    )
    op.create_table(
        "payment_events",
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("attempt", sa.Text(), nullable=True),
        sa.Column("order_id", sa.Text(), nullable=True),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("received_at", MOMENT, nullable=False),
        sa.Column("taken_at", MOMENT, nullable=True),
        sa.CheckConstraint(
            "kind IN ('paid', 'declined', 'step', 'processing', 'cancelled', 'refunded', 'refund-failed')",
            name=op.f("ck_payment_events_known_kind"),
        ),
        sa.PrimaryKeyConstraint("provider", "id", name=op.f("pk_payment_events")),
    )
    op.create_index(
        "ix_payment_events_waiting",
        "payment_events",
        ["received_at"],
        postgresql_where=sa.text("taken_at IS NULL"),
    )


def _create_the_banks() -> None:
    op.create_table(
        "sandbox_cards",
        sa.Column("form", sa.Text(), nullable=False),
        sa.Column("customer", sa.Text(), nullable=False),
        sa.Column("return_address", sa.Text(), nullable=False),
        sa.Column("token", sa.Text(), nullable=True),
        sa.Column("number", sa.Text(), nullable=True),
        sa.Column("dropped", sa.Boolean(), nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.CheckConstraint("(token IS NULL) = (number IS NULL)", name=op.f("ck_sandbox_cards_filled_in")),
        sa.PrimaryKeyConstraint("form", name=op.f("pk_sandbox_cards")),
        sa.UniqueConstraint("token", name=op.f("uq_sandbox_cards_token")),
    )
    op.create_table(
        "sandbox_payments",
        sa.Column("attempt", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("customer", sa.Text(), nullable=False),
        sa.Column("card", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("return_address", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("refunded", sa.BigInteger(), nullable=False),
        sa.Column("ripe_at", MOMENT, nullable=True),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.CheckConstraint(
            "refunded = 0 OR state = 'paid'", name=op.f("ck_sandbox_payments_only_paid_is_refunded")
        ),
        sa.CheckConstraint(
            "state IN ('new', 'processing', 'step', 'paid', 'declined', 'cancelled')",
            name=op.f("ck_sandbox_payments_state"),
        ),
        sa.CheckConstraint(
            "amount > 0 AND refunded >= 0 AND refunded <= amount", name=op.f("ck_sandbox_payments_never_over")
        ),
        sa.PrimaryKeyConstraint("attempt", name=op.f("pk_sandbox_payments")),
        sa.UniqueConstraint("reference", name=op.f("uq_sandbox_payments_reference")),
    )
    op.create_index(
        "ix_sandbox_payments_late",
        "sandbox_payments",
        ["ripe_at"],
        postgresql_where=sa.text("state = 'processing'"),
    )
    op.create_index(op.f("ix_sandbox_payments_made_at"), "sandbox_payments", ["made_at"])
    op.create_table(
        "sandbox_refunds",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_sandbox_refunds")),
        sa.UniqueConstraint("id", name=op.f("uq_sandbox_refunds_id")),
    )
    op.create_table(
        "sandbox_webhooks",
        sa.Column("number", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("sent_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_sandbox_webhooks")),
    )
    op.create_index(
        "ix_sandbox_webhooks_waiting",
        "sandbox_webhooks",
        ["number"],
        postgresql_where=sa.text("sent_at IS NULL"),
    )


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)
