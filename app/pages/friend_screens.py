"""One's own friends list, and what its forms send."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from app.identity import Asking, SignedIn, person_asking
from app.inventory import live_snapshot
from app.pages import friend_views as views
from app.pages.account_route import AccountRoute
from app.pages.friend_card import heard_of
from app.pages.rendering import page
from app.platform.errors import Invalid, NotFound, Problem, SlowDown
from app.platform.settings import settings_of
from app.sharing import NotOnStage, sharing_of
from app.sharing.friends import (
    ADVICE_LENGTH,
    AdviceTooLong,
    FriendsListFull,
    InvitationOver,
    TooManyInvitations,
    accept,
    allow_again,
    clean_address,
    clean_advice,
    digest_of,
    friends_of,
    invitations_for,
    invitations_of,
    invite_friend,
    is_refused,
    link_of_invitation,
    mute_friend,
    own_recommendation,
    recommend_live,
    refuse,
    stop_recommending,
    take_off,
)

router = APIRouter(include_in_schema=False, route_class=AccountRoute)

Text = Annotated[str, Form()]
HERE = "/friends"
MOST_HEARD = 20
DONE = {
    "invited": "It is on its way, unless that mailbox wants none. We do not look whether they are with us.",
    "link": "Pass the link on to one person: it works once.",
    "friends": "Now you are on each other's lists.",
    "off": "Taken off. Nobody is told.",
    "muted": "You do not hear what they recommend any more. They are not told.",
    "heard": "You hear them again.",
    "said": "Your friends see it now, by your link.",
    "unsaid": "Your friends do not see it any more.",
    "letters": "We keep to that.",
}


@router.get("/friends")
async def friends_page(request: Request, asking: Asking, done: str = "") -> Response:
    """The list."""
    return await _show(request, asking, message=DONE.get(done, ""))


@router.post("/friends")
async def invite(request: Request, asking: Asking, email: Text = "") -> Response:
    """Invite an address."""
    try:
        await invite_friend(request, asking, clean_address(email[:600]))
    except (Invalid, SlowDown, TooManyInvitations) as refusal:
        return await _refused(request, asking, refusal, "email", email[:300])
    return _done("invited")


@router.post("/friends/link")
async def make_link(request: Request, asking: Asking) -> Response:
    """Make a link for somebody whose address one need not know."""
    try:
        await invite_friend(request, asking, None)
    except (SlowDown, TooManyInvitations) as refusal:
        return await _refused(request, asking, refusal, "email")
    return _done("link")


@router.post("/friends/letters")
async def choose_letters(request: Request, asking: Asking, closed: Text = "") -> Response:
    """Whether invitations to one's own address go anywhere."""
    person, sharing = await person_asking(request, asking), sharing_of(request)
    digest = digest_of(sharing.signer, person.email)
    async with sharing.engine.begin() as connection:
        if closed == "yes":
            await refuse(connection, digest, sharing.clock.now())
        else:
            await allow_again(connection, digest)
    return _done("letters")


@router.post("/friends/recommendation")
async def recommend(request: Request, asking: Asking, advice: Text = "") -> Response:
    """Tell one's friends of the live deal."""
    response = _done("said")
    try:
        await recommend_live(request, response, asking, None, clean_advice(advice[:2000]))
    except AdviceTooLong as wrong:
        return await _show(request, asking, errors={"advice": str(wrong)}, typed=advice[:2000])
    except (NotOnStage, SlowDown) as refusal:
        return await _refused(request, asking, refusal, "advice", advice[:2000])
    return response


@router.post("/friends/recommendation/removal")
async def stop(request: Request, asking: Asking, deal_id: Text = "") -> Response:
    """Take it back."""
    if deal_id.isascii() and deal_id.isdigit() and len(deal_id) <= 18:
        async with sharing_of(request).engine.begin() as connection:
            await stop_recommending(connection, asking.shopper_id, int(deal_id))
    return _done("unsaid")


@router.post("/friends/{entry_id}/acceptance")
async def accept_one(request: Request, asking: Asking, entry_id: str) -> Response:
    """Say yes to somebody who has invited the address of one's account."""
    sharing = sharing_of(request)
    try:
        async with sharing.engine.begin() as connection:
            await accept(connection, entry_id, asking.shopper_id, sharing.clock.now(), by_link=False)
    except (InvitationOver, FriendsListFull) as refusal:
        return await _refused(request, asking, refusal, "list")
    return _done("friends")


@router.post("/friends/{entry_id}/removal")
async def remove(request: Request, asking: Asking, entry_id: str) -> Response:
    """Take off a friend or an invitation, or say no to one."""
    sharing = sharing_of(request)
    async with sharing.engine.begin() as connection:
        await take_off(connection, entry_id, asking.shopper_id, sharing.clock.now())
    return _done("off")


@router.post("/friends/{entry_id}/mute")
async def mute(request: Request, asking: Asking, entry_id: str, muted: Text = "") -> Response:
    """Hear a friend's recommendations no more, or again."""
    async with sharing_of(request).engine.begin() as connection:
        known = "\0" not in entry_id and await mute_friend(
            connection, entry_id, asking.shopper_id, muted == "yes"
        )
    if not known:
        raise NotFound("Nobody like that is on your list.")
    return _done("muted" if muted == "yes" else "heard")


async def _refused(
    request: Request, asking: SignedIn, refusal: Problem, field: str, typed: str = ""
) -> Response:
    words = refusal.detail or refusal.explanation()
    response = await _show(request, asking, errors={field: words}, typed=typed)
    response.status_code = refusal.status
    response.headers.update(refusal.headers())
    return response


async def _show(
    request: Request,
    asking: SignedIn,
    *,
    message: str = "",
    errors: dict[str, str] | None = None,
    typed: str = "",
) -> Response:
    view = await _view(request, asking)
    status = 422 if errors else 200
    shown = {"message": message, "errors": errors or {}, "typed": typed, "longest": ADVICE_LENGTH}
    return await page(request, "friends.html", status=status, view=view, **shown)


async def _view(request: Request, asking: SignedIn) -> views.FriendsView:
    settings = settings_of(request)
    person, sharing = await person_asking(request, asking), sharing_of(request)
    deal, zone = live_snapshot(request)["deal"], settings.zone
    to_me = await invitations_for(request, asking)
    async with sharing.engine.connect() as connection:
        closed = await is_refused(connection, digest_of(sharing.signer, person.email))
        listed = await friends_of(connection, person.id)
        mine = await invitations_of(connection, person.id, sharing.clock.now())
        said = await own_recommendation(connection, person.id, deal["id"]) if deal else None
    return views.FriendsView(
        inviters=views.inviters(((one.id, one.inviter, one.expires_at) for one in to_me), zone),
        friends=views.friends(((one.id, one.name, one.since, one.muted) for one in listed), zone),
        waiting=views.waiting(
            ((one.id, one.email, link_of_invitation(request, one.id), one.expires_at) for one in mine), zone
        ),
        heard=await heard_of(request, asking, deal and deal["id"], most=MOST_HEARD),
        stage=views.StageView(deal["id"], deal["title"], said.advice if said else None) if deal else None,
        closed=closed,
    )


def _done(what: str) -> RedirectResponse:
    return RedirectResponse(f"{HERE}?done={what}", 303)
