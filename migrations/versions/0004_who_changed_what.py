"""who changed what: the desk's audit trail, and a version of each deal"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.add_column("deals", sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False))
    op.create_table(
        "changes",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=True),
        sa.Column("person_name", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("deal_id", sa.BigInteger(), nullable=True),
        sa.Column("before", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("after", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("queue_version", sa.BigInteger(), nullable=True),
        sa.Column("deal_version", sa.Integer(), nullable=True),
        sa.Column("undone_by", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["deal_id"], ["deals.id"], name=op.f("fk_changes_deal_id_deals")),
        sa.ForeignKeyConstraint(
            ["person_id"], ["shoppers.id"], name=op.f("fk_changes_person_id_shoppers"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["undone_by"], ["changes.id"], name=op.f("fk_changes_undone_by_changes")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_changes")),
    )
    op.create_index("changes_of_deal", "changes", ["deal_id", "id"])
    op.create_index("changes_of_queue", "changes", ["queue_version"])


def downgrade() -> None:
    op.drop_index("changes_of_queue", table_name="changes")
    op.drop_index("changes_of_deal", table_name="changes")
    op.drop_table("changes")
    op.drop_column("deals", "version")
