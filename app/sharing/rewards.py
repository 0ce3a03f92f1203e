"""What help brought: the reward for each order that was helped, judged, granted within its caps, and taken back.

All that is written here is written by whoever has the turn called REWARDS: caps are sums over many rows.
"""

from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct
from sqlalchemy import Row, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from app.payments import Money
from app.platform.lease import take_turns
from app.sharing.coupons import NOT_EARNED, TAKEN_BACK, issue, lock_coupon, make_ready, make_void
from app.sharing.evidence import Evidence
from app.sharing.reward_case import (
    CouponState,
    Grant,
    Judge,
    OrderState,
    RewardCase,
    Ripen,
    TakeBack,
    Verdict,
    Wait,
    grant,
    next_step,
)
from app.sharing.reward_tables import rewards
from app.sharing.self_dealing import Earns, Held, Judgement, Refused
from app.sharing.tables import attributions, coupons
from app.sharing.terms import terms_at

REWARDS = "rewards"
PUT_OFF = timedelta(minutes=5)  # where something is wrong with a reward, or a pot


class News(Struct, frozen=True):
    """A helper's coupon has changed."""

    helper_id: int
    coupon: str
    amount: Money
    state: CouponState


class Earned(Struct, frozen=True):
    """What a helper has by a deal: units that their link sold and nobody sent back, and coupons in minor units.

    `pending` can not be used yet; `earned` can, or was.
    """

    units: int
    pending: int
    earned: int


async def take_due(connection: AsyncConnection, most: int, now: datetime) -> list[str]:
    """The orders of at most so many rewards that are due, theirs locked; whoever else asks waits for the turn."""
    await take_turns(connection, REWARDS)
    due = (
        select(rewards.c.order_id)
        .where(rewards.c.due_at <= now)
        .order_by(rewards.c.due_at, rewards.c.placed_at, rewards.c.order_id)
        .limit(most)
        .with_for_update(skip_locked=True)  # somebody settles it at this moment, and is due again after that
    )
    return list((await connection.execute(due)).scalars())


async def go_on(connection: AsyncConnection, order_id: str, evidence: Evidence, now: datetime) -> list[News]:
    """Do all that can be done for a reward whose row is locked; what its helper is to be told, once it is committed."""
    news: list[News] = []
    while True:
        row = (await connection.execute(select(rewards).where(rewards.c.order_id == order_id))).one()
        case = await _case(connection, row)
        step = next_step(case, now)
        match step:
            case Wait(until):
                await _change(connection, order_id, due_at=until)
                return news
            case Judge():
                await _write(connection, order_id, await evidence.judge(connection, row), now)
            case Grant():
                news += await _grant(connection, row, now)
            case Ripen():
                news += await _ripen(connection, row, case, evidence, now)
            case TakeBack():
                news += await _take_back(connection, row)


async def put_off(connection: AsyncConnection, order_id: str, now: datetime) -> None:
    """Nothing could be done for a reward: again later."""
    await _change(connection, order_id, due_at=now + PUT_OFF)


async def earned_of(connection: AsyncConnection, shopper_id: int) -> dict[int, Earned]:
    """What a helper has by each deal that a link of theirs sold."""

    def worth(*states: str) -> Any:
        return func.coalesce(func.sum(rewards.c.amount).filter(coupons.c.state.in_(states)), 0)

    stands = rewards.c.order_state.is_distinct_from("over")

    query = (
        select(
            attributions.c.deal_id,
            func.coalesce(func.sum(attributions.c.units).filter(stands), 0).label("units"),
            worth("pending").label("pending"),
            worth("ready", "used").label("earned"),
        )
        .outerjoin(rewards, rewards.c.order_id == attributions.c.order_id)
        .outerjoin(coupons, coupons.c.code == rewards.c.coupon)
        .where(attributions.c.helper_id == shopper_id)
        .group_by(attributions.c.deal_id)
    )
    rows = await connection.execute(query)
    return {row.deal_id: Earned(int(row.units), int(row.pending), int(row.earned)) for row in rows}


async def _case(connection: AsyncConnection, row: Row[Any]) -> RewardCase:
    state: CouponState | None = None if row.coupon is None else await lock_coupon(connection, row.coupon)
    order: OrderState = row.order_state
    verdict: Verdict = row.verdict
    granted = row.granted_at is not None
    by_staff = row.judged_by is not None
    return RewardCase(order, verdict, row.paid_at, granted, state, row.judged_at, by_staff=by_staff)


async def _write(connection: AsyncConnection, order_id: str, judgement: Judgement, now: datetime) -> None:
    match judgement:
        case Earns():
            await _change(connection, order_id, judged_at=now, verdict="earns", why="")
        case Held(sign):
            await _change(connection, order_id, judged_at=now, verdict="held", why=sign)
        case Refused(signs):
            await _change(connection, order_id, judged_at=now, verdict="refused", why=",".join(signs))


async def _grant(connection: AsyncConnection, row: Row[Any], now: datetime) -> list[News]:
    terms = await terms_at(connection, row.deal_id, row.placed_at)
    of_deal = 0 if terms.cap_per_deal is None else await _given(connection, row.deal_id)
    of_helper = 0 if terms.cap_per_helper is None else await _given(connection, row.deal_id, row.helper_id)
    amount = grant(terms, row.units, of_helper=of_helper, of_deal=of_deal)
    if amount == 0:
        await _change(connection, row.order_id, granted_at=now)
        return []
    money = Money(amount, terms.currency)
    why = f"You helped to sell {row.units}."
    code = await issue(connection, f"help {row.order_id}", row.helper_id, money, why, now)
    await _change(connection, row.order_id, granted_at=now, amount=amount, coupon=code)
    return [News(row.helper_id, code, money, "pending")]


async def _given(connection: AsyncConnection, deal_id: int, helper_id: int | None = None) -> int:
    """What a deal's helpers have by it, or one of them has. Asked for under a cap alone: it reads every reward."""
    given = select(func.sum(rewards.c.amount)).where(rewards.c.deal_id == deal_id, rewards.c.amount > 0)
    if helper_id is not None:
        given = given.where(rewards.c.helper_id == helper_id)
    return int(await connection.scalar(given) or 0)


async def _ripen(
    connection: AsyncConnection, row: Row[Any], case: RewardCase, evidence: Evidence, now: datetime
) -> list[News]:
    """By now more is known of both than at the time of the order."""
    judgement = Earns() if case.by_staff else await evidence.judge(connection, row)
    if not isinstance(judgement, Earns):
        await _write(connection, row.order_id, judgement, now)
        return []
    await make_ready(connection, row.coupon, now)
    return [await _news(connection, row, "ready")]


async def _take_back(connection: AsyncConnection, row: Row[Any]) -> list[News]:
    await make_void(connection, row.coupon, TAKEN_BACK if row.order_state == "over" else NOT_EARNED)
    await _change(connection, row.order_id, amount=0)
    return [await _news(connection, row, "void")]


async def _news(connection: AsyncConnection, row: Row[Any], state: CouponState) -> News:
    query = select(coupons.c.amount, coupons.c.currency).where(coupons.c.code == row.coupon)
    worth = (await connection.execute(query)).one()
    return News(row.helper_id, row.coupon, Money(worth.amount, worth.currency), state)


async def _change(connection: AsyncConnection, order_id: str, **values: object) -> None:
    await connection.execute(update(rewards).where(rewards.c.order_id == order_id).values(**values))
