"""friends & family: lists, invitations, who wants none, recommendations, and what a friend's link takes off"""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"

MOMENT = sa.DateTime(timezone=True)
TABLES = ("recommendations", "friend_refusals", "friendships", "friend_invitations")


def upgrade() -> None:
    _create_invitations()
    _create_friendships()
    op.create_table(
        "friend_refusals",
        sa.Column("mailbox", sa.Text(), nullable=False),
        sa.Column("since", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("mailbox", name=op.f("pk_friend_refusals")),
    )
    _create_recommendations()
    op.add_column(
        "offers", sa.Column("friends_discount", sa.Integer(), server_default=sa.text("0"), nullable=False)
    )
    op.add_column(
        "attributions", sa.Column("as_friend", sa.Boolean(), server_default=sa.false(), nullable=False)
    )


def _create_invitations() -> None:
    op.create_table(
        "friend_invitations",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("inviter_id", sa.BigInteger(), nullable=False),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("declined_at", MOMENT, nullable=True),
        sa.Column("taken_back_at", MOMENT, nullable=True),
        sa.Column("mail", sa.Text(), nullable=True),
        sa.CheckConstraint("expires_at > made_at", name=op.f("ck_friend_invitations_lasts")),
        sa.ForeignKeyConstraint(
            ["inviter_id"], ["shoppers.id"], name=op.f("fk_friend_invitations_inviter_id_shoppers")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_friend_invitations")),
        sa.UniqueConstraint("inviter_id", "email", name=op.f("uq_friend_invitations_inviter_id_email")),
    )
    for column in ("email", "expires_at"):
        op.create_index(op.f(f"ix_friend_invitations_{column}"), "friend_invitations", [column])


def _create_friendships() -> None:
    op.create_table(
        "friendships",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("one_id", sa.BigInteger(), nullable=False),
        sa.Column("other_id", sa.BigInteger(), nullable=False),
        sa.Column("since", MOMENT, nullable=False),
        sa.Column("muted_by_one", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("muted_by_other", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.CheckConstraint("one_id < other_id", name=op.f("ck_friendships_once")),
        sa.ForeignKeyConstraint(["one_id"], ["shoppers.id"], name=op.f("fk_friendships_one_id_shoppers")),
        sa.ForeignKeyConstraint(["other_id"], ["shoppers.id"], name=op.f("fk_friendships_other_id_shoppers")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_friendships")),
        sa.UniqueConstraint("one_id", "other_id", name=op.f("uq_friendships_one_id_other_id")),
    )
    op.create_index(op.f("ix_friendships_other_id"), "friendships", ["other_id"])


def _create_recommendations() -> None:
    op.create_table(
        "recommendations",
        sa.Column("shopper_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("deal_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("link", sa.Text(), nullable=False),
        sa.Column("advice", sa.Text(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.CheckConstraint("char_length(advice) <= 200", name=op.f("ck_recommendations_short_advice")),
        sa.ForeignKeyConstraint(
            ["shopper_id"], ["shoppers.id"], name=op.f("fk_recommendations_shopper_id_shoppers")
        ),
        sa.ForeignKeyConstraint(
            ["link"], ["share_links.code"], name=op.f("fk_recommendations_link_share_links")
        ),
        sa.PrimaryKeyConstraint("shopper_id", "deal_id", name=op.f("pk_recommendations")),
    )
    for column in ("deal_id", "link"):
        op.create_index(op.f(f"ix_recommendations_{column}"), "recommendations", [column])


def downgrade() -> None:
    op.drop_column("attributions", "as_friend")
    op.drop_column("offers", "friends_discount")
    for table in TABLES:
        op.drop_table(table)
