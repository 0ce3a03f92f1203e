"""stalls: what a deal says of them, since when one lasts, and when there were any"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0032"
down_revision = "0031"

MOMENT = sa.DateTime(timezone=True)
SAID = ("friends_discount", "pot", "pot_minutes")
MOMENTS = ("selling_since", "still_since", "stalled_since", "pot_until")


def upgrade() -> None:
    for name in SAID:
        op.add_column("deals", sa.Column(name, sa.Integer()))
    steps = sa.Column("reward_steps", JSONB(), server_default=sa.text("'[]'"), nullable=False)
    op.add_column("deals", steps)
    for name in MOMENTS:
        op.add_column("deals", sa.Column(name, MOMENT))
    # A deal that is live during the upgrade: its time begins anew.
    op.execute("UPDATE deals SET selling_since = now() WHERE state = 'live'")
    op.create_table(
        "stalls",
        sa.Column("deal_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("since", MOMENT, nullable=False),
        sa.Column("until", MOMENT, nullable=True),
        sa.CheckConstraint("until >= since", name=op.f("ck_stalls_forward")),
        sa.ForeignKeyConstraint(["deal_id"], ["deals.id"], name=op.f("fk_stalls_deal_id_deals")),
        sa.PrimaryKeyConstraint("deal_id", "since", name=op.f("pk_stalls")),
    )
    op.create_index(
        "one_stall_of_a_deal", "stalls", ["deal_id"], unique=True, postgresql_where=sa.text("until IS NULL")
    )


def downgrade() -> None:
    op.drop_table("stalls")
    for name in (*MOMENTS, "reward_steps", *SAID):
        op.drop_column("deals", name)
