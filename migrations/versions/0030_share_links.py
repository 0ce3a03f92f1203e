"""links that sell"""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0024"

MOMENT = sa.DateTime(timezone=True)
UNCLAIMED = sa.text("shopper_id IS NULL AND stands_for IS NULL")


def upgrade() -> None:
    op.create_table(
        "share_links",
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("deal_id", sa.BigInteger(), nullable=False),
        sa.Column("shopper_id", sa.BigInteger()),
        sa.Column("stands_for", sa.Text()),
        sa.Column("device", sa.Text()),
        sa.Column("named", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("left_percent", sa.SmallInteger(), nullable=False),
        sa.Column("visits", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("claimed_at", MOMENT),
        sa.CheckConstraint("shopper_id IS NULL OR stands_for IS NULL", name=op.f("ck_share_links_one_owner")),
        sa.CheckConstraint(
            "claimed_at IS NULL OR shopper_id IS NOT NULL", name=op.f("ck_share_links_claimed_by_somebody")
        ),
        sa.CheckConstraint(
            "num_nonnulls(shopper_id, stands_for, device) > 0", name=op.f("ck_share_links_somebodys")
        ),
        sa.CheckConstraint("left_percent BETWEEN 0 AND 100", name=op.f("ck_share_links_percent")),
        sa.ForeignKeyConstraint(
            ["shopper_id"], ["shoppers.id"], name=op.f("fk_share_links_shopper_id_shoppers")
        ),
        sa.ForeignKeyConstraint(
            ["stands_for"], ["share_links.code"], name=op.f("fk_share_links_stands_for_share_links")
        ),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_share_links")),
        sa.UniqueConstraint("shopper_id", "deal_id", name=op.f("uq_share_links_shopper_id_deal_id")),
    )
    op.create_index(op.f("ix_share_links_stands_for"), "share_links", ["stands_for"])
    op.create_index(
        "one_unclaimed_link", "share_links", ["device", "deal_id"], unique=True, postgresql_where=UNCLAIMED
    )
    op.create_index("unclaimed_links", "share_links", ["made_at"], postgresql_where=UNCLAIMED)


def downgrade() -> None:
    op.drop_table("share_links")
