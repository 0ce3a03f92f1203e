"""What is kept of mails: those to be sent, and how many of each kind were."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Identity,
    Index,
    Integer,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
)

from app.platform.database import metadata

mails = Table(
    "mails",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("message_id", Text, nullable=False),  # the left half of the Message-ID: the same at every attempt
    Column("rule", Text, nullable=False),
    Column("shopper_id", BigInteger, index=True),  # none: nobody's (any more), and the address goes with it
    Column("name", Text, nullable=False),
    Column("address", Text, nullable=False),  # empty once it is none of our business
    Column("subject", Text, nullable=False),
    Column("text", Text, nullable=False),  # empty once it is sent: links in it are secrets
    Column("state", Text, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("due_at", DateTime(timezone=True), nullable=False),  # when it is to be tried next
    Column("sent_at", DateTime(timezone=True)),
    Column(
        "turn", SmallInteger, nullable=False, server_default="1"
    ),  # of those that are due, the lowest first
    Column("way_out", Text, nullable=False, server_default=""),  # where one request ends this kind of mail
    UniqueConstraint("message_id"),
    CheckConstraint("state IN ('waiting', 'sent', 'void', 'given-up')", name="state"),
)

# Every process looks every second: at this index alone.
Index("ix_mails_waiting", mails.c.turn, mails.c.due_at, postgresql_where=mails.c.state == "waiting")

mails_sent = Table(
    "mails_sent",
    metadata,
    Column("rule", Text, primary_key=True),
    Column("day", Date, primary_key=True),  # in UTC
    Column("mails", Integer, nullable=False),
)

newsletter_issues = Table(
    "newsletter_issues",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("heading", Text, nullable=False),
    Column("words", Text, nullable=False),
    Column("again", Text, nullable=False),  # why it went out although it was not its time; empty where it was
    Column("begun_at", DateTime(timezone=True), nullable=False),
    Column("after", BigInteger, nullable=False),  # readers have their copy up to this shopper's id
    Column("copies", BigInteger, nullable=False),
    Column("ended_at", DateTime(timezone=True)),  # none: some readers have yet to get theirs
)
