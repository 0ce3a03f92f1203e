"""Friends & family: who is on whose list, who is invited, who wants no such mail, and what is recommended."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Table,
    Text,
    UniqueConstraint,
    false,
)

from app.platform.database import metadata
from app.sharing.advice import ADVICE_LENGTH

# Nobody is looked up by the address: that of an account and that of nobody's are the same here. Where it is null the
# invitation is for whoever has its link. One that was declined stays until it has run out, for its maker is not told.
friend_invitations = Table(
    "friend_invitations",
    metadata,
    Column("id", Text, primary_key=True),  # opaque, and the friendship's once it is accepted
    Column("inviter_id", BigInteger, ForeignKey("shoppers.id"), nullable=False),
    Column("email", Text, index=True),
    Column("made_at", DateTime(timezone=True), nullable=False),
    Column("expires_at", DateTime(timezone=True), nullable=False, index=True),
    Column("declined_at", DateTime(timezone=True)),
    Column("taken_back_at", DateTime(timezone=True)),  # only of one that was declined; others go at once
    Column("mail", Text),  # its id in the outbox; none where none was to go out
    UniqueConstraint("inviter_id", "email"),
    CheckConstraint("expires_at > made_at", name="lasts"),
)

# One row for two people, so that nobody is on a list without having the other on theirs.
friendships = Table(
    "friendships",
    metadata,
    Column("id", Text, primary_key=True),
    Column("one_id", BigInteger, ForeignKey("shoppers.id"), nullable=False),
    Column("other_id", BigInteger, ForeignKey("shoppers.id"), nullable=False, index=True),
    Column("since", DateTime(timezone=True), nullable=False),
    Column("muted_by_one", Boolean, nullable=False, server_default=false()),
    Column("muted_by_other", Boolean, nullable=False, server_default=false()),
    UniqueConstraint("one_id", "other_id"),
    CheckConstraint("one_id < other_id", name="once"),
)

# Mailboxes to which no invitation goes. A keyed digest: whoever reads the table learns no address.
friend_refusals = Table(
    "friend_refusals",
    metadata,
    Column("mailbox", Text, primary_key=True),
    Column("since", DateTime(timezone=True), nullable=False),
)

recommendations = Table(
    "recommendations",
    metadata,
    Column("shopper_id", BigInteger, ForeignKey("shoppers.id"), primary_key=True, autoincrement=False),
    Column("deal_id", BigInteger, primary_key=True, autoincrement=False),
    Column("link", Text, ForeignKey("share_links.code"), nullable=False, index=True),
    Column("advice", Text, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False),
    CheckConstraint(f"char_length(advice) <= {ADVICE_LENGTH}", name="short_advice"),
    Index(None, "deal_id"),
)
