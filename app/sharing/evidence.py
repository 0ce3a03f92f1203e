"""What help is judged by: all that is known of who helped, who bought, and where the order goes."""

from collections.abc import Awaitable, Callable
from typing import Any

from msgspec import Struct
from sqlalchemy import Row, and_, exists, select
from sqlalchemy.ext.asyncio import AsyncConnection

from app.identity import Address, addressees_of, addresses_of
from app.payments import Cards
from app.sharing.link_tables import share_links
from app.sharing.links import browsers_of
from app.sharing.reward_case import CIRCLE_WITHIN
from app.sharing.reward_tables import rewards
from app.sharing.self_dealing import Circumstances, Judgement, Known, judge_help
from app.sharing.tables import attributions

SentTo = Callable[[AsyncConnection, str], Awaitable[Address | None]]


class Evidence(Struct, frozen=True):
    """Where it is looked up. Without `cards` they prove nothing: the sandbox's are for tests, and everybody has the
    same. `sent_to` knows the address on an order's parcel, which may be another than the buyer's own.
    """

    cards: Cards | None = None
    sent_to: SentTo | None = None

    async def judge(self, connection: AsyncConnection, reward: Row[Any]) -> Judgement:
        """Whether the help that this row of `rewards` is for earns, by all that is known now."""
        both = (reward.helper_id, reward.shopper_id)
        addressees, homes = await addressees_of(connection, both), await addresses_of(connection, both)

        async def known(shopper_id: int) -> Known:
            addressee = addressees.get(shopper_id)
            held = set() if self.cards is None else await self.cards.fingerprints_of(connection, shopper_id)
            email = None if addressee is None else addressee.address
            return Known(shopper_id, email, frozenset(held), homes.get(shopper_id))

        helper, buyer = await known(reward.helper_id), await known(reward.shopper_id)
        return judge_help(helper, buyer, await self._circumstances(connection, reward))

    async def _circumstances(self, connection: AsyncConnection, reward: Row[Any]) -> Circumstances:
        claimed = select(share_links.c.claimed_at).where(share_links.c.code == reward.link)
        own = exists().where(attributions.c.order_id == reward.order_id, attributions.c.own_browser)
        facts = select(claimed.scalar_subquery().label("claimed"), own.label("own"), _in_return(reward))
        found = (await connection.execute(facts)).one()
        browsers = await browsers_of(connection, (reward.helper_id, reward.shopper_id))
        return Circumstances(
            reward.placed_at,
            found.claimed,
            same_browser=found.own or bool(browsers[reward.helper_id] & browsers[reward.shopper_id]),
            is_circle=found.circle,
            sent_to=None if self.sent_to is None else await self.sent_to(connection, reward.order_id),
        )


def _in_return(reward: Row[Any]) -> Any:
    back = rewards.alias()
    sold_back = and_(
        back.c.helper_id == reward.shopper_id,
        back.c.shopper_id == reward.helper_id,
        back.c.placed_at > reward.placed_at - CIRCLE_WITHIN,
        back.c.order_state != "over",
    )
    return exists().where(sold_back).label("circle")
