"""past deals have a record: what became of each, in which mode, of which category, and who may be named in it"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.create_table(
        "sale_records",
        sa.Column("deal_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("orders", sa.Integer(), nullable=False),
        sa.Column("units", sa.Integer(), nullable=False),
        sa.Column("given_back", sa.Integer(), nullable=False),
        sa.Column("orders_of_one", sa.Integer(), nullable=False),
        sa.Column("orders_of_two", sa.Integer(), nullable=False),
        sa.Column("orders_of_more", sa.Integer(), nullable=False),
        sa.Column("revenue", sa.BigInteger(), nullable=False),
        sa.Column("discounts", sa.BigInteger(), nullable=False),
        sa.Column("shipping", sa.BigInteger(), nullable=False),
        sa.Column("helped_units", sa.Integer(), nullable=False),
        sa.Column("first_minutes_units", sa.Integer(), nullable=False),
        sa.Column("first_order_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_order_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sold_out_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("first_shopper_id", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("deal_id", name=op.f("pk_sale_records")),
    )
    op.add_column("deals", sa.Column("category", sa.Text(), server_default=sa.text("''"), nullable=False))
    op.add_column("deals", sa.Column("mode", sa.Text(), nullable=True))
    op.create_check_constraint(op.f("ck_deals_known_mode"), "deals", "mode IN ('daily', 'woot-off')")
    # Nobody wrote down in which mode past deals ran; the show's present one is the best guess.
    op.execute("UPDATE deals SET mode = (SELECT mode FROM shows) WHERE turn IS NOT NULL")
    op.add_column(
        "shoppers",
        sa.Column("named_in_records", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )


def downgrade() -> None:
    op.drop_column("shoppers", "named_in_records")
    op.drop_constraint(op.f("ck_deals_known_mode"), "deals")
    op.drop_column("deals", "mode")
    op.drop_column("deals", "category")
    op.drop_table("sale_records")
