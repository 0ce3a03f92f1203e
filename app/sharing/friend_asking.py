"""Inviting and recommending as a request asks for it, from a page or from a program."""

from starlette.requests import Request
from starlette.responses import Response

from app.identity import (
    INVITE,
    INVITED,
    SignedIn,
    allow,
    clean_email,
    identity_of,
    person_asking,
    site_address,
)
from app.notices import Addressee, FriendInvitation, post
from app.platform.errors import Invalid, SlowDown
from app.sharing.browser import sharing_of
from app.sharing.friend_invitations import Invitation, Invited, invitations_to, invite, note_mail
from app.sharing.friend_recommendations import Recommendation, recommend
from app.sharing.friend_refusals import digest_of, is_refused
from app.sharing.friend_rules import name_for_a_stranger
from app.sharing.routes import make_for
from app.sharing.self_dealing import mailbox

BY_LINK, OUT = "friend-invitation", "friends-out"  # what addresses are signed for
JOIN_PATH, OUT_PATH = "/friends/join", "/friends/out"
MOST_SHOWN = 50  # invitations to one person


async def invite_friend(request: Request, asking: SignedIn, email: str | None) -> tuple[Invitation, bool]:
    """Invite an address (a clean one), which is mailed, or whoever will have the link; and whether that is new.

    The same answer after the same work, whether anybody has the address, wants no such mail, or got too many lately.
    Raises Invalid for one's own address, SlowDown, TooManyInvitations and SignInRequired.
    """
    person = await person_asking(request, asking)
    await allow(request, INVITE, str(person.id))
    sharing = sharing_of(request)
    if email is None:
        async with sharing.engine.begin() as connection:
            return await invite(connection, person.id, None, sharing.clock.now())
    if email == person.email:
        raise _wrong("This is your own address.")
    digest, enough, now = (
        digest_of(sharing.signer, email),
        await _has_enough(request, email),
        sharing.clock.now(),
    )
    async with sharing.engine.begin() as connection:
        invitation, is_new = await invite(connection, person.id, email, now)
        refused = await is_refused(connection, digest)
        if is_new:
            out = f"{site_address(request)}{OUT_PATH}/{sharing.signer.sign(OUT, digest)}"
            letter = FriendInvitation(
                name_for_a_stranger(person.name), link_of_invitation(request, invitation.id), out
            )
            void = refused or enough or invitation.is_declined
            mail = await post(connection, letter, Addressee(email), now, void=void)
            await note_mail(connection, invitation.id, mail)
    return invitation, is_new


async def invitations_for(request: Request, asking: SignedIn) -> list[Invited]:
    """Those to the address of whoever asks; none where they have said that they want none."""
    person, sharing = await person_asking(request, asking), sharing_of(request)
    async with sharing.engine.connect() as connection:
        if await is_refused(connection, digest_of(sharing.signer, person.email)):
            return []
        return await invitations_to(connection, person.id, sharing.clock.now(), most=MOST_SHOWN)


def link_of_invitation(request: Request, invitation_id: str) -> str:
    """The address by which an invitation can be accepted. Nobody can make one up; it is kept nowhere."""
    signed = sharing_of(request).signer.sign(BY_LINK, invitation_id)
    return f"{site_address(request)}{JOIN_PATH}/{signed}"


def invitation_in(request: Request, signed: str) -> str | None:
    """The invitation that such an address is about; None where it is not one of ours."""
    return sharing_of(request).signer.verify(BY_LINK, signed)


def mailbox_in(request: Request, signed: str) -> str | None:
    """The digest of the mailbox that an address in a mail is about; None where it is not one of ours."""
    return sharing_of(request).signer.verify(OUT, signed)


async def recommend_live(
    request: Request, response: Response, asking: SignedIn, deal_id: int | None, advice: str
) -> Recommendation:
    """Have one's friends see the live deal (None: whichever it is), by one's own link. `advice` is clean.

    A cookie that goes with the link is set on `response`. Raises NotOnStage, SlowDown and Unavailable.
    """
    link, _ = await make_for(request, response, deal_id)
    sharing = sharing_of(request)
    said = Recommendation(link.deal_id, link.code, advice, sharing.clock.now())
    async with sharing.engine.begin() as connection:
        await recommend(connection, asking.shopper_id, said.deal_id, said.link, said.advice, said.at)
    return said


def url_of_link(request: Request, code: str) -> str:
    """Where the link that a recommendation is made by leads."""
    return f"{site_address(request)}/h/{code}"


def clean_address(typed: str) -> str:
    """`typed` as addresses are kept. Raises Invalid."""
    try:
        return clean_email(typed)
    except ValueError:
        raise _wrong("This is not an e-mail address.") from None


async def _has_enough(request: Request, email: str) -> bool:
    """Whether this mailbox got as many invitations today as anybody should. Whoever asks is not told."""
    try:
        await identity_of(request).limits.count(INVITED, account=mailbox(email), address=None)
    except SlowDown:
        return True
    return False


def _wrong(words: str) -> Invalid:
    return Invalid(words, errors=[{"field": "email", "message": words}])
