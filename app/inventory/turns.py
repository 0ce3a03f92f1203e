"""The order in which the desk and the show wait for each other; kept everywhere, so that nobody waits in a circle.

1. the photos' turn: whoever keeps a photo, puts one back, or sweeps old ones away
2. the queue's turn: whoever changes what waits, or in which order
3. the show's turn: whoever changes what is on stage, or what the show could open next
4. rows of deals
5. the show's own row, last, since every look at the show may wait for it

Each may be left out, and none is taken after one that stands below it. Whoever only adds at the end of the queue leaves
out the show's turn: an import of thousands must not keep the show waiting.
"""

from sqlalchemy.ext.asyncio import AsyncConnection

from app.platform.lease import take_turns

PHOTOS, QUEUE, SHOW = "photos", "queue", "show"


async def add_in_turn(connection: AsyncConnection) -> None:
    """Before deals are put at the end of the queue."""
    await take_turns(connection, QUEUE)


async def change_in_turn(connection: AsyncConnection) -> None:
    """Before a deal or the order of the queue is changed: meanwhile the show opens and closes nothing."""
    await take_turns(connection, QUEUE)
    await take_turns(connection, SHOW)
