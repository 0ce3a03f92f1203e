"""coupons and attributions have their place in an order's transaction; what costs it too much leaves"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "coupons",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("shopper_id", sa.BigInteger(), nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("order_id", sa.Text(), nullable=True),
        sa.CheckConstraint("amount > 0", name=op.f("ck_coupons_worth_something")),
        sa.CheckConstraint(
            "state IN ('pending', 'ready', 'used', 'void')", name=op.f("ck_coupons_known_state")
        ),
        sa.CheckConstraint(
            "(state = 'used') = (order_id IS NOT NULL)", name=op.f("ck_coupons_used_by_an_order")
        ),
        sa.ForeignKeyConstraint(["shopper_id"], ["shoppers.id"], name=op.f("fk_coupons_shopper_id_shoppers")),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_coupons")),
        sa.UniqueConstraint("order_id", name=op.f("uq_coupons_order_id")),
    )
    op.create_index(op.f("ix_coupons_shopper_id_created_at"), "coupons", ["shopper_id", "created_at"])
    op.create_table(
        "attributions",
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("deal_id", sa.BigInteger(), nullable=False),
        sa.Column("helper_id", sa.BigInteger(), nullable=False),
        sa.Column("link", sa.Text(), nullable=False),
        sa.Column("units", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("units > 0", name=op.f("ck_attributions_some")),
        sa.ForeignKeyConstraint(
            ["helper_id"], ["shoppers.id"], name=op.f("fk_attributions_helper_id_shoppers")
        ),
        sa.PrimaryKeyConstraint("order_id", name=op.f("pk_attributions")),
    )
    op.create_index(op.f("ix_attributions_helper_id_deal_id"), "attributions", ["helper_id", "deal_id"])

    op.create_table(
        "sold_by_second",
        sa.Column("deal_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("second", sa.DateTime(timezone=True), nullable=False),
        sa.Column("units", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("deal_id", "second", name=op.f("pk_sold_by_second")),
    )
    op.execute(
        "INSERT INTO sold_by_second (deal_id, second, units)"
        " SELECT deal_id, date_trunc('second', placed_at), sum(quantity) FROM orders GROUP BY 1, 2"
    )
    op.drop_index(op.f("ix_orders_deal_id_placed_at"), table_name="orders")
    op.drop_constraint(op.f("fk_orders_deal_id_offers"), "orders")
    op.drop_constraint(op.f("fk_orders_shopper_id_shoppers"), "orders")
    op.drop_constraint(op.f("fk_buyers_deal_id_offers"), "buyers")
    op.drop_constraint(op.f("fk_buyers_shopper_id_shoppers"), "buyers")


def downgrade() -> None:
    op.create_foreign_key(op.f("fk_buyers_shopper_id_shoppers"), "buyers", "shoppers", ["shopper_id"], ["id"])
    op.create_foreign_key(op.f("fk_buyers_deal_id_offers"), "buyers", "offers", ["deal_id"], ["deal_id"])
    op.create_foreign_key(op.f("fk_orders_shopper_id_shoppers"), "orders", "shoppers", ["shopper_id"], ["id"])
    op.create_foreign_key(op.f("fk_orders_deal_id_offers"), "orders", "offers", ["deal_id"], ["deal_id"])
    op.create_index(op.f("ix_orders_deal_id_placed_at"), "orders", ["deal_id", "placed_at"])
    op.drop_table("sold_by_second")
    op.drop_table("attributions")
    op.drop_table("coupons")
