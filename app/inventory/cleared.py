"""The stall that the crowd has just cleared: what everybody is told of it while the next deal is on stage."""

from typing import Any

from msgspec import Struct
from sqlalchemy import exists, select
from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from app.inventory.tables import deals, stalls
from app.sharing import Help, sum_help


class Cleared(Struct, frozen=True):
    """A deal that had held up the show and is sold out, and how much helpers sold of it."""

    deal_id: int
    title: str
    help: Help

    def document(self) -> dict[str, object]:
        """As the snapshot has it."""
        return {
            "deal_id": self.deal_id,
            "title": self.title,
            "helpers": self.help.helpers,
            "helped_units": self.help.units,
        }


class LastCleared:
    """What one process knows of the deal before the one on stage: of a deal that is over nothing changes any more."""

    def __init__(self) -> None:
        self._turn = 0
        self._cleared: Cleared | None = None

    async def before(
        self, connection: AsyncConnection, show: Row[Any], deal: Row[Any] | None
    ) -> Cleared | None:
        """The stall that was cleared right before `deal`, or before the stage was empty; None where it was none."""
        turn = show.turns if deal is None else deal.turn - 1
        if turn != self._turn:
            self._cleared = await _cleared(connection, turn)
            self._turn = turn
        return self._cleared


async def _cleared(connection: AsyncConnection, turn: int) -> Cleared | None:
    held_up = exists().where(stalls.c.deal_id == deals.c.id)
    gone = select(deals.c.id, deals.c.title).where(
        deals.c.turn == turn, deals.c.end_reason == "sold-out", held_up
    )
    row = (await connection.execute(gone)).one_or_none()
    return None if row is None else Cleared(row.id, row.title, await sum_help(connection, row.id))
