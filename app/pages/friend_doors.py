"""Where links about friends lists lead: one that says yes or no to an invitation, and one that ends such mails.

Nothing happens before a button is pressed: programs open every link in a mail.
"""

from fastapi import APIRouter, Request
from starlette.responses import RedirectResponse, Response

from app.identity import LINK, MaybeAsking, allow
from app.pages.onward import sign_in_first
from app.pages.rendering import page
from app.platform.errors import NotFound
from app.sharing import sharing_of
from app.sharing.friends import (
    InvitationOver,
    Invited,
    accept,
    decline,
    invitation_in,
    mailbox_in,
    open_invitation,
    refuse,
)

router = APIRouter(include_in_schema=False)


@router.get("/friends/join/{signed}")
async def before_joining(request: Request, signed: str, asking: MaybeAsking) -> Response:
    """Who invites, what it means, and two buttons."""
    await allow(request, LINK)
    invited = await _open(request, signed)
    own = asking is not None and asking.shopper_id == invited.inviter_id
    response = await page(
        request,
        "friend_invitation.html",
        name=invited.inviter,
        path=f"/friends/join/{signed}",
        own=own,
        signed_in=asking is not None,
    )
    response.headers["X-Robots-Tag"] = "noindex"
    return response


@router.post("/friends/join/{signed}")
async def join(request: Request, signed: str, asking: MaybeAsking) -> Response:
    """Yes."""
    if asking is None:
        return sign_in_first(f"/friends/join/{signed}")
    sharing = sharing_of(request)
    async with sharing.engine.begin() as connection:
        invitation_id = invitation_in(request, signed) or ""
        await accept(connection, invitation_id, asking.shopper_id, sharing.clock.now(), by_link=True)
    return RedirectResponse("/friends?done=friends", 303)


@router.post("/friends/join/{signed}/removal")
async def say_no(request: Request, signed: str) -> Response:
    """No. Whoever has invited is not told."""
    await allow(request, LINK)
    sharing = sharing_of(request)
    async with sharing.engine.begin() as connection:
        await decline(connection, invitation_in(request, signed) or "", sharing.clock.now())
    words = "The invitation does not hold any more. Nobody is told."
    return await page(request, "told.html", heading="That is settled", words=words)


@router.get("/friends/out/{signed}")
async def before_ending(request: Request, signed: str) -> Response:
    """A page with a button, the same for every mailbox."""
    _mailbox(request, signed)
    return await page(
        request,
        "link.html",
        heading="No more invitations?",
        words="One click, and no invitation to a friends list is mailed to this address any more, whoever asks for it.",
        button="Send me none",
        action=f"/friends/out/{signed}",
    )


@router.post("/friends/out/{signed}")
async def end(request: Request, signed: str) -> Response:
    """The one click of RFC 8058, which allows no redirect, nor asks for anything; the page's button sends the same."""
    sharing = sharing_of(request)
    async with sharing.engine.begin() as connection:
        await refuse(connection, _mailbox(request, signed), sharing.clock.now())
    words = "That was the last one. Should you miss them, let them through again on the friends page of your account."
    return await page(request, "told.html", heading="No more invitations", words=words)


def _mailbox(request: Request, signed: str) -> str:
    digest = mailbox_in(request, signed)
    if digest is None:
        raise NotFound("This is not a link of ours. Is it whole?")
    return digest


async def _open(request: Request, signed: str) -> Invited:
    """Raises InvitationOver."""
    invitation_id, sharing = invitation_in(request, signed), sharing_of(request)
    if invitation_id is None:
        raise InvitationOver
    async with sharing.engine.connect() as connection:
        found = await open_invitation(connection, invitation_id, sharing.clock.now())
    if found is None:
        raise InvitationOver
    return found
