"""What two people pay who are on each other's friends lists: asked where the price hangs on it, and nowhere else."""

from msgspec import structs
from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncEngine

from app.sales.order import Terms, Wish, is_brought
from app.sharing import are_friends


def friendship_counts(terms: Terms, wish: Wish) -> bool:
    """Whether the price hangs on whether helper and buyer are friends. For nearly everybody it does not."""
    return terms.friends_discount > terms.friend_discount and is_brought(wish)


async def among_friends(engine: AsyncEngine, wish: Wish) -> Wish:
    """The wish with what holds of helper and buyer at this moment; its order says so, whatever becomes of them."""
    assert wish.referral is not None, "somebody has brought it"
    async with engine.connect() as connection:
        as_friend = await are_friends(connection, wish.referral.helper_id, wish.shopper_id)
    return structs.replace(wish, referral=replace(wish.referral, as_friend=as_friend))
