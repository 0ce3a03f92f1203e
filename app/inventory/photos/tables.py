"""Photos that are yet to be had."""

from sqlalchemy import BigInteger, Column, DateTime, ForeignKey, Index, Integer, Table, Text, text

from app.platform.database import metadata

# Photos that an import named by their address; a background task fetches them.
wanted_photos = Table(
    "wanted_photos",
    metadata,
    Column("deal_id", BigInteger, ForeignKey("deals.id", ondelete="CASCADE"), primary_key=True),
    Column("url", Text, nullable=False),
    Column("alt", Text, nullable=False),
    Column("tries", Integer, nullable=False, server_default=text("0")),
    Column("next_at", DateTime(timezone=True)),  # none: it is given up, and `problem` says why
    Column("problem", Text, nullable=False, server_default=text("''")),
    Index("wanted_photos_due", "next_at", postgresql_where=text("next_at IS NOT NULL")),
)
