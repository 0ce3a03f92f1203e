"""After every run: do the answers and the database tell the same story."""

from msgspec import Struct
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from bench.load import Report

OURS = text(
    "SELECT quantity, sold, (SELECT count(*) FROM orders WHERE deal_id = :deal),"
    " (SELECT coalesce(sum(quantity), 0) FROM orders WHERE deal_id = :deal AND status <> 'cancelled')"
    " FROM offers WHERE deal_id = :deal"
)
THEIRS = text(
    "SELECT quantity, sold, (SELECT count(*) FROM usual_way.orders WHERE deal_id = :deal),"
    " (SELECT coalesce(sum(quantity), 0) FROM usual_way.orders WHERE deal_id = :deal)"
    " FROM usual_way.deals WHERE id = :deal"
)

# What nobody has begun to settle, and what is begun.
LEAVE = (
    text(
        "INSERT INTO settlement_marks (deal_id, place) SELECT deal_id, orders FROM offers"
        " ON CONFLICT (deal_id) DO UPDATE SET place = excluded.place"
    ),
    text("UPDATE settlements SET due_at = NULL, leased_until = NULL"),
)


class Books(Struct, frozen=True):
    """A deal as the database has it after a run, and how many orders the answers had promised."""

    quantity: int
    sold: int
    orders: int
    units: int
    promised: int
    unanswered: int

    @property
    def are_right(self) -> bool:
        """Nothing lost, nothing oversold, nothing sold that nobody was told of (save those never answered)."""
        told_all = self.promised <= self.orders <= self.promised + self.unanswered
        return told_all and self.units == self.sold <= self.quantity

    def words(self) -> str:
        """The same for people."""
        verdict = "books right" if self.are_right else "BOOKS WRONG"
        return (
            f"{verdict}: {self.promised} promised, {self.orders} orders, {self.units} units, {self.sold} sold "
            f"of {self.quantity}, {self.unanswered} unanswered"
        )


async def read_books(
    connection: AsyncConnection, deal_id: int, report: Report, *, usual_way: bool = False, before: int = 0
) -> Books:
    """The books of a deal of ours, or of the usual way's. `before`: orders that stood before the run."""
    query = THEIRS if usual_way else OURS
    quantity, sold, orders, units = (await connection.execute(query, {"deal": deal_id})).one()
    return Books(quantity, sold, orders, int(units), before + report.created, report.unanswered)


async def leave_unsettled(connection: AsyncConnection) -> None:
    """Have nobody settle what a run has left: the next one begins as idle as the first."""
    for statement in LEAVE:
        await connection.execute(statement)
