"""addresses: where a shopper's parcels go; and an index of those who have gone"""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    op.create_table(
        "addresses",
        sa.Column("shopper_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("street", sa.Text(), nullable=False),
        sa.Column("extra", sa.Text(), nullable=False),
        sa.Column("postal_code", sa.Text(), nullable=False),
        sa.Column("city", sa.Text(), nullable=False),
        sa.Column("region", sa.Text(), nullable=False),
        sa.Column("country", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["shopper_id"], ["shoppers.id"], name=op.f("fk_addresses_shopper_id_shoppers")
        ),
        sa.PrimaryKeyConstraint("shopper_id", name=op.f("pk_addresses")),
    )
    op.create_index("ix_shoppers_gone", "shoppers", ["id"], postgresql_where=sa.text("email IS NULL"))


def downgrade() -> None:
    op.drop_index("ix_shoppers_gone", "shoppers")
    op.drop_table("addresses")
