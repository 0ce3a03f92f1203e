"""the line: places in it, offers made to it, and lines that are closed for good"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"

MOMENT = sa.DateTime(timezone=True)
STANDS = sa.text("state IN ('waiting', 'offered')")


def upgrade() -> None:
    _create_places()
    _create_offers()
    op.create_table(
        "closed_lines",
        sa.Column("deal_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("closed_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("deal_id", name=op.f("pk_closed_lines")),
    )


def _create_places() -> None:
    op.create_table(
        "line_places",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("deal_id", sa.BigInteger(), nullable=False),
        sa.Column("shopper_id", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), server_default=sa.text("'waiting'"), nullable=False),
        sa.Column("told", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("joined_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT),
        sa.CheckConstraint(
            "state IN ('waiting', 'offered', 'served', 'missed', 'left', 'over')",
            name=op.f("ck_line_places_known_state"),
        ),
        sa.CheckConstraint(
            "(state IN ('waiting', 'offered')) = (ended_at IS NULL)", name=op.f("ck_line_places_ended")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_line_places")),
    )
    op.create_index(
        "one_place_each", "line_places", ["deal_id", "shopper_id"], unique=True, postgresql_where=STANDS
    )
    op.create_index(
        "the_line", "line_places", ["deal_id", "id"], postgresql_where=sa.text("state = 'waiting'")
    )
    op.create_index("untold_places", "line_places", ["id"], postgresql_where=sa.text("NOT told"))
    op.create_index(op.f("ix_line_places_shopper_id_id"), "line_places", ["shopper_id", "id"])


def _create_offers() -> None:
    op.create_table(
        "line_offers",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("place_id", sa.BigInteger(), nullable=False),
        sa.Column("deal_id", sa.BigInteger(), nullable=False),
        sa.Column("shopper_id", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), server_default=sa.text("'open'"), nullable=False),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("ended_at", MOMENT),
        sa.Column("order_id", sa.Text()),
        sa.CheckConstraint(
            "state IN ('open', 'taken', 'expired', 'given-up', 'withdrawn')",
            name=op.f("ck_line_offers_known_state"),
        ),
        sa.CheckConstraint(
            "(state = 'taken') = (order_id IS NOT NULL)", name=op.f("ck_line_offers_taken_by_an_order")
        ),
        sa.CheckConstraint("(state = 'open') = (ended_at IS NULL)", name=op.f("ck_line_offers_ended")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_line_offers")),
        sa.UniqueConstraint("order_id", name=op.f("uq_line_offers_order_id")),
        sa.UniqueConstraint("place_id", name=op.f("uq_line_offers_place_id")),
    )
    op.create_index(
        "one_open_line_offer",
        "line_offers",
        ["deal_id", "shopper_id"],
        unique=True,
        postgresql_where=sa.text("state = 'open'"),
    )


def downgrade() -> None:
    for table in ("closed_lines", "line_offers", "line_places"):
        op.drop_table(table)
