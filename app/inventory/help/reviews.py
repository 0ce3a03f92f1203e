"""Rewards that wait for somebody of the staff: what is known of them, and deciding, once where two people do."""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncConnection

from app.identity import names_of
from app.inventory.changes import Who
from app.inventory.orders.finding import one_order
from app.inventory.orders.trail import changes_of_order, note_orders
from app.platform.errors import Problem
from app.sales import Order
from app.sales.desk import orders_by_id
from app.sharing.desk import (
    HeldReward,
    HelperSoFar,
    count_held,
    decide_held,
    held_rewards,
    helpers_so_far,
    is_in_it,
)

REVIEW = "review"


class RewardDecided(Problem):
    """This reward does not wait any more: somebody else has decided about it since you looked, or its order was
    cancelled or refunded. Nothing was changed."""

    status = 409
    title = "The reward does not wait any more"


class OwnReward(Problem):
    """You are helper or buyer here. Somebody else of the staff has to decide about it. Nothing was changed."""

    status = 403
    title = "This reward is about yourself"


class Review(Struct, frozen=True):
    """A reward that waits, its order, the helper's name ("" where the account is gone) and what they brought before."""

    held: HeldReward
    order: Order
    helper: str
    so_far: HelperSoFar


class ReviewPage(Struct, frozen=True):
    """Some reviews, the oldest first, and the order to ask for more after (None at the end)."""

    items: Sequence[Review]
    next: str | None


async def read_reviews(connection: AsyncConnection, *, after: str | None = None, limit: int) -> ReviewPage:
    """A page of those that wait."""
    held = await held_rewards(connection, most=limit + 1, after=after)
    page = held[:limit]
    helpers = {one.helper_id for one in page}
    names, so_far = await names_of(connection, helpers), await helpers_so_far(connection, helpers)
    orders = await orders_by_id(connection, [one.order_id for one in page])
    reviews = [
        Review(one, orders[one.order_id].order, names.get(one.helper_id, ""), so_far[one.helper_id])
        for one in page
        if one.order_id in orders
    ]
    return ReviewPage(reviews, page[-1].order_id if len(held) > limit else None)


async def count_reviews(connection: AsyncConnection) -> int:
    """How many wait."""
    return await count_held(connection)


async def decide_review(
    connection: AsyncConnection, order_id: str, *, earns: bool, note: str, who: Who, now: datetime
) -> Order:
    """Somebody of the staff has looked: the reward is earned or not, and `note` says why. The trail keeps it.

    Answers its order. Raises NotFound, OwnReward where they are helper or buyer, and RewardDecided where it does not
    wait any more.
    """
    assert who.person_id is not None, "rewards are decided by people at the desk"
    order = (await one_order(connection, order_id)).found.order
    if await is_in_it(connection, order_id, who.person_id):
        raise OwnReward
    if not await decide_held(connection, order_id, earns=earns, by=who.person_id, now=now):
        raise await _does_not_wait(connection, order)
    said = {"earns": earns} | ({"why": note} if note else {})
    await note_orders(connection, REVIEW, [order], said, who=who, now=now)
    return order


async def _does_not_wait(connection: AsyncConnection, order: Order) -> Problem:
    for change in await changes_of_order(connection, order):
        if change.action == REVIEW:
            how = "is earned" if change.after.get("earns") else "earns nothing"
            return RewardDecided(f"{change.person_name} has decided that it {how}.")
    return RewardDecided(f"No reward for order {order.number} waits.")
