"""refused attempts by deal and kind; who helped to sell a deal is found by the deal"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_table(
        "refusals",
        sa.Column("deal_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("deal_id", "kind", name=op.f("pk_refusals")),
    )
    op.create_index(op.f("ix_attributions_deal_id"), "attributions", ["deal_id"])


def downgrade() -> None:
    op.drop_index(op.f("ix_attributions_deal_id"), table_name="attributions")
    op.drop_table("refusals")
