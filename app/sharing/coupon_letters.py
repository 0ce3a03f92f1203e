"""One letter to whoever has a coupon that can be used: once for each coupon, and once a day at most for each person.

A coupon is marked in the transaction that puts its letter into the outbox. Every process looks, and they take turns.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, exists, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from app.identity import addressees_of
from app.notices import CouponReady, post
from app.payments import Money
from app.platform.clock import Clock
from app.platform.ending import end_tasks
from app.platform.lease import take_turns
from app.platform.logging import get_logger
from app.platform.rounds import go_rounds
from app.sharing.tables import coupons

log = get_logger(__name__)

EVERY_SECONDS = 60.0
AT_ONCE = 50  # people
BREATH_SECONDS = 0.1  # between two rounds, where there are more
NOT_BEFORE = timedelta(days=1)  # after the last one: whose link sells a lot is told of all of it together


class CouponLetters:
    """Runs in every process that serves the shop. `page` is the address, whole, at which one's coupons are shown."""

    def __init__(self, engine: AsyncEngine, clock: Clock, page: str) -> None:
        self._engine, self._clock, self._page = engine, clock, page
        self._task: asyncio.Task[None] | None = None

    async def start(self, every: float = EVERY_SECONDS) -> None:
        """Begin."""
        work = go_rounds(self._tell_all, lambda: asyncio.sleep(every), log, "letters about coupons must wait")
        self._task = asyncio.create_task(work, name="coupon letters")

    async def stop(self) -> None:
        """Leave off; whoever runs next goes on."""
        if self._task is not None:
            await end_tasks([self._task])

    async def _tell_all(self) -> None:
        told = AT_ONCE
        while told == AT_ONCE:
            told = await self.round()
            await asyncio.sleep(BREATH_SECONDS)

    async def round(self) -> int:
        """Write to at most fifty people who have yet to be told, and answer to how many."""
        now = self._clock.now()
        async with self._engine.begin() as connection:
            await take_turns(connection, "coupon letters")
            told = await _mark(connection, await _people(connection, now), now)
            known = await addressees_of(connection, told)
            for shopper_id, theirs in told.items():
                if shopper_id in known:  # else they have deleted their account
                    letter = CouponReady(len(theirs), _sum(theirs), self._page)
                    await post(connection, letter, known[shopper_id], now)
        return len(told)


def _untold(now: datetime) -> tuple[Any, ...]:
    return coupons.c.state == "ready", coupons.c.told_at.is_(None), coupons.c.expires_at > now


async def _people(connection: AsyncConnection, now: datetime) -> Sequence[int]:
    before = coupons.alias()
    lately = exists().where(
        before.c.shopper_id == coupons.c.shopper_id,
        before.c.told_at > now - NOT_BEFORE,
    )
    query = select(coupons.c.shopper_id).distinct().where(*_untold(now), ~lately).limit(AT_ONCE)
    return (await connection.scalars(query)).all()


async def _mark(
    connection: AsyncConnection, people: Sequence[int], now: datetime
) -> dict[int, list[Row[Any]]]:
    """What each of them is told of; but a coupon that is being used at this moment, since no sale waits for us."""
    theirs = select(coupons.c.code).where(coupons.c.shopper_id.in_(people), *_untold(now))
    codes = (await connection.scalars(theirs.with_for_update(skip_locked=True))).all()
    done = update(coupons).where(coupons.c.code.in_(codes)).values(told_at=now)
    told: dict[int, list[Row[Any]]] = {}
    for row in await connection.execute(
        done.returning(coupons.c.shopper_id, coupons.c.amount, coupons.c.currency)
    ):
        told.setdefault(row.shopper_id, []).append(row)
    return told


def _sum(theirs: Sequence[Row[Any]]) -> str:
    sums: dict[str, int] = {}
    for row in theirs:
        sums[row.currency] = sums.get(row.currency, 0) + row.amount
    return " + ".join(str(Money(amount, currency)) for currency, amount in sorted(sums.items()))
