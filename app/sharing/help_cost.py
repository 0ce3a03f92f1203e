"""What help costs by deal: its coupons and its pot, as they stand."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    FromClause,
    Select,
    and_,
    any_,
    case,
    func,
    literal,
    or_,
    select,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from app.sharing.reward_tables import pot_shares, pots, rewards
from app.sharing.tables import coupons


class Given(Struct, frozen=True):
    """Coupons by their state, in minor units: what they are worth, also where the goods they went for cost less. One
    that has expired is void."""

    pending: int = 0
    ready: int = 0
    used: int = 0
    void: int = 0

    @property
    def cost(self) -> int:
        """What they cost, or may still cost."""
        return self.pending + self.ready + self.used


class HelpCost(Struct, frozen=True):
    """The coupons that help with a deal brought, and those of its pot: `pot` is pending as a whole until it is split,
    and what was split of it from then on. `held` and `refused` count rewards that wait for the staff, and that were
    not earned."""

    rewards: Given = Given()
    pot: Given = Given()
    held: int = 0
    refused: int = 0


async def read_help_costs(
    connection: AsyncConnection, now: datetime, deal_ids: Collection[int] | None = None
) -> dict[int, HelpCost]:
    """What help with each of these deals cost (None: with any); a deal that nobody helped is not there."""
    found: dict[int, HelpCost] = {}
    for row in await connection.execute(_among(_rewards(now), rewards.c.deal_id, deal_ids)):
        found[row.deal_id] = HelpCost(_given(row), held=row.held, refused=row.refused)
    for row in await connection.execute(_among(_pots(now), pots.c.deal_id, deal_ids)):
        cost = found.get(row.deal_id, HelpCost())
        found[row.deal_id] = replace(cost, pot=Given(row.unsplit) if row.unsplit else _given(row))
    return found


def _rewards(now: datetime) -> Select[Any]:
    stands = rewards.c.order_state != "over"
    return (
        select(
            rewards.c.deal_id,
            *_sums(now),
            func.count().filter(rewards.c.verdict == "held", stands).label("held"),
            func.count().filter(rewards.c.verdict == "refused").label("refused"),
        )
        .select_from(_with_coupons(rewards, rewards.c.coupon))
        .group_by(rewards.c.deal_id)
    )


def _pots(now: datetime) -> Select[Any]:
    unsplit = case((pots.c.due_at.is_not(None), pots.c.amount), else_=0)
    shared = pots.outerjoin(pot_shares, pot_shares.c.deal_id == pots.c.deal_id)
    return (
        select(pots.c.deal_id, *_sums(now), unsplit.label("unsplit"))
        .select_from(_with_coupons(shared, pot_shares.c.coupon))
        .group_by(pots.c.deal_id)
    )


def _with_coupons(these: FromClause, coupon: ColumnElement[str]) -> FromClause:
    return these.outerjoin(coupons, coupons.c.code == coupon)


def _sums(now: datetime) -> list[ColumnElement[int]]:
    state, is_over = coupons.c.state, coupons.c.expires_at <= now
    of = {
        "pending": and_(state == "pending", ~is_over),
        "ready": and_(state == "ready", ~is_over),
        "used": state == "used",
        "void": or_(state == "void", and_(state.in_(("pending", "ready")), is_over)),
    }
    return [
        func.coalesce(func.sum(coupons.c.amount).filter(where), 0).label(name) for name, where in of.items()
    ]


def _among(query: Select[Any], column: ColumnElement[int], ids: Collection[int] | None) -> Select[Any]:
    """One parameter, however many they are."""
    return query if ids is None else query.where(column == any_(literal(list(ids), ARRAY(BigInteger))))


def _given(row: Any) -> Given:
    return Given(int(row.pending), int(row.ready), int(row.used), int(row.void))
