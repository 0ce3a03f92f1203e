"""what a sharer says along with a link; which coupons their owners were told of"""

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("share_links", sa.Column("advice", sa.Text(), server_default=sa.text("''"), nullable=False))
    op.create_check_constraint(
        op.f("ck_share_links_short_advice"), "share_links", "char_length(advice) <= 200"
    )
    op.add_column("coupons", sa.Column("told_at", MOMENT, nullable=True))
    # Whoever has a coupon already has seen it.
    op.execute("UPDATE coupons SET told_at = created_at")
    op.create_index(
        "ix_coupons_untold",
        "coupons",
        ["shopper_id"],
        postgresql_where=sa.text("state = 'ready' AND told_at IS NULL"),
    )
    op.create_index(op.f("ix_coupons_shopper_id_told_at"), "coupons", ["shopper_id", "told_at"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_coupons_shopper_id_told_at"), "coupons")
    op.drop_index("ix_coupons_untold", "coupons")
    op.drop_column("coupons", "told_at")
    op.drop_column("share_links", "advice")
