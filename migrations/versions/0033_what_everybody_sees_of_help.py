"""what everybody sees of help: how much each link has sold, and who took one for the team"""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "help_given",
        sa.Column("deal_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("helper_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("orders", sa.Integer(), nullable=False),
        sa.Column("units", sa.Integer(), nullable=False),
        sa.CheckConstraint("orders >= 0 AND units >= orders", name=op.f("ck_help_given_some")),
        sa.PrimaryKeyConstraint("deal_id", "helper_id", name=op.f("pk_help_given")),
    )
    op.execute(
        "INSERT INTO help_given (deal_id, helper_id, orders, units) SELECT deal_id, helper_id, count(*), sum(units)"
        " FROM rewards WHERE order_state <> 'over' GROUP BY deal_id, helper_id"
    )
    op.create_table(
        "took_one",
        sa.Column("deal_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("shopper_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("order_id", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("deal_id", "shopper_id", name=op.f("pk_took_one")),
    )


def downgrade() -> None:
    op.drop_table("took_one")
    op.drop_table("help_given")
