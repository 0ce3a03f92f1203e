"""Friends & family over HTTP."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request
from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse, Response

from app.identity import Asking, LimitedRoute, SignInRequired, clean_email
from app.platform.clock import rfc3339
from app.platform.errors import Invalid, NotFound, SlowDown
from app.platform.openapi import problems
from app.sharing.browser import sharing_of
from app.sharing.friend_acceptance import FriendsListFull, accept
from app.sharing.friend_asking import invitations_for, invite_friend, link_of_invitation
from app.sharing.friend_invitations import (
    Invitation,
    InvitationOver,
    Invited,
    TooManyInvitations,
    invitations_of,
    take_off,
)
from app.sharing.friend_list import Friend, friends_of, mute_friend

router = APIRouter(tags=["sharing"], route_class=LimitedRoute)

OWN = {"Cache-Control": "no-store"}


class NewFriend(BaseModel):
    """Whom to invite: an address, which is mailed; without one, whoever will have the link in the answer."""

    model_config = ConfigDict(
        extra="forbid",
        hide_input_in_errors=True,
        json_schema_extra={"examples": [{"email": "bob@example.com"}]},
    )

    email: Annotated[str, AfterValidator(clean_email)] | None = None


class FriendDocument(BaseModel):
    """An entry on one's friends list.

    A `friend` has a name, and so has who `invites-you`. One that is `invited` has the address that one typed, or a
    `url` to pass on, which works once. `muted`: one does not hear what that friend recommends.
    """

    model_config = ConfigDict(title="Friend")

    id: str = Field(examples=["yG0vY2k9s1bX3QwZ"])
    state: Literal["friend", "invited", "invites-you"]
    name: str | None = Field(examples=["Bob"])
    email: str | None = Field(examples=[None])
    url: str | None = Field(examples=[None])
    since: str = Field(examples=["2026-11-22T18:00:00.000Z"])
    expires_at: str | None = Field(examples=[None])
    muted: bool


class FriendList(BaseModel):
    """Everybody on it: there are never many. Who invites one comes first, then friends, then who is invited."""

    items: list[FriendDocument]
    next: None = None


INVITED: dict[int | str, dict[str, Any]] = {
    200: {"description": "The invitation that was there", "model": FriendDocument},
    201: {"description": "A new invitation", "model": FriendDocument},
}


@router.get(
    "/friends", operation_id="list_friends", response_model=FriendList, responses=problems(SignInRequired)
)
async def list_friends(request: Request, asking: Asking) -> Response:
    """One's own friends list."""
    sharing = sharing_of(request)
    to_me = await invitations_for(request, asking)
    async with sharing.engine.connect() as connection:
        friends = await friends_of(connection, asking.shopper_id)
        mine = await invitations_of(connection, asking.shopper_id, sharing.clock.now())
    items = [
        *(_invites_you(one) for one in to_me),
        *(_friend(one) for one in friends),
        *(_invited(request, one) for one in mine),
    ]
    return JSONResponse({"items": items, "next": None}, headers=OWN)


@router.post(
    "/friends",
    operation_id="invite_friend",
    status_code=201,
    response_model=FriendDocument,
    responses=INVITED | problems(SignInRequired, TooManyInvitations, Invalid, SlowDown),
)
async def invite(wish: NewFriend, request: Request, asking: Asking) -> Response:
    """Invite somebody. The answer says nothing of whether the address is anybody's here: we do not look."""
    invitation, is_new = await invite_friend(request, asking, wish.email)
    return JSONResponse(_invited(request, invitation), 201 if is_new else 200, headers=OWN)


@router.post(
    "/friends/{id}/acceptance",
    operation_id="accept_friend",
    response_model=FriendDocument,
    responses=problems(SignInRequired, NotFound, FriendsListFull),
)
async def accept_friend(id: str, request: Request, asking: Asking) -> Response:  # noqa: A002 - as the contract has it
    """Accept an invitation to the address of one's account. From then on each is on the other's list."""
    sharing = sharing_of(request)
    try:
        async with sharing.engine.begin() as connection:
            friend = await accept(connection, id, asking.shopper_id, sharing.clock.now(), by_link=False)
    except InvitationOver:
        raise NotFound("There is no such invitation to you.") from None
    return JSONResponse(_friend(friend), headers=OWN)


@router.delete(
    "/friends/{id}",
    status_code=204,
    operation_id="remove_friend",
    responses=problems(SignInRequired, NotFound),
)
async def remove_friend(id: str, request: Request, asking: Asking) -> None:  # noqa: A002
    """Take an entry off: a friend, which takes oneself off theirs; an invitation, which is taken back or declined.

    Nobody is told.
    """
    sharing = sharing_of(request)
    async with sharing.engine.begin() as connection:
        if not await take_off(connection, id, asking.shopper_id, sharing.clock.now()):
            raise NotFound(NOBODY)


@router.put(
    "/friends/{id}/mute",
    status_code=204,
    operation_id="mute_friend",
    responses=problems(SignInRequired, NotFound),
)
async def mute(id: str, request: Request, asking: Asking) -> None:  # noqa: A002
    """Hear no more of what a friend recommends. They are not told."""
    await _mute(request, id, asking.shopper_id, muted=True)


@router.delete(
    "/friends/{id}/mute",
    status_code=204,
    operation_id="unmute_friend",
    responses=problems(SignInRequired, NotFound),
)
async def unmute(id: str, request: Request, asking: Asking) -> None:  # noqa: A002
    """Hear it again."""
    await _mute(request, id, asking.shopper_id, muted=False)


NOBODY = "Nobody like that is on your list."


async def _mute(request: Request, friendship_id: str, shopper_id: int, *, muted: bool) -> None:
    async with sharing_of(request).engine.begin() as connection:
        if "\0" in friendship_id or not await mute_friend(connection, friendship_id, shopper_id, muted):
            raise NotFound(NOBODY)


def _friend(friend: Friend) -> dict[str, Any]:
    return _entry(friend.id, "friend", friend.since) | {"name": friend.name, "muted": friend.muted}


def _invites_you(one: Invited) -> dict[str, Any]:
    return _entry(one.id, "invites-you", one.made_at) | {
        "name": one.inviter,
        "expires_at": rfc3339(one.expires_at),
    }


def _invited(request: Request, one: Invitation) -> dict[str, Any]:
    url = None if one.email else link_of_invitation(request, one.id)
    return _entry(one.id, "invited", one.made_at) | {
        "email": one.email,
        "url": url,
        "expires_at": rfc3339(one.expires_at),
    }


def _entry(entry_id: str, state: str, since: Any) -> dict[str, Any]:
    empty: dict[str, Any] = {"name": None, "email": None, "url": None, "expires_at": None, "muted": False}
    return {"id": entry_id, "state": state, "since": rfc3339(since)} | empty
