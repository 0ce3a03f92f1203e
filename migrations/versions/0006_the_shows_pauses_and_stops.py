"""a pause stops a deal's longest time, the show can stop after the live deal, and its row is there from the start"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

REASON = "ck_deals_known_reason"


def upgrade() -> None:
    op.add_column(
        "shows", sa.Column("stopping", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    )
    op.add_column("deals", sa.Column("time_left", sa.Interval(), nullable=True))
    op.add_column(
        "deals", sa.Column("told_sold_out", sa.Boolean(), server_default=sa.text("false"), nullable=False)
    )
    op.drop_constraint(op.f(REASON), "deals")
    op.create_check_constraint(
        op.f(REASON), "deals", "end_reason IN ('sold-out', 'time-up', 'skipped', 'stopped', 'withdrawn')"
    )
    op.execute("INSERT INTO shows (singleton) VALUES (true) ON CONFLICT DO NOTHING")
    op.execute(
        "UPDATE deals SET time_left = greatest(ends_at - now(), interval '0'), ends_at = NULL FROM shows"
        " WHERE state = 'live' AND ends_at IS NOT NULL AND shows.mode = 'woot-off' AND paused"
    )


def downgrade() -> None:
    op.execute(
        "UPDATE deals SET ends_at = now() + time_left FROM shows"
        " WHERE state = 'live' AND time_left IS NOT NULL AND shows.mode = 'woot-off' AND paused"
    )
    op.execute("UPDATE deals SET end_reason = 'skipped' WHERE end_reason = 'stopped'")
    op.drop_constraint(op.f(REASON), "deals")
    op.create_check_constraint(
        op.f(REASON), "deals", "end_reason IN ('sold-out', 'time-up', 'skipped', 'withdrawn')"
    )
    op.drop_column("deals", "told_sold_out")
    op.drop_column("deals", "time_left")
    op.drop_column("shows", "stopping")
