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
    Interval,
    LargeBinary,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from app.platform.database import metadata

STATES = ("queued", "live", "ended", "withdrawn")
END_REASONS = ("sold-out", "time-up", "skipped", "stopped", "withdrawn")

# The bytes, once for each picture, and no address leads to them but a photo's token.
pictures = Table(
    "pictures",
    metadata,
    Column("digest", Text, primary_key=True),  # of what was given, which is not kept itself
    Column("largest", Integer, nullable=False),  # the width of its largest size, in pixels
    Column("created_at", DateTime(timezone=True), nullable=False),
)

picture_files = Table(
    "picture_files",
    metadata,
    Column("digest", Text, ForeignKey("pictures.digest", ondelete="CASCADE"), primary_key=True),
    Column("name", Text, primary_key=True),  # such as 800.webp
    Column("body", LargeBinary, nullable=False),
)

photos = Table(
    "photos",
    metadata,
    Column("token", Text, primary_key=True),  # unguessable, and one deal's own
    Column("digest", Text, ForeignKey("pictures.digest"), nullable=False, index=True),
    Column("alt", Text, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column(
        "dropped_at", DateTime(timezone=True)
    ),  # since when no deal needs it, as far as the sweep has seen
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
    Column("category", Text, nullable=False, server_default=text("''")),
    Column("currency", Text, nullable=False),
    Column("price", Integer, nullable=False),
    Column("list_price", Integer),
    Column("shipping", Integer, nullable=False, server_default=text("0")),
    Column("quantity", Integer, nullable=False),
    Column("unit_limit", Integer, nullable=False),
    Column("stock_display", Text, nullable=False, server_default=text("'percent'")),
    Column("reward", Integer),  # for each unit that a link sells
    Column("friend_discount", Integer),  # off each unit, for who buys by a link
    Column("reward_cap", Integer),  # for all helpers; none: as much as they sell
    Column("reward_cap_each", Integer),  # for one of them
    Column("friends_discount", Integer),  # off each unit, for who buys by a friend's link
    Column("stall_after_minutes", Integer),
    Column("reward_steps", JSONB, nullable=False, server_default=text("'[]'")),  # see RewardStep
    Column("pot", Integer),  # what the helpers share where the crowd clears a stall in time
    Column("pot_minutes", Integer),
    Column("max_minutes", Integer),
    Column("not_before", DateTime(timezone=True)),
    # Unique: were a token two deals', a past deal's photo would show a coming one's.
    Column("photo", Text, ForeignKey("photos.token"), unique=True),
    Column("version", Integer, nullable=False, server_default=text("1")),  # grows with each edit at the desk
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("turn", Integer, unique=True),  # the how-manieth deal of the show it was
    Column("mode", Text),  # the show's while the deal was on stage; where that changed, the last
    Column("started_at", DateTime(timezone=True)),
    Column("ends_at", DateTime(timezone=True)),
    Column("time_left", Interval),  # of its longest time, while the show is paused or daily; none: all of it
    # The stall, see stall.py. The first is since when it could be bought in a Woot-Off without a break.
    Column("selling_since", DateTime(timezone=True)),
    Column("still_since", DateTime(timezone=True)),  # it is paused since then
    Column("stalled_since", DateTime(timezone=True)),  # put off by pauses, as is the next
    Column("pot_until", DateTime(timezone=True)),
    Column("told_sold_out", Boolean, nullable=False, server_default=text("false")),
    Column("ended_at", DateTime(timezone=True)),
    Column("end_reason", Text),
    CheckConstraint(f"state IN {STATES}", name="known_state"),
    CheckConstraint(f"end_reason IN {END_REASONS}", name="known_reason"),
    CheckConstraint("(state = 'ended') = (ended_at IS NOT NULL)", name="ended_when_over"),
    CheckConstraint("stock_display IN ('percent', 'exact')", name="known_display"),
    CheckConstraint("mode IN ('daily', 'woot-off')", name="known_mode"),
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
    Column("stopping", Boolean, nullable=False, server_default=text("false")),  # when the live deal is over
    Column("turns", Integer, nullable=False, server_default=text("0")),
    Column("revision", BigInteger, nullable=False, server_default=text("1")),
    Column("queue_version", BigInteger, nullable=False, server_default=text("1")),
    CheckConstraint("singleton", name="one_row"),
    CheckConstraint("mode IN ('daily', 'woot-off')", name="known_mode"),
)

# The times for which deals held up the show, as the clock on the wall had them; `until` is none while it lasts.
stalls = Table(
    "stalls",
    metadata,
    Column("deal_id", BigInteger, ForeignKey("deals.id"), primary_key=True, autoincrement=False),
    Column("since", DateTime(timezone=True), primary_key=True),
    Column("until", DateTime(timezone=True)),
    CheckConstraint("until >= since", name="forward"),
    Index("one_stall_of_a_deal", "deal_id", unique=True, postgresql_where=text("until IS NULL")),
)

# The audit trail. `queue_version` and `deal_version` are as they were right after the change.
changes = Table(
    "changes",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("person_id", BigInteger, ForeignKey("shoppers.id", ondelete="SET NULL")),  # none: the command line
    Column("person_name", Text, nullable=False),  # as it was then
    Column("action", Text, nullable=False),
    Column("deal_id", BigInteger, ForeignKey("deals.id")),
    Column("before", JSONB, nullable=False),
    Column("after", JSONB, nullable=False),
    Column("queue_version", BigInteger),
    Column("deal_version", Integer),
    Column("undone_by", BigInteger, ForeignKey("changes.id")),
    Index("changes_of_deal", "deal_id", "id"),
    Index("changes_of_queue", "queue_version"),
)
