"""Somebody's friends list in the file that they take along: what they see themselves, and no more of others."""

from typing import Any

from fastapi import Request

from app.identity import SignedIn
from app.platform.clock import rfc3339
from app.sharing import sharing_of
from app.sharing.friends import friends_of, invitations_for, invitations_of, recommendations_of


async def friends_and_what_was_said(request: Request, asking: SignedIn) -> dict[str, Any]:
    """Friends by name, invitations both ways, and one's own recommendations."""
    sharing, to_me = sharing_of(request), await invitations_for(request, asking)
    async with sharing.engine.connect() as connection:
        friends = await friends_of(connection, asking.shopper_id)
        mine = await invitations_of(connection, asking.shopper_id, sharing.clock.now())
        said = await recommendations_of(connection, asking.shopper_id)
    return {
        "friends": [{"name": one.name, "since": rfc3339(one.since), "muted": one.muted} for one in friends],
        "invited": [{"email": one.email, "made_at": rfc3339(one.made_at)} for one in mine],
        "invited_by": [{"name": one.inviter, "made_at": rfc3339(one.made_at)} for one in to_me],
        "recommended": [
            {"deal_id": one.deal_id, "advice": one.advice, "at": rfc3339(one.at)} for one in said
        ],
    }
