"""rewards for helping: their terms, what each order brought its helper, coupons that came back, and pots"""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"

MOMENT = sa.DateTime(timezone=True)
TABLES = ("pot_shares", "pots", "coupon_returns", "rewards", "reward_terms")
ON_DEALS = ("friend_discount", "reward_cap", "reward_cap_each")


def upgrade() -> None:
    op.add_column(
        "attributions", sa.Column("own_browser", sa.Boolean(), server_default=sa.false(), nullable=False)
    )
    _create_terms()
    _create_rewards()
    _create_pots()
    for name in ON_DEALS:
        op.add_column("deals", sa.Column(name, sa.Integer()))
    op.add_column(
        "offers", sa.Column("friend_discount", sa.Integer(), server_default=sa.text("0"), nullable=False)
    )


def _create_terms() -> None:
    op.create_table(
        "reward_terms",
        sa.Column("deal_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("since", MOMENT, nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("reward", sa.Integer(), nullable=False),
        sa.Column("friend_discount", sa.Integer(), nullable=False),
        sa.Column("cap_per_helper", sa.BigInteger(), nullable=True),
        sa.Column("cap_per_deal", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "reward >= 0 AND friend_discount >= 0", name=op.f("ck_reward_terms_not_below_zero")
        ),
        sa.CheckConstraint(
            "cap_per_helper >= 0 AND cap_per_deal >= 0", name=op.f("ck_reward_terms_caps_not_below_zero")
        ),
        sa.PrimaryKeyConstraint("deal_id", "since", name=op.f("pk_reward_terms")),
    )


def _create_rewards() -> None:
    op.create_table(
        "rewards",
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("deal_id", sa.BigInteger(), nullable=False),
        sa.Column("helper_id", sa.BigInteger(), nullable=False),
        sa.Column("shopper_id", sa.BigInteger(), nullable=False),
        sa.Column("link", sa.Text(), nullable=False),
        sa.Column("units", sa.Integer(), nullable=False),
        sa.Column("placed_at", MOMENT, nullable=False),
        sa.Column("order_state", sa.Text(), server_default=sa.text("'placed'"), nullable=False),
        sa.Column("paid_at", MOMENT, nullable=True),
        sa.Column("verdict", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("why", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.Column("judged_at", MOMENT, nullable=True),
        sa.Column("judged_by", sa.BigInteger(), nullable=True),
        sa.Column("amount", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("granted_at", MOMENT, nullable=True),
        sa.Column("coupon", sa.Text(), nullable=True),
        sa.Column("due_at", MOMENT, nullable=True),
        sa.CheckConstraint("units > 0", name=op.f("ck_rewards_some")),
        sa.CheckConstraint("amount >= 0", name=op.f("ck_rewards_not_below_zero")),
        sa.CheckConstraint(
            "order_state IN ('placed', 'paid', 'over')", name=op.f("ck_rewards_known_order_state")
        ),
        sa.CheckConstraint(
            "verdict IN ('', 'earns', 'held', 'refused')", name=op.f("ck_rewards_known_verdict")
        ),
        sa.CheckConstraint("amount = 0 OR coupon IS NOT NULL", name=op.f("ck_rewards_by_coupon")),
        sa.ForeignKeyConstraint(["helper_id"], ["shoppers.id"], name=op.f("fk_rewards_helper_id_shoppers")),
        sa.ForeignKeyConstraint(["coupon"], ["coupons.code"], name=op.f("fk_rewards_coupon_coupons")),
        sa.PrimaryKeyConstraint("order_id", name=op.f("pk_rewards")),
        sa.UniqueConstraint("coupon", name=op.f("uq_rewards_coupon")),
    )
    op.create_index(op.f("ix_rewards_deal_id_helper_id"), "rewards", ["deal_id", "helper_id"])
    op.create_index(op.f("ix_rewards_helper_id_shopper_id"), "rewards", ["helper_id", "shopper_id"])
    op.create_index("ix_rewards_due", "rewards", ["due_at"], postgresql_where=sa.text("due_at IS NOT NULL"))
    op.create_index(
        "ix_rewards_given",
        "rewards",
        ["deal_id", "helper_id"],
        postgresql_include=["amount"],
        postgresql_where=sa.text("amount > 0"),
    )
    op.create_index("ix_rewards_held", "rewards", ["placed_at"], postgresql_where=sa.text("verdict = 'held'"))
    op.create_table(
        "coupon_returns",
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["code"], ["coupons.code"], name=op.f("fk_coupon_returns_code_coupons")),
        sa.PrimaryKeyConstraint("order_id", name=op.f("pk_coupon_returns")),
    )


def _create_pots() -> None:
    op.create_table(
        "pots",
        sa.Column("deal_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.Column("won_at", MOMENT, nullable=False),
        sa.Column("due_at", MOMENT, nullable=True),
        sa.Column("split_amount", sa.Integer(), nullable=True),
        sa.CheckConstraint("amount > 0", name=op.f("ck_pots_some")),
        sa.CheckConstraint("split_amount >= 0 AND split_amount <= amount", name=op.f("ck_pots_split")),
        sa.PrimaryKeyConstraint("deal_id", name=op.f("pk_pots")),
    )
    op.create_index("ix_pots_due", "pots", ["due_at"], postgresql_where=sa.text("due_at IS NOT NULL"))
    op.create_table(
        "pot_shares",
        sa.Column("deal_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("helper_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("units", sa.Integer(), nullable=False),
        sa.Column("amount", sa.Integer(), nullable=False),
        sa.Column("coupon", sa.Text(), nullable=True),
        sa.CheckConstraint("units > 0 AND amount >= 0", name=op.f("ck_pot_shares_some")),
        sa.CheckConstraint("(amount > 0) = (coupon IS NOT NULL)", name=op.f("ck_pot_shares_by_coupon")),
        sa.ForeignKeyConstraint(["deal_id"], ["pots.deal_id"], name=op.f("fk_pot_shares_deal_id_pots")),
        sa.ForeignKeyConstraint(
            ["helper_id"], ["shoppers.id"], name=op.f("fk_pot_shares_helper_id_shoppers")
        ),
        sa.ForeignKeyConstraint(["coupon"], ["coupons.code"], name=op.f("fk_pot_shares_coupon_coupons")),
        sa.PrimaryKeyConstraint("deal_id", "helper_id", name=op.f("pk_pot_shares")),
        sa.UniqueConstraint("coupon", name=op.f("uq_pot_shares_coupon")),
    )


def downgrade() -> None:
    op.drop_column("offers", "friend_discount")
    for name in ON_DEALS:
        op.drop_column("deals", name)
    for table in TABLES:
        op.drop_table(table)
    op.drop_column("attributions", "own_browser")
