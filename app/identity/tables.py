"""What is kept of a person: the account, the sessions given out for it, and what else lets them in."""

from enum import StrEnum

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    false,
)

from app.identity.roles import Role
from app.platform.database import metadata


class Kind(StrEnum):
    """How a session travels. It is also the purpose that its text is signed for."""

    COOKIE = "cookie"
    TOKEN = "token"  # noqa: S105 - a word, not a secret


def _one_of(column: str, words: type[StrEnum]) -> CheckConstraint:
    listed = ", ".join(f"'{word}'" for word in words)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


shoppers = Table(
    "shoppers",
    metadata,
    Column("id", BigInteger, Identity(always=True), primary_key=True),
    Column("email", Text),  # trimmed and lower-cased; none: the person is gone, and orders keep the husk
    Column("name", Text, nullable=False),
    Column("password_hash", Text),
    Column("role", Text, nullable=False, server_default=Role.SHOPPER),
    Column(
        "newsletter", Boolean, nullable=False, server_default=false()
    ),  # said twice, the second time by mail
    Column("named_in_records", Boolean, nullable=False, server_default=false()),  # as a deal's first buyer
    Column("created_at", DateTime(timezone=True), nullable=False),
    UniqueConstraint("email"),
    CheckConstraint(
        "email IS NOT NULL OR (name = '' AND password_hash IS NULL AND role = 'shopper' AND NOT newsletter)",
        name="husk",
    ),
    _one_of("role", Role),
)

# Its readers, in the order in which an issue is sent.
Index("ix_shoppers_newsletter", shoppers.c.id, postgresql_where=shoppers.c.newsletter)

# Of those who are gone, and what they left elsewhere: others look for them again and again.
Index("ix_shoppers_gone", shoppers.c.id, postgresql_where=shoppers.c.email.is_(None))

sessions = Table(
    "sessions",
    metadata,
    Column("id", Text, primary_key=True),  # opaque
    Column("shopper_id", BigInteger, ForeignKey("shoppers.id"), nullable=False, index=True),
    Column("kind", Text, nullable=False),
    Column("device", Text, nullable=False, server_default=""),  # in words such as "Firefox on Linux"
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("seen_at", DateTime(timezone=True)),  # the hour, no closer; none: not since it began
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Column("revoked_at", DateTime(timezone=True)),
    _one_of("kind", Kind),
)

# Every process reads the revoked ids every second: from this index alone.
Index(
    "ix_sessions_revoked",
    sessions.c.expires_at,
    postgresql_include=["id"],
    postgresql_where=sessions.c.revoked_at.is_not(None),
)

passkeys = Table(
    "passkeys",
    metadata,
    Column("id", Text, primary_key=True),  # the credential's, in base64url
    Column("shopper_id", BigInteger, ForeignKey("shoppers.id"), nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("public_key", LargeBinary, nullable=False),
    Column("handle", LargeBinary, nullable=False),  # random; what authenticators know the account by
    Column("sign_count", BigInteger, nullable=False),  # 0 for ever with those that do not count
    Column("transports", Text, nullable=False),  # words with commas between, a hint for browsers
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("used_at", DateTime(timezone=True)),
)

# Answered challenges, until they would have expired anyway: an answer that was overheard is of no use.
answered_challenges = Table(
    "answered_challenges",
    metadata,
    Column("challenge", Text, primary_key=True),
    Column("expires_at", DateTime(timezone=True), nullable=False),
)


class LinkFor(StrEnum):
    """What a link in a mail is good for."""

    SIGN_IN = "sign-in"
    EMAIL = "email"
    NEWSLETTER = "newsletter"


mailed_links = Table(
    "mailed_links",
    metadata,
    Column("digest", Text, primary_key=True),  # of the secret in the link, which is kept nowhere
    Column("purpose", Text, nullable=False),
    Column("shopper_id", BigInteger, ForeignKey("shoppers.id"), index=True),  # none: it was asked for nobody
    Column("email", Text, nullable=False),  # where it went; empty where it was asked for nobody
    Column("onward", Text, nullable=False),  # the page to go on to
    Column("expires_at", DateTime(timezone=True), nullable=False, index=True),
    _one_of("purpose", LinkFor),
)

# Where a shopper's parcels go. An order takes a copy, so a change here changes no order.
addresses = Table(
    "addresses",
    metadata,
    Column("shopper_id", BigInteger, ForeignKey("shoppers.id"), primary_key=True, autoincrement=False),
    Column("name", Text, nullable=False),
    Column("street", Text, nullable=False),
    Column("extra", Text, nullable=False),
    Column("postal_code", Text, nullable=False),
    Column("city", Text, nullable=False),
    Column("region", Text, nullable=False),
    Column("country", Text, nullable=False),
)
