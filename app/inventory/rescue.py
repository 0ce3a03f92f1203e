"""What a merchandiser may add for the live deal: a higher reward, more time for the pot, more time on stage.

It is said as what shall be, so that two clicks do it once; and nothing is ever taken away by it, least of all from a
price. The fourth choice is a skip.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.engine import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from app.inventory.caps import CAPS, highest_reward
from app.inventory.changes import Who, note_change
from app.inventory.editing import known_deal, write_fields
from app.inventory.live import as_set
from app.inventory.queue import show_row
from app.inventory.rotation import Show
from app.inventory.show import NotLive, take_the_shows_turn
from app.inventory.stall import pot_time
from app.inventory.stalling import raise_reward
from app.payments import Money
from app.platform.errors import Problem
from app.sharing import terms_of

Choices = Mapping[str, int]  # of reward, pot_minutes and max_minutes those that are chosen
MINUTE = timedelta(minutes=1)


class NoRescue(Problem):
    """A rescue only adds: a higher reward, a later end. This would have taken something away, or changed nothing that
    matters. Nothing was done."""

    status = 409
    title = "That would not help"


async def rescue_deal(
    connection: AsyncConnection, deal_id: int, wanted: Choices, *, who: Who, now: datetime
) -> bool:
    """Give the live deal what is wanted; False where it has that already. Raises NotFound, NotLive and NoRescue.

    `reward` in minor units for each unit, the others in minutes: the whole of each, not what is added.
    """
    await take_the_shows_turn(connection)
    row = await known_deal(connection, deal_id)
    if row.state != "live":
        raise NotLive(f"Deal {deal_id} is {row.state}.")
    has = await _has(connection, row)
    more = {name: value for name, value in wanted.items() if value != has[name]}
    _refuse_what_does_not_help(has, more, row.currency)
    _refuse_what_nobody_gets(row, more)
    if not more:
        return False
    show = as_set(await show_row(connection))
    moved = _later_pot(row, has, more, now) | _later_end(row, has, more, show)
    if "reward" in more:
        await raise_reward(connection, deal_id, more["reward"], now)
    await write_fields(connection, row, {**more, **moved})
    before = {name: has[name] for name in more}
    await note_change(
        connection, who=who, action="rescue", deal_id=deal_id, before=before, after=more, now=now
    )
    return True


async def _has(connection: AsyncConnection, row: Row[Any]) -> dict[str, int | None]:
    terms = await terms_of(connection, row.id)
    return {
        "reward": 0 if terms is None else terms.reward,
        "pot_minutes": None if row.pot is None else pot_time(row.pot_minutes) // MINUTE,
        "max_minutes": row.max_minutes,
    }


def _refuse_what_does_not_help(has: Mapping[str, int | None], more: Choices, currency: str) -> None:
    for name, value in more.items():
        present = has[name]
        if present is None:
            raise NoRescue("It has no pot." if name == "pot_minutes" else "It may stay as long as it takes.")
        if value < present:
            words = str(Money(present, currency)) if name == "reward" else f"{present} minutes"
            raise NoRescue(f"That is less than the {words} that it has.", field=name)


def _refuse_what_nobody_gets(row: Row[Any], more: Choices) -> None:
    """The caps stay, and the crowd is not promised more than they let through."""
    most = highest_reward({name: getattr(row, name) for name in CAPS})
    if most is not None and more.get("reward", 0) > most:
        raise NoRescue(f"Its caps let no helper have more than {Money(most, row.currency)}.", field="reward")


def _later_pot(
    row: Row[Any], has: Mapping[str, int | None], more: Choices, now: datetime
) -> dict[str, object]:
    further = _further("pot_minutes", has, more)
    if not further or row.pot_until is None:  # its time has not begun
        return {}
    until: datetime = row.pot_until + further
    if until <= (row.still_since or now):
        raise NoRescue("The time for the pot would be over all the same.", field="pot_minutes")
    return {"pot_until": until}


def _later_end(row: Row[Any], has: Mapping[str, int | None], more: Choices, show: Show) -> dict[str, object]:
    """In a Woot-Off its stopwatch runs; else that stands still, if it ever ran."""
    further = _further("max_minutes", has, more)
    if not further:
        return {}
    if show.mode == "woot-off" and show.is_on:
        return {} if row.ends_at is None else {"ends_at": row.ends_at + further}  # none: it is mended next
    return {} if row.time_left is None else {"time_left": row.time_left + further}


def _further(name: str, has: Mapping[str, int | None], more: Choices) -> timedelta:
    return (more.get(name, 0) - (has[name] or 0)) * MINUTE if name in more else timedelta()
