"""Who stands in which deal's line, what they were offered, and which lines are closed for good."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Identity,
    Index,
    Table,
    Text,
    text,
)

from app.platform.database import metadata

PLACE_STATES = ("waiting", "offered", "served", "missed", "left", "over")
OFFER_STATES = ("open", "taken", "expired", "given-up", "withdrawn")
STANDS = text("state IN ('waiting', 'offered')")

# One row each time that somebody gets in line; ids are the order. `told`: its shopper has heard of its state.
line_places = Table(
    "line_places",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("deal_id", BigInteger, nullable=False),
    Column("shopper_id", BigInteger, nullable=False),
    Column("state", Text, nullable=False, server_default=text("'waiting'")),
    Column("told", Boolean, nullable=False, server_default=text("true")),
    Column("joined_at", DateTime(timezone=True), nullable=False),
    Column("ended_at", DateTime(timezone=True)),
    CheckConstraint(f"state IN {PLACE_STATES}", name="known_state"),
    CheckConstraint("(state IN ('waiting', 'offered')) = (ended_at IS NULL)", name="ended"),
    Index("one_place_each", "deal_id", "shopper_id", unique=True, postgresql_where=STANDS),
    Index("the_line", "deal_id", "id", postgresql_where=text("state = 'waiting'")),
    Index("untold_places", "id", postgresql_where=text("NOT told")),
    Index(None, "shopper_id", "id"),
)

# A unit that is kept for somebody. An open one counts as gone from the shelf until it is taken or has ended.
line_offers = Table(
    "line_offers",
    metadata,
    Column("id", Text, primary_key=True),
    Column("place_id", BigInteger, nullable=False, unique=True),
    Column("deal_id", BigInteger, nullable=False),
    Column("shopper_id", BigInteger, nullable=False),
    Column("state", Text, nullable=False, server_default=text("'open'")),
    Column("made_at", DateTime(timezone=True), nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Column("ended_at", DateTime(timezone=True)),
    Column("order_id", Text, unique=True),
    CheckConstraint(f"state IN {OFFER_STATES}", name="known_state"),
    CheckConstraint("(state = 'taken') = (order_id IS NOT NULL)", name="taken_by_an_order"),
    CheckConstraint("(state = 'open') = (ended_at IS NULL)", name="ended"),
    Index(
        "one_open_line_offer", "deal_id", "shopper_id", unique=True, postgresql_where=text("state = 'open'")
    ),
)

# Deals that were withdrawn: nothing of them is sold any more, whatever comes back.
closed_lines = Table(
    "closed_lines",
    metadata,
    Column("deal_id", BigInteger, primary_key=True, autoincrement=False),
    Column("closed_at", DateTime(timezone=True), nullable=False),
)
