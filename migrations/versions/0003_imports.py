"""imports: rows that were queued, files that were checked, photos yet to be had"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "imported_rows",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("deal_id", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["deal_id"], ["deals.id"], name=op.f("fk_imported_rows_deal_id_deals"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_imported_rows")),
    )
    op.create_index(op.f("ix_imported_rows_deal_id"), "imported_rows", ["deal_id"])
    op.create_table(
        "checked_files",
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("person_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=True),
        sa.Column("again", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("mended", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("findings", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("queued_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("queued", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["shoppers.id"],
            name=op.f("fk_checked_files_person_id_shoppers"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("token", name=op.f("pk_checked_files")),
    )
    op.create_index(op.f("ix_checked_files_person_id"), "checked_files", ["person_id"])
    op.create_table(
        "wanted_photos",
        sa.Column("deal_id", sa.BigInteger(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("alt", sa.Text(), nullable=False),
        sa.Column("tries", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("problem", sa.Text(), server_default=sa.text("''"), nullable=False),
        sa.ForeignKeyConstraint(
            ["deal_id"], ["deals.id"], name=op.f("fk_wanted_photos_deal_id_deals"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("deal_id", name=op.f("pk_wanted_photos")),
    )
    op.create_index(
        "wanted_photos_due", "wanted_photos", ["next_at"], postgresql_where=sa.text("next_at IS NOT NULL")
    )


def downgrade() -> None:
    for name in ("wanted_photos", "checked_files", "imported_rows"):
        op.drop_table(name)
