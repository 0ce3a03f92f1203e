"""The links by which the crowd sells."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Index,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    false,
    text,
)

from app.platform.database import metadata
from app.sharing.advice import ADVICE_LENGTH

UNCLAIMED = "shopper_id IS NULL AND stands_for IS NULL"

# A shopper has one a deal. One that was made before anybody signed in belongs to its browser, until it is claimed.
# Where whoever claims it has one for that deal already, it leads to that: it may have been passed on.
share_links = Table(
    "share_links",
    metadata,
    Column("code", Text, primary_key=True),
    Column("deal_id", BigInteger, nullable=False),
    Column("shopper_id", BigInteger, ForeignKey("shoppers.id")),
    Column("stands_for", Text, ForeignKey("share_links.code"), index=True),
    Column("device", Text),  # a digest of the secret in the browser's cookie; none: made by a program
    Column("named", Boolean, nullable=False, server_default=false()),  # whoever comes by it is told the name
    Column("advice", Text, nullable=False, server_default=text("''")),  # of its maker, to whoever comes by it
    Column("left_percent", SmallInteger, nullable=False),  # of the deal, when the link was made
    Column("visits", BigInteger, nullable=False, server_default=text("0")),
    Column("made_at", DateTime(timezone=True), nullable=False),
    Column("claimed_at", DateTime(timezone=True)),  # none: not yet, or it was made by somebody signed in
    UniqueConstraint("shopper_id", "deal_id"),
    CheckConstraint("shopper_id IS NULL OR stands_for IS NULL", name="one_owner"),
    CheckConstraint("claimed_at IS NULL OR shopper_id IS NOT NULL", name="claimed_by_somebody"),
    CheckConstraint("num_nonnulls(shopper_id, stands_for, device) > 0", name="somebodys"),
    CheckConstraint("left_percent BETWEEN 0 AND 100", name="percent"),
    CheckConstraint(f"char_length(advice) <= {ADVICE_LENGTH}", name="short_advice"),
    Index("one_unclaimed_link", "device", "deal_id", unique=True, postgresql_where=text(UNCLAIMED)),
    Index("unclaimed_links", "made_at", postgresql_where=text(UNCLAIMED)),
)
