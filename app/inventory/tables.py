"""The deal queue, the show, and the deals' photos."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    text,
)

from app.platform.database import metadata

STATES = ("queued", "live", "ended", "withdrawn")
END_REASONS = ("sold-out", "time-up", "skipped", "withdrawn")

photos = Table(
    "photos",
    metadata,
    Column(
        "token", Text, primary_key=True
    ),  # unguessable: a photo's address is all that guards it before the reveal
    Column("alt", Text, nullable=False),
    Column("largest", Integer, nullable=False),  # the width of its largest size, in pixels
    Column("digest", Text, nullable=False, unique=True),
    Column("created_at", DateTime(timezone=True), nullable=False),
)

photo_files = Table(
    "photo_files",
    metadata,
    Column("token", Text, ForeignKey("photos.token", ondelete="CASCADE"), primary_key=True),
    Column("name", Text, primary_key=True),  # such as 800.webp
    Column("body", LargeBinary, nullable=False),
)

deals = Table(
    "deals",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("state", Text, nullable=False, server_default=text("'queued'")),
    Column("position", BigInteger, nullable=False),
    Column("title", Text, nullable=False),
    Column("tagline", Text, nullable=False, server_default=text("''")),
    Column("story", Text, nullable=False, server_default=text("''")),
    Column("condition", Text, nullable=False, server_default=text("'New'")),
    Column("currency", Text, nullable=False),
    Column("price", Integer, nullable=False),
    Column("list_price", Integer),
    Column("shipping", Integer, nullable=False, server_default=text("0")),
    Column("quantity", Integer, nullable=False),
    Column("unit_limit", Integer, nullable=False),
    Column("stock_display", Text, nullable=False, server_default=text("'percent'")),
    Column("reward", Integer),
    Column("stall_after_minutes", Integer),
    Column("max_minutes", Integer),
    Column("not_before", DateTime(timezone=True)),
    Column("photo", Text, ForeignKey("photos.token")),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("turn", Integer, unique=True),  # the how-manieth deal of the show it was
    Column("started_at", DateTime(timezone=True)),
    Column("ends_at", DateTime(timezone=True)),
    Column("ended_at", DateTime(timezone=True)),
    Column("end_reason", Text),
    CheckConstraint(f"state IN {STATES}", name="known_state"),
    CheckConstraint(f"end_reason IN {END_REASONS}", name="known_reason"),
    CheckConstraint("(state = 'ended') = (ended_at IS NOT NULL)", name="ended_when_over"),
    CheckConstraint("stock_display IN ('percent', 'exact')", name="known_display"),
    Index("one_live_deal", text("(true)"), unique=True, postgresql_where=text("state = 'live'")),
    Index("queue_order", "position", "id", postgresql_where=text("state = 'queued'")),
)

# One row. `revision` grows with whatever changes what everyone sees; `queue_version` with the order of the queue.
shows = Table(
    "shows",
    metadata,
    Column("singleton", Boolean, primary_key=True, server_default=text("true")),
    Column("mode", Text, nullable=False, server_default=text("'woot-off'")),
    Column("started", Boolean, nullable=False, server_default=text("false")),
    Column("paused", Boolean, nullable=False, server_default=text("false")),
    Column("turns", Integer, nullable=False, server_default=text("0")),
    Column("revision", BigInteger, nullable=False, server_default=text("1")),
    Column("queue_version", BigInteger, nullable=False, server_default=text("1")),
    CheckConstraint("singleton", name="one_row"),
    CheckConstraint("mode IN ('daily', 'woot-off')", name="known_mode"),
)
