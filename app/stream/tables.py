"""What the stream keeps: which numbering it is at."""

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Column, Table, text

from app.platform.database import metadata

# One row. Redis may come back empty and would number events from 1 again; a new epoch keeps their ids apart.
stream_numbering = Table(
    "stream_numbering",
    metadata,
    Column("singleton", Boolean, primary_key=True, server_default=text("true")),
    Column("epoch", BigInteger, nullable=False, server_default=text("0")),
    CheckConstraint("singleton", name="one_row"),
)
