"""the newsletter: its links, its readers, its issues; and mails that are soon of no use go first"""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.drop_constraint(op.f("ck_mailed_links_purpose"), "mailed_links")
    op.create_check_constraint(
        op.f("ck_mailed_links_purpose"), "mailed_links", "purpose IN ('sign-in', 'email', 'newsletter')"
    )
    # Nobody who ticked a box so far has said so from their mailbox, and no issue was ever sent.
    op.execute("UPDATE shoppers SET newsletter = false WHERE newsletter")
    op.create_index("ix_shoppers_newsletter", "shoppers", ["id"], postgresql_where=sa.text("newsletter"))
    op.add_column("mails", sa.Column("turn", sa.SmallInteger(), server_default="1", nullable=False))
    op.add_column("mails", sa.Column("way_out", sa.Text(), server_default="", nullable=False))
    op.drop_index("ix_mails_waiting", "mails")
    op.create_index(
        "ix_mails_waiting", "mails", ["turn", "due_at"], postgresql_where=sa.text("state = 'waiting'")
    )
    op.create_table(
        "newsletter_issues",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("heading", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("again", sa.Text(), nullable=False),
        sa.Column("begun_at", MOMENT, nullable=False),
        sa.Column("after", sa.BigInteger(), nullable=False),
        sa.Column("copies", sa.BigInteger(), nullable=False),
        sa.Column("ended_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_newsletter_issues")),
    )


def downgrade() -> None:
    op.drop_table("newsletter_issues")
    op.drop_index("ix_mails_waiting", "mails")
    op.create_index("ix_mails_waiting", "mails", ["due_at"], postgresql_where=sa.text("state = 'waiting'"))
    op.drop_column("mails", "way_out")
    op.drop_column("mails", "turn")
    op.drop_index("ix_shoppers_newsletter", "shoppers")
    op.execute("DELETE FROM mailed_links WHERE purpose = 'newsletter'")
    op.drop_constraint(op.f("ck_mailed_links_purpose"), "mailed_links")
    op.create_check_constraint(
        op.f("ck_mailed_links_purpose"), "mailed_links", "purpose IN ('sign-in', 'email')"
    )
