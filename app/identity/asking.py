"""Who is asking: the cookie, and the dependencies that routes of every room lean on."""

from collections.abc import Mapping
from typing import cast

from fastapi import Request, Response

from app.identity.opening import Identity
from app.identity.person import Person
from app.identity.roles import may_run_the_desk
from app.identity.sessions import LIFETIMES, SignedIn, Ticket
from app.identity.tables import Kind
from app.platform.errors import Problem


class SignInRequired(Problem):
    """Only somebody who is signed in can do this. Sign in, or send a token, and try again."""

    status = 401
    title = "Please sign in"

    def headers(self) -> dict[str, str]:
        """RFC 9110 wants a challenge with every 401; no browser opens a dialogue for this one."""
        return super().headers() | {"WWW-Authenticate": "Bearer"}


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
