"""What is kept of a person: the account, and the sessions given out for it."""

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
    Column("email", Text, nullable=False),  # trimmed and lower-cased
    Column("name", Text, nullable=False),
    Column("password_hash", Text, nullable=False),
    Column("role", Text, nullable=False, server_default=Role.SHOPPER),
    Column("newsletter", Boolean, nullable=False, server_default=false()),
    Column("created_at", DateTime(timezone=True), nullable=False),
    UniqueConstraint("email"),
    _one_of("role", Role),
)

sessions = Table(
    "sessions",
    metadata,
    Column("id", Text, primary_key=True),  # opaque
    Column("shopper_id", BigInteger, ForeignKey("shoppers.id"), nullable=False, index=True),
    Column("kind", Text, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
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
