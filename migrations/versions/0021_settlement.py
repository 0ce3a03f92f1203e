"""settlement: how far each order is, its attempts, addresses, refunds and shipments"""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"

MOMENT = sa.DateTime(timezone=True)
TABLES = (
    "shipments",
    "settlements",
    "settlement_marks",
    "refund_orders",
    "order_addresses",
    "charge_attempts",
)


def upgrade() -> None:
    _create_settlements()
    _create_attempts()
    _create_what_goes_out()


def _create_settlements() -> None:
    op.create_table(
        "settlement_marks",
        sa.Column("deal_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("deal_id", name=op.f("pk_settlement_marks")),
    )
    op.create_table(
        "settlements",
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("deal_id", sa.BigInteger(), nullable=False),
        sa.Column("shopper_id", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempt", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("words", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("step_address", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("mend_until", MOMENT, nullable=True),
        sa.Column("grace_until", MOMENT, nullable=False),
        sa.Column("again", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("ending", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("why", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("tries", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("due_at", MOMENT, nullable=True),
        sa.Column("leased_until", MOMENT, nullable=True),
        sa.Column("lease", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("news", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.CheckConstraint(
            "state IN ('new', 'asked', 'step', 'declined', 'cardless', 'paid', 'cancelled')",
            name=op.f("ck_settlements_known_state"),
        ),
        sa.CheckConstraint(
            "ending IN ('', 'cancelling', 'refunding')", name=op.f("ck_settlements_known_ending")
        ),
        sa.CheckConstraint(
            "why IN ('', 'shopper', 'card', 'step', 'address')", name=op.f("ck_settlements_known_reason")
        ),
        sa.CheckConstraint("ending = '' OR why <> ''", name=op.f("ck_settlements_ends_for_a_reason")),
        sa.PrimaryKeyConstraint("order_id", name=op.f("pk_settlements")),
    )
    due = sa.text("due_at IS NOT NULL")
    op.create_index("ix_settlements_due", "settlements", ["due_at"], postgresql_where=due)
    op.create_index("ix_settlements_open", "settlements", ["deal_id"], postgresql_where=due)
    op.create_index(
        "ix_settlements_to_mend",
        "settlements",
        ["shopper_id"],
        postgresql_where=sa.text("mend_until IS NOT NULL"),
    )


def _create_attempts() -> None:
    op.create_table(
        "charge_attempts",
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("provider", sa.Text(), nullable=False),
        sa.Column("customer", sa.Text(), nullable=False),
        sa.Column("card", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=True),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.CheckConstraint("state IN ('open', 'paid', 'cancelled')", name=op.f("ck_charge_attempts_state")),
        sa.CheckConstraint(
            "state <> 'paid' OR reference IS NOT NULL", name=op.f("ck_charge_attempts_paid_by_name")
        ),
        sa.PrimaryKeyConstraint("order_id", "number", name=op.f("pk_charge_attempts")),
    )
    op.create_index(
        "one_attempt_that_pays",
        "charge_attempts",
        ["order_id"],
        unique=True,
        postgresql_where=sa.text("state <> 'cancelled'"),
    )


def _create_what_goes_out() -> None:
    op.create_table(
        "order_addresses",
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("street", sa.Text(), nullable=False),
        sa.Column("extra", sa.Text(), nullable=False),
        sa.Column("postal_code", sa.Text(), nullable=False),
        sa.Column("city", sa.Text(), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("country", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("order_id", name=op.f("pk_order_addresses")),
    )
    op.create_table(
        "refund_orders",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("asked_by", sa.BigInteger(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("done_at", MOMENT, nullable=True),
        sa.CheckConstraint("amount > 0", name=op.f("ck_refund_orders_some")),
        sa.CheckConstraint(
            "state IN ('due', 'made', 'refused', 'failed')", name=op.f("ck_refund_orders_known_state")
        ),
        sa.CheckConstraint(
            "(state IN ('made', 'failed')) = (name IS NOT NULL)", name=op.f("ck_refund_orders_made_by_name")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refund_orders")),
    )
    op.create_index(op.f("ix_refund_orders_order_id"), "refund_orders", ["order_id"])
    op.create_table(
        "shipments",
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("carrier", sa.Text(), nullable=False),
        sa.Column("tracking", sa.Text(), nullable=False),
        sa.Column("shipped_at", MOMENT, nullable=False),
        sa.Column("marked_by", sa.BigInteger(), nullable=False),
        sa.Column("told", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("order_id", name=op.f("pk_shipments")),
    )


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)
