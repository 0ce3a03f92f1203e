"""a photo is one deal's own: tokens apart from the pictures beneath them"""

import secrets

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "pictures",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("largest", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_pictures")),
    )
    op.execute(
        "INSERT INTO pictures (digest, largest, created_at) SELECT digest, largest, created_at FROM photos"
    )
    op.rename_table("photo_files", "picture_files")
    op.add_column("picture_files", sa.Column("digest", sa.Text()))
    op.execute(
        "UPDATE picture_files SET digest = photos.digest FROM photos WHERE photos.token = picture_files.token"
    )
    op.drop_column("picture_files", "token")  # and with it its key
    op.alter_column("picture_files", "digest", nullable=False)
    op.create_primary_key(op.f("pk_picture_files"), "picture_files", ["digest", "name"])
    op.create_foreign_key(
        op.f("fk_picture_files_digest_pictures"),
        "picture_files",
        "pictures",
        ["digest"],
        ["digest"],
        ondelete="CASCADE",
    )
    op.drop_constraint("uq_photos_digest", "photos")
    op.drop_column("photos", "largest")
    op.add_column("photos", sa.Column("dropped_at", sa.DateTime(timezone=True)))
    op.create_index(op.f("ix_photos_digest"), "photos", ["digest"])
    op.create_foreign_key(op.f("fk_photos_digest_pictures"), "photos", "pictures", ["digest"], ["digest"])
    _give_each_deal_its_own()
    op.create_unique_constraint(op.f("uq_deals_photo"), "deals", ["photo"])


def _give_each_deal_its_own() -> None:
    """The first deal that the public saw keeps the address, which may be known; the others get new ones."""
    connection = op.get_bind()
    shared = connection.execute(
        sa.text(
            "SELECT id, photo FROM (SELECT id, photo, row_number() OVER"
            " (PARTITION BY photo ORDER BY turn NULLS LAST, id) AS place FROM deals WHERE photo IS NOT NULL)"
            " AS placed WHERE place > 1"
        )
    ).all()
    for deal_id, token in shared:
        values = {"deal_id": deal_id, "old": token, "new": secrets.token_urlsafe(16)}
        connection.execute(
            sa.text(
                "INSERT INTO photos (token, digest, alt, created_at)"
                " SELECT :new, digest, alt, created_at FROM photos WHERE token = :old"
            ),
            values,
        )
        connection.execute(sa.text("UPDATE deals SET photo = :new WHERE id = :deal_id"), values)
