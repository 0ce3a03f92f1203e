"""What the live page says of friends: who of them recommends the deal. Nobody else's page has it."""

from fastapi import Request

from app.identity import SignedIn
from app.pages.friend_views import HeardView, heard
from app.sharing import recommended_to, sharing_of

MOST = 3  # the newest; the friends page has the rest


async def heard_of(
    request: Request, asking: SignedIn | None, deal_id: int | None, *, most: int = MOST
) -> tuple[HeardView, ...]:
    """What the friends of whoever asks say of the deal; nothing for a stranger."""
    if asking is None or deal_id is None:
        return ()
    async with sharing_of(request).engine.connect() as connection:
        found = await recommended_to(connection, asking.shopper_id, deal_id, most=most)
    return heard((one.name, one.advice, one.link) for one in found)
