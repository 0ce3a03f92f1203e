"""passkeys, links by mail, sessions with a device, mails and their count; a person can be removed from their orders"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0008"

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.alter_column("shoppers", "email", nullable=True)
    op.alter_column("shoppers", "password_hash", nullable=True)
    op.create_check_constraint(
        op.f("ck_shoppers_husk"),
        "shoppers",
        "email IS NOT NULL OR (name = '' AND password_hash IS NULL AND role = 'shopper' AND NOT newsletter)",
    )
    op.add_column("sessions", sa.Column("device", sa.Text(), server_default="", nullable=False))
    op.add_column("sessions", sa.Column("seen_at", MOMENT, nullable=True))
    _create_ways_in()
    _create_mails()


def _create_ways_in() -> None:
    op.create_table(
        "passkeys",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("shopper_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("handle", sa.LargeBinary(), nullable=False),
        sa.Column("sign_count", sa.BigInteger(), nullable=False),
        sa.Column("transports", sa.Text(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("used_at", MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["shopper_id"], ["shoppers.id"], name=op.f("fk_passkeys_shopper_id_shoppers")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_passkeys")),
    )
    op.create_index(op.f("ix_passkeys_shopper_id"), "passkeys", ["shopper_id"])
    op.create_table(
        "answered_challenges",
        sa.Column("challenge", sa.Text(), nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("challenge", name=op.f("pk_answered_challenges")),
    )
    op.create_table(
        "mailed_links",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("shopper_id", sa.BigInteger(), nullable=True),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("onward", sa.Text(), nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.CheckConstraint("purpose IN ('sign-in', 'email')", name=op.f("ck_mailed_links_purpose")),
        sa.ForeignKeyConstraint(
            ["shopper_id"], ["shoppers.id"], name=op.f("fk_mailed_links_shopper_id_shoppers")
        ),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_mailed_links")),
    )
    op.create_index(op.f("ix_mailed_links_shopper_id"), "mailed_links", ["shopper_id"])
    op.create_index(op.f("ix_mailed_links_expires_at"), "mailed_links", ["expires_at"])


def _create_mails() -> None:
    op.create_table(
        "mails",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("shopper_id", sa.BigInteger(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("sent_at", MOMENT, nullable=True),
        sa.CheckConstraint("state IN ('waiting', 'sent', 'void', 'given-up')", name=op.f("ck_mails_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mails")),
        sa.UniqueConstraint("message_id", name=op.f("uq_mails_message_id")),
    )
    op.create_index(op.f("ix_mails_shopper_id"), "mails", ["shopper_id"])
    op.create_index("ix_mails_waiting", "mails", ["due_at"], postgresql_where=sa.text("state = 'waiting'"))
    op.create_table(
        "mails_sent",
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("mails", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("rule", "day", name=op.f("pk_mails_sent")),
    )


def downgrade() -> None:
    for table in ("mails_sent", "mails", "mailed_links", "answered_challenges", "passkeys"):
        op.drop_table(table)
    op.drop_column("sessions", "seen_at")
    op.drop_column("sessions", "device")
    op.drop_constraint(op.f("ck_shoppers_husk"), "shoppers")
    # Whoever was removed stays removed; the row is told apart by an address that nobody can have.
    op.execute("UPDATE shoppers SET email = 'removed-' || id || '@invalid' WHERE email IS NULL")
    op.execute("UPDATE shoppers SET password_hash = '' WHERE password_hash IS NULL")
    op.alter_column("shoppers", "password_hash", nullable=False)
    op.alter_column("shoppers", "email", nullable=False)
