"""The calls about coming and going. Main mounts them under /api/v1."""

from typing import Any

from fastapi import Request, Response
from pydantic import BaseModel, ConfigDict, Field

from app.identity.arrival import Arrival
from app.identity.asking import (
    Asking,
    MaybeAsking,
    allow,
    browsers_session,
    clear_session_cookie,
    device_of,
    failures_counted,
    identity_of,
    set_session_cookie,
    site_address,
    work_first,
)
from app.identity.challenges import PasskeyNotAccepted
from app.identity.credentials import EMAIL_LENGTH, Credentials, Newcomer
from app.identity.limits import MAIL, PASSKEY, SIGN_IN, SIGN_UP, own_router
from app.identity.passkey_browser import (
    NoPasskeysHere,
    PasskeyAnswer,
    challenge_of,
    give_challenge,
    party_or_refusal,
)
from app.identity.person import SignInRequired
from app.identity.roles import Role
from app.identity.shoppers import EmailTaken, WrongCredentials
from app.identity.tables import Kind
from app.platform.clock import rfc3339
from app.platform.errors import Invalid, SlowDown
from app.platform.openapi import problems
from app.platform.puzzles import ProofOfWorkRequired


class Shopper(BaseModel):
    """Who has come in."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"id": 7, "name": "Ada"}]})

    id: int
    name: str


class Token(BaseModel):
    """What to send as `Authorization: Bearer TOKEN`, and when it ends."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"token": "7.Zk3…", "expires_at": "2026-02-01T12:00:00.000Z"}]}
    )

    token: str
    expires_at: str


class Me(BaseModel):
    """The one who is asking."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"id": 7, "name": "Ada", "email": "ada@example.com", "role": "shopper", "newsletter": False}
            ]
        }
    )

    id: int
    name: str
    email: str
    role: Role
    newsletter: bool


class LinkWish(BaseModel):
    """Someone who wants to sign in by mail. Any text passes for an e-mail here, as when signing in."""

    model_config = ConfigDict(
        extra="forbid",
        hide_input_in_errors=True,
        json_schema_extra={"examples": [{"email": "ada@example.com"}]},
    )

    email: str = Field(max_length=2 * EMAIL_LENGTH)


router = own_router("people")


@router.post(
    "/shoppers",
    status_code=201,
    operation_id="sign_up",
    responses=problems(EmailTaken, Invalid, SlowDown, ProofOfWorkRequired),
)
async def sign_up(newcomer: Newcomer, request: Request, response: Response) -> Shopper:
    """Sign up. The answer sets the session cookie."""
    await allow(request, SIGN_UP, newcomer.email)
    await work_first(request, "sign-up")
    arrival = await identity_of(request).shoppers.sign_up(
        newcomer, instead_of=browsers_session(request), device=device_of(request)
    )
    return _welcome(arrival, request, response)


@router.post(
    "/session",
    operation_id="sign_in",
    responses=problems(WrongCredentials, Invalid, SlowDown, ProofOfWorkRequired),
)
async def sign_in(credentials: Credentials, request: Request, response: Response) -> Shopper:
    """Sign in with a fresh session. The answer sets the session cookie; the browser's earlier session ends."""
    await allow(request, SIGN_IN, credentials.email)
    await work_first(request, "sign-in")
    async with failures_counted(request):
        arrival = await identity_of(request).shoppers.sign_in(
            credentials, instead_of=browsers_session(request), device=device_of(request)
        )
    return _welcome(arrival, request, response)


@router.post(
    "/session/link", status_code=202, operation_id="mail_sign_in_link", responses=problems(Invalid, SlowDown)
)
async def mail_sign_in_link(wish: LinkWish, request: Request) -> None:
    """Mail a link to sign in with. The answer and its time are the same whether anybody has that address."""
    await allow(request, MAIL, wish.email)
    await identity_of(request).links.ask_to_sign_in(wish.email, "/account", site_address(request))


@router.post(
    "/session/passkey/options",
    operation_id="passkey_sign_in_options",
    responses=problems(NoPasskeysHere, SlowDown),
)
async def passkey_sign_in_options(request: Request, response: Response) -> dict[str, Any]:
    """Options for `navigator.credentials.get`. The answer sets a cookie that binds them to the browser."""
    await allow(request, PASSKEY)
    options, cookie = identity_of(request).passkeys.to_enter(party_or_refusal(request))
    give_challenge(request, response, cookie)
    return options


@router.post(
    "/session/passkey",
    operation_id="sign_in_with_passkey",
    responses=problems(PasskeyNotAccepted, NoPasskeysHere, Invalid, SlowDown),
)
async def sign_in_with_passkey(answer: PasskeyAnswer, request: Request, response: Response) -> Shopper:
    """Sign in with a fresh session, by what the browser's `get` answered. Each challenge is answered once."""
    await allow(request, PASSKEY)
    arrival = await identity_of(request).passkeys.enter(
        party_or_refusal(request),
        challenge_of(request),
        answer.credential,
        instead_of=browsers_session(request),
        device=device_of(request),
    )
    return _welcome(arrival, request, response)


def _welcome(arrival: Arrival, request: Request, response: Response) -> Shopper:
    set_session_cookie(response, arrival.ticket, identity_of(request).secure)
    return Shopper(id=arrival.person.id, name=arrival.person.name)


@router.delete("/session", status_code=204, operation_id="sign_out")
async def sign_out(
    request: Request,
    response: Response,
    asking: MaybeAsking,
) -> None:
    """Sign out: the session or token that came with the request ends everywhere. Safe to repeat."""
    identity = identity_of(request)
    if asking:
        await identity.sessions.end(asking.session_id)
    clear_session_cookie(response, identity.secure)


@router.post(
    "/tokens",
    status_code=201,
    operation_id="create_token",
    responses=problems(WrongCredentials, Invalid, SlowDown, ProofOfWorkRequired),
)
async def create_token(credentials: Credentials, request: Request) -> Token:
    """A token for programs. `DELETE /session` with it ends it."""
    await allow(request, SIGN_IN, credentials.email)
    await work_first(request, "sign-in")
    shoppers = identity_of(request).shoppers
    async with failures_counted(request):
        ticket = (await shoppers.sign_in(credentials, Kind.TOKEN, device=device_of(request))).ticket
    return Token(token=ticket.text, expires_at=rfc3339(ticket.expires_at))


@router.get("/me", operation_id="me", responses=problems(SignInRequired))
async def me(request: Request, asking: Asking) -> Me:
    """The one who is asking."""
    person = await identity_of(request).shoppers.by_id(asking.shopper_id)
    if person is None:
        raise SignInRequired
    return Me(
        id=person.id, name=person.name, email=person.email, role=person.role, newsletter=person.newsletter
    )
