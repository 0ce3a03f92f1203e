"""What imports remember: which rows were queued, and files between their check and their queueing."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    DateTime,
    ForeignKey,
    Integer,
    LargeBinary,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from app.platform.database import metadata

# A row by its digest, so that the same file twice queues once. A deal that was withdrawn no longer counts.
imported_rows = Table(
    "imported_rows",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("deal_id", BigInteger, ForeignKey("deals.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("created_at", DateTime(timezone=True), nullable=False),
)

# A file that somebody has had checked at the desk, kept for a day so that it need not be sent again.
checked_files = Table(
    "checked_files",
    metadata,
    Column("token", Text, primary_key=True),  # unguessable; and it opens for its person only
    Column(
        "person_id", BigInteger, ForeignKey("shoppers.id", ondelete="CASCADE"), nullable=False, index=True
    ),
    Column("name", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("quantity", Integer),
    Column("again", Boolean, nullable=False, server_default=text("false")),
    Column("mended", JSONB, nullable=False),  # cells by line and column
    Column("findings", LargeBinary, nullable=False),  # packed and compressed
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Column("queued_at", DateTime(timezone=True)),
    Column("queued", Integer),  # deals
)
