"""Who is asking: the cookie, and the dependencies that routes of every room lean on."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Annotated, Any, cast

from fastapi import Depends, Request, Response

from app.identity.credentials import one_spelling
from app.identity.device import device_words
from app.identity.limits import Policy, fields_of
from app.identity.opening import Identity
from app.identity.person import Person, SignInRequired
from app.identity.roles import may_run_the_desk
from app.identity.sessions import LIFETIMES, SignedIn, Ticket
from app.identity.shoppers import WrongCredentials
from app.identity.suspicion import Use
from app.identity.tables import Kind
from app.platform.address import own_address, party_of
from app.platform.errors import Problem
from app.platform.puzzles import FIELD


class SignInAgain(Problem):
    """This changes who can enter the account, so it wants a sign-in of the last 15 minutes. Sign in, and try again."""

    status = 403
    title = "Please sign in once more"


class NotAllowed(Problem):
    """You are signed in, but this is for the people who run the shop. Ask an owner to give you a role."""

    status = 403
    title = "Not allowed"


def identity_of(request: Request) -> Identity:
    """The room as main opened it."""
    return cast(Identity, request.app.state.identity)


async def maybe_signed_in(request: Request) -> SignedIn | None:
    """Dependency: who is asking, or None. Costs no look at the database."""
    identity = identity_of(request)
    return identity.sessions.identify(*shown_in(dict(request.scope["headers"]), identity.secure))


def shown_in(fields: Mapping[bytes, bytes], secure: bool) -> tuple[str | None, str | None]:
    """What header fields (as ASGI has them) show of who is asking: the cookie's value, and Authorization."""
    authorization = fields.get(b"authorization")
    return _cookie(fields, cookie_name(secure)), None if authorization is None else authorization.decode(
        "latin-1"
    )


def _cookie(fields: Mapping[bytes, bytes], name: str) -> str | None:
    wanted = name.encode()
    for pair in fields.get(b"cookie", b"").split(b";"):
        found, _, value = pair.strip().partition(b"=")
        if found == wanted:
            return value.decode("latin-1")
    return None


async def signed_in(request: Request) -> SignedIn:
    """Dependency: who is asking. Raises SignInRequired. Costs no look at the database."""
    found = await maybe_signed_in(request)
    if found is None:
        raise SignInRequired
    return found


async def freshly_signed_in(request: Request) -> SignedIn:
    """Dependency: who is asking, where they signed in within the last quarter of an hour.

    Raises SignInRequired and SignInAgain.
    """
    found = await signed_in(request)
    if not await identity_of(request).visits.is_fresh(found):
        raise SignInAgain
    return found


Asking = Annotated[SignedIn, Depends(signed_in)]
MaybeAsking = Annotated[SignedIn | None, Depends(maybe_signed_in)]
Fresh = Annotated[SignedIn, Depends(freshly_signed_in)]


async def allow(request: Request, policy: Policy, account: str | None = None) -> None:
    """Count one try by whoever asks, on the account (an e-mail address as typed, say). Raises SlowDown."""
    key = None if account is None else one_spelling(account)
    limits = identity_of(request).limits
    request.state.limits = fields_of(await limits.count(policy, account=key, address=party_of(request)))


async def work_first(request: Request, use: Use, answer: str | None = None) -> None:
    """Raises ProofOfWorkRequired where work is asked, and neither `answer` nor the header field has done it."""
    given = answer or request.headers.get(FIELD)
    await identity_of(request).suspicion.check(use, party_of(request), given)


async def puzzle_for(request: Request, use: Use) -> dict[str, Any] | None:
    """What a page has to solve before its form is sent; None, as a rule."""
    return await identity_of(request).suspicion.puzzle(use, party_of(request))


@asynccontextmanager
async def failures_counted(request: Request) -> AsyncIterator[None]:
    """Around a look at credentials: wrong ones count against the address that they came from."""
    try:
        yield
    except WrongCredentials:
        await identity_of(request).suspicion.failed(party_of(request))
        raise


def device_of(request: Request) -> str:
    """The browser that asks, in words."""
    return device_words(request.headers.get("user-agent", ""))


def site_address(request: Request) -> str:
    """What links in mails begin with."""
    return own_address(request, identity_of(request).site.public_url)


async def desk(request: Request) -> Person:
    """Dependency: the merchandiser or owner who is asking, by the role that the database has at this moment.

    Raises SignInRequired, and NotAllowed for a shopper.
    """
    found = await signed_in(request)
    person = await identity_of(request).shoppers.by_id(found.shopper_id)
    if person is None:
        raise SignInRequired
    if not may_run_the_desk(person.role):
        raise NotAllowed
    return person


def browsers_session(request: Request) -> SignedIn | None:
    """The session of the cookie alone: the one that a sign-in or sign-up from this browser replaces."""
    identity = identity_of(request)
    cookie = _cookie(dict(request.scope["headers"]), cookie_name(identity.secure))
    return identity.sessions.identify(cookie, None)


def cookie_name(secure: bool) -> str:
    """`__Host-` makes browsers refuse a cookie that another host of the domain, or plain http, has planted."""
    return "__Host-session" if secure else "session"


def set_session_cookie(response: Response, ticket: Ticket, secure: bool) -> None:
    """Have the browser keep `ticket`, out of the reach of scripts and of other sites' forms."""
    response.set_cookie(
        cookie_name(secure),
        ticket.text,
        max_age=int(LIFETIMES[Kind.COOKIE].total_seconds()),
        path="/",
        secure=secure,
        httponly=True,
        samesite="lax",
    )


def clear_session_cookie(response: Response, secure: bool) -> None:
    """Have the browser forget its ticket."""
    response.delete_cookie(cookie_name(secure), path="/", secure=secure, httponly=True, samesite="lax")


async def person_asking(request: Request, asking: SignedIn) -> Person:
    """The one who asks, as the database has them. Raises SignInRequired where they are gone."""
    person = await identity_of(request).shoppers.by_id(asking.shopper_id)
    if person is None:
        raise SignInRequired
    return person
