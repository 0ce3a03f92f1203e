"""The crowd pot: won when a stalled deal is cleared in time, split when all that was sold is sold for good."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from msgspec import Struct
from sqlalchemy import exists, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as insert_new
from sqlalchemy.ext.asyncio import AsyncConnection

from app.payments import Money
from app.platform.lease import take_turns
from app.platform.logging import get_logger
from app.sharing.coupons import issue
from app.sharing.pot_split import part_that_stands, split_pot
from app.sharing.reward_case import RETURN_WINDOW
from app.sharing.reward_tables import pot_shares, pots, rewards
from app.sharing.rewards import PUT_OFF, REWARDS, News

log = get_logger(__name__)

LAST_PAYMENTS = timedelta(days=1)  # after which an order that was placed is paid, or never will be
WHY = "Your part of the pot: together you cleared the stall."
# A deal's units in orders that are paid or shipped, and how many it had: sales knows them.
StandingUnits = Callable[[AsyncConnection, int], Awaitable[tuple[int, int]]]


class PotWon(Struct, frozen=True):
    """A pot, and how much of it was shared among its helpers; None as long as it is not split."""

    amount: Money
    shared: Money | None


async def issue_pot(connection: AsyncConnection, deal_id: int, pot: Money, now: datetime) -> bool:
    """The crowd has won this deal's pot; whether that is new. Its helpers get their parts when it is split."""
    won = {"currency": pot.currency, "amount": pot.amount, "won_at": now}
    row = insert_new(pots).values(deal_id=deal_id, due_at=now + RETURN_WINDOW + LAST_PAYMENTS, **won)
    return bool((await connection.execute(row.on_conflict_do_nothing())).rowcount)


async def pot_won(connection: AsyncConnection, deal_id: int) -> PotWon | None:
    """The pot that the crowd has won by this deal."""
    query = select(pots.c.amount, pots.c.split_amount, pots.c.currency).where(pots.c.deal_id == deal_id)
    row = (await connection.execute(query)).one_or_none()
    if row is None:
        return None
    shared = None if row.split_amount is None else Money(row.split_amount, row.currency)
    return PotWon(Money(row.amount, row.currency), shared)


async def split_due_pots(
    connection: AsyncConnection, standing_units: StandingUnits, now: datetime
) -> list[News]:
    """Split each pot whose time has come, among those whose orders stand; whoever else asks waits for the turn.

    A pot waits for the last judgement of its helpers, where that is due.
    """
    await take_turns(connection, REWARDS)
    unjudged = exists().where(rewards.c.deal_id == pots.c.deal_id, rewards.c.due_at <= now)
    ripe = select(pots).where(pots.c.due_at <= now, ~unjudged)
    due = (await connection.execute(ripe.with_for_update())).all()
    news: list[News] = []
    for pot in due:
        try:
            async with connection.begin_nested():
                stands, quantity = await standing_units(connection, pot.deal_id)
                part = Money(part_that_stands(pot.amount, stands, quantity), pot.currency)
                given = await _split(connection, pot.deal_id, part, now)
            news += given
        except Exception:  # one that something is wrong with must not hold up the others
            log.exception("a pot can not be split yet", deal_id=pot.deal_id)
            await _change(connection, pot.deal_id, due_at=now + PUT_OFF)
    return news


async def _change(connection: AsyncConnection, deal_id: int, **values: object) -> None:
    await connection.execute(update(pots).where(pots.c.deal_id == deal_id).values(**values))


async def _split(connection: AsyncConnection, deal_id: int, part: Money, now: datetime) -> list[News]:
    news = []
    units = await _units_that_stand(connection, deal_id)
    shares = split_pot(part.amount, units)
    for helper_id, amount in shares.items():
        share = Money(amount, part.currency)
        code = None
        if amount > 0:
            code = await issue(
                connection, f"pot {deal_id} {helper_id}", helper_id, share, WHY, now, state="ready"
            )
            news.append(News(helper_id, code, share, "ready"))
        row = {"deal_id": deal_id, "helper_id": helper_id, "units": units[helper_id], "amount": amount}
        await connection.execute(insert(pot_shares).values(**row, coupon=code))
    await _change(connection, deal_id, due_at=None, split_amount=sum(shares.values()))
    return news


async def _units_that_stand(connection: AsyncConnection, deal_id: int) -> dict[int, int]:
    stands = (
        rewards.c.deal_id == deal_id,
        rewards.c.verdict == "earns",
        rewards.c.order_state == "paid",
    )
    query = select(rewards.c.helper_id, func.sum(rewards.c.units).label("units")).where(*stands)
    rows = await connection.execute(query.group_by(rewards.c.helper_id))
    return {row.helper_id: int(row.units) for row in rows}
